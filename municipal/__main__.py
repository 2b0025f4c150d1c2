"""`python -m municipal --config municipal.toml`: serve the municipal cloud's pages until told to stop."""

from __future__ import annotations

import sys


def main() -> int:
    try:
        from municipal.app import make_app
        from municipal.settings import Settings
        from pagekit.site import run
    except ModuleNotFoundError as fault:
        library = (fault.name or "").partition(".")[0]
        if library in ("pagekit", "municipal"):
            raise
        sys.stderr.write(
            f"municipal: needs {library}, which is not installed; install point-gateway[sites]:"
            " pip install 'point-gateway[sites]'\n"
        )
        return 1
    return run("municipal", Settings.load, make_app)


if __name__ == "__main__":
    sys.exit(main())
