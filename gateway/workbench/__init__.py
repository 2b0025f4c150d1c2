"""One plugin on a bench: click through an exchange, break it on purpose, see every call and request as it happens.

The ledger, the exchanges and the partner's guard are the real ones, on a database in memory. The page listens on
this machine only, and whoever opens it needs the key in its address.
"""
