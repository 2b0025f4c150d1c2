"""Programs that rebuild what the repository stores; run from its root as `python -m tools.<name>`."""
