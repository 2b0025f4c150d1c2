"""A site that plays セゾン: members sign in and consent, merchants capture and cancel, failures on demand."""

from gateway.testkit.sandbox import SandboxServer
from gateway.testkit.sandbox.cli import SandboxOptions
from gateway_saison.sandbox.site import OPERATIONS, make_app, make_server

__all__ = ["OPERATIONS", "SandboxOptions", "SandboxServer", "make_app", "make_server"]
