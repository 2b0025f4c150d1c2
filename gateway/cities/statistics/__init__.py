"""Figures of a city by day, and the queries behind its dashboard."""
