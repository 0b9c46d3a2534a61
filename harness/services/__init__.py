"""What the rig's network offers the base: DHCP, DNS, TFTP and router advertisement, provisioning by HTTP, time."""
