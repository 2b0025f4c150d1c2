"""`make simulate SEEDS=10000`: many seeds, and the whole story of the first that does not hold.

python -m tests.simulation.run --seeds 1000 --from 0      many
python -m tests.simulation.run --seeds 1 --from 4711 --trace   one, told line by line
"""

from __future__ import annotations

import argparse
import sys
import time

from tests.simulation.same_thread_store import Database
from tests.simulation.simulation import run_seed


def main() -> int:
    """Exit code 1 when a seed does not hold."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seeds", type=int, default=1_000)
    parser.add_argument("--from", type=int, default=0, dest="first")
    parser.add_argument("--trace", action="store_true")
    wanted = parser.parse_args()
    database, began = Database(), time.monotonic()
    exchanges = crashes = 0
    states: dict[str, int] = {}
    for seed in range(wanted.first, wanted.first + wanted.seeds):
        result = run_seed(seed, database)
        exchanges, crashes = exchanges + result.exchanges, crashes + result.crashes
        for state, count in result.by_state.items():
            states[state] = states.get(state, 0) + count
        if wanted.trace or result.wrongs:
            sys.stdout.write("\n".join(result.trace) + "\n")
        if result.wrongs:
            sys.stdout.write(f"seed {seed} does not hold:\n  " + "\n  ".join(result.wrongs) + "\n")
            return 1
    took = time.monotonic() - began
    sys.stdout.write(
        f"{wanted.seeds} seeds, {exchanges} exchanges, {crashes} crashes in {took:.1f} s"
        f" ({wanted.seeds / took:.1f} seeds/s, {exchanges / took:.0f} exchanges/s): all hold\n"
        f"{', '.join(f'{count} {state}' for state, count in sorted(states.items()))}\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
