"""The contract kit: what every partner's plugin must do with points, as tests that its author runs.

    from gateway.testkit.contract import AccountContract, FakePartner

The author writes one class that answers for the partner (`FakePartner`, in respx) and names it:

    class TestAcme(AccountContract):
        plugin = Acme
        server = AcmeServer

Needs the extra `testkit`. Nothing in here opens a connection.
"""

from gateway.testkit.contract.command_plugin import CommandPlugin
from gateway.testkit.contract.coupons import CouponContract
from gateway.testkit.contract.documented import DocumentedAnswer
from gateway.testkit.contract.fake import FakePartner, Taken
from gateway.testkit.contract.levels import Level
from gateway.testkit.contract.linking import AccountContract

__all__ = [
    "AccountContract",
    "CommandPlugin",
    "CouponContract",
    "DocumentedAnswer",
    "FakePartner",
    "Level",
    "Taken",
]
