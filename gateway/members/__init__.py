"""Members: MyKey IDs, passwords, sessions, sign-in by password and by card."""
