"""The basic call test that `m9 bench` times: a suite like any other, run ten times over one rig."""
