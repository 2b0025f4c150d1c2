"""What partners' authors and our own tests build with. Nothing in here runs in service."""
