"""Partner companies as the gateway sees them: loading their plugins, calling them safely, and whether they are available."""
