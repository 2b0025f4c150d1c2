"""Balances carried in from a predecessor's system (引継ぎ): checked whole, decided by two, each number once for ever."""
