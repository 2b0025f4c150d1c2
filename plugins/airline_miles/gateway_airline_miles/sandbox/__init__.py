"""A site that plays サンプル航空: members turn miles into coupon codes, merchants redeem them, failures on demand."""

from gateway.testkit.sandbox import SandboxServer
from gateway.testkit.sandbox.cli import SandboxOptions
from gateway_airline_miles.sandbox.site import OPERATIONS, make_app, make_server

__all__ = ["OPERATIONS", "SandboxOptions", "SandboxServer", "make_app", "make_server"]
