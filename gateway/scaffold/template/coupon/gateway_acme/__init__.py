"""Acme: its points become support points, by coupon codes."""

from gateway_acme.plugin import Acme

__all__ = ["Acme"]
