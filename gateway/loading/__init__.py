"""From a name in `gateway.toml` to a plugin that may be called: found, checked, given what it works with."""
