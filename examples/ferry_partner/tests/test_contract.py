"""The contract of point-gateway: `npm run build`, then `point-gateway contract ferry --in .` tells the level."""

from pathlib import Path

from ferry_server import FerryServer

from gateway.testkit.contract import CommandPlugin, CouponContract

HERE = Path(__file__).parents[1]


class TestFerry(CouponContract):
    plugin = CommandPlugin("ferry", ("node", "dist/main.js"), HERE)
    server = FerryServer
