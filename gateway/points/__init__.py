"""Where points can go and what becomes of them: directory, rules and expiry, allocation of reserve, support events, positions."""
