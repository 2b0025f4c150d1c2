"""What stands around a call of a plugin: its turn, its deadline, its answer read against the contract."""
