"""`python -m municipal --config municipal.toml`: serve the municipal cloud's pages until told to stop."""

from __future__ import annotations

import sys

from municipal.app import make_app
from municipal.settings import Settings
from pagekit.site import run


def main() -> int:
    return run("municipal", Settings.load, make_app)


if __name__ == "__main__":
    sys.exit(main())
