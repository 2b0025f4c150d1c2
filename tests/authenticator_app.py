"""An authenticator app that goes by a town's clock."""

from __future__ import annotations

from datetime import datetime

import pyotp

from gateway.cities.staff.second_factor import STEP_S
from gateway.demo.environment import DemoEnvironment


def next_code(town: DemoEnvironment, seed: str) -> str:
    """The code of the next half minute, to whose beginning the town's clock is put.

    Each code opens once and within its own half minute: so it is new, and on a slow machine still good when it arrives.
    """
    now = town.clock()
    begins_at = datetime.fromtimestamp((now.timestamp() // STEP_S + 1) * STEP_S, now.tzinfo)
    town.set_clock(begins_at)
    return pyotp.TOTP(seed).at(begins_at)
