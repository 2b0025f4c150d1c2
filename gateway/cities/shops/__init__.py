"""Shops (加盟店): the register and their bank accounts."""
