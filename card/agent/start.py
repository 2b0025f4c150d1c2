"""The command `point-gateway-card`: the card agent, or which extra it needs."""

from __future__ import annotations

import sys


def main() -> None:
    try:
        from card.agent.cli import app
    except ModuleNotFoundError as fault:
        library = (fault.name or "").partition(".")[0]
        if library == "card":
            raise
        sys.exit(
            f"point-gateway-card: needs {library}, which is not installed; install point-gateway[reader]:"
            " pip install 'point-gateway[reader]'"
        )
    app()


if __name__ == "__main__":
    main()
