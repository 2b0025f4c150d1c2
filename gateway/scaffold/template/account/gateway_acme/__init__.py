"""Acme: its points become support points, by an account link."""

from gateway_acme.plugin import Acme

__all__ = ["Acme"]
