"""The contract of point-gateway. `point-gateway contract acme` runs it and tells the level."""

from acme_server import AcmeServer

from gateway.testkit.contract import AccountContract
from gateway_acme import Acme


class TestAcme(AccountContract):
    plugin = Acme
    server = AcmeServer
    # Name what the partner cannot do and say why, such as:
    # exempt = {"test_points_are_given_back_once": "points are given back by hand, at the service desk"}
