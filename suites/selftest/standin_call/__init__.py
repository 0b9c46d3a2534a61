"""Tests of the stand-in's call control: parties around a bridge."""
