"""What partners tell us by themselves, and what portals are told: signed, repeated, never lost."""
