"""The municipal cloud's pages, for a city's staff and for shops: a client of the gateway's HTTP API and nothing else."""
