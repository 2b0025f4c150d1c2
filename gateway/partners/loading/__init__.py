"""Finding plugins, checking them against the contract, and reading their settings."""
