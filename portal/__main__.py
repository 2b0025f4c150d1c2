"""`python -m portal --config portal.toml`: serve the members' pages until told to stop."""

from __future__ import annotations

import sys


def main() -> int:
    try:
        from pagekit.site import run
        from portal.app import make_app
        from portal.settings import Settings
    except ModuleNotFoundError as fault:
        library = (fault.name or "").partition(".")[0]
        if library in ("pagekit", "portal"):
            raise
        sys.stderr.write(
            f"portal: needs {library}, which is not installed; install point-gateway[sites]:"
            " pip install 'point-gateway[sites]'\n"
        )
        return 1
    return run("portal", Settings.load, make_app)


if __name__ == "__main__":
    sys.exit(main())
