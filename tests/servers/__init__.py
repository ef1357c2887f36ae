"""Servers on loopback that speak other people's wire protocols, stricter than the real ones."""
