"""The commands of `point-gateway`, one file for each group; `gateway.cli` puts them together."""
