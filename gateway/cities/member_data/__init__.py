"""What is kept of a member: shown, corrected, taken away, or brought together with the same person's other record."""
