"""The servers of the rig's network: DHCP, DNS, TFTP and router advertisement, provisioning by HTTP, time."""
