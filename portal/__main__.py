"""`python -m portal --config portal.toml`: serve the members' pages until told to stop."""

from __future__ import annotations

import sys

from pagekit.site import run
from portal.app import make_app
from portal.settings import Settings


def main() -> int:
    return run("portal", Settings.load, make_app)


if __name__ == "__main__":
    sys.exit(main())
