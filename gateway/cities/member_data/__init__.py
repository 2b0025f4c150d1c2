"""What is kept of a member, as one record: shown to the member, and handed out where somebody asks for it."""
