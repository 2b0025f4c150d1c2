"""What every HTTP program of the project stands on: a guarded server, whose requests are counted together, the clock,
token buckets, CSV files.

Knows no other package here, so that gateway, sites and card agent can all stand on it.
"""
