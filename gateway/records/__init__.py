"""Exchanges, links, coupons, reversals and members as rows: sync functions of a Connection."""
