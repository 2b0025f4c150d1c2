"""The exchange (移行・交換): start, quote, confirm, outcome, reversal, reconciliation."""
