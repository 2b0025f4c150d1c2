"""All measurements in one go: the ledger's, the whole exchange's and the municipal cloud's, each with its table.

    python -m bench [--json] [--runs 5] [--no-postgres]

`--json` prints one object whose `ratios` hold those of all.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path

PARTS = ("ledger", "exchange", "municipal")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", action="store_true", help="print one object instead of the tables")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--no-postgres", action="store_true")
    namespace = parser.parse_args()
    wanted = ["--runs", str(namespace.runs), *(["--no-postgres"] if namespace.no_postgres else [])]
    if not namespace.json:
        for part in PARTS:
            subprocess.run([sys.executable, str(_script(part)), *wanted], check=True)
            print()
        return
    values = {part: json.loads(_said(part, *wanted)) for part in PARTS}
    ratios = {name: value for part in PARTS for name, value in values[part].pop("ratios").items()}
    print(json.dumps({**values, "ratios": ratios}))


def _script(part: str) -> Path:
    return Path(__file__).with_name(f"{part}.py")


def _said(part: str, *wanted: str) -> str:
    command = [sys.executable, str(_script(part)), "--json", *wanted]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


if __name__ == "__main__":
    main()
