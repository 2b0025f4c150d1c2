"""A card login against OpenSC's pkcs11-tool on the same virtual card, in one run: commands to the card, and time.

    python bench/card.py [--repeat 10] [--card-ms 0]

Both go through the same pcscd and the same virtual card; only what they say to it differs. `--card-ms` makes the
card take that long per command, as real ones do (about 20 ms on a contactless reader).
"""

from __future__ import annotations

import argparse
import hashlib
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[1] / "tests" / "card")]

from pcsc_stack import PcscStack, missing  # noqa: E402

from card.demo_ca import SIGN_POLICY, DemoCa, Leaf, new_key, usage  # noqa: E402
from card.fake import FakeCard  # noqa: E402
from card.pcsc import jpki_card  # noqa: E402
from card.pin import Pin  # noqa: E402

MESSAGE = b"a login"
PIN = "4649"
OURS = """
import hashlib, sys
sys.path.insert(0, sys.argv[1])
from card.pcsc import jpki_card
from card.pin import Pin
with jpki_card() as held:
    held.card.tries_left()
    held.card.verify(Pin.parse("4649"))
    held.card.auth_certificate()
    held.card.sign(hashlib.sha256(b"a login").digest())
"""


def our_login():
    with jpki_card() as held:
        held.card.tries_left()
        held.card.verify(Pin.parse(PIN))
        held.card.auth_certificate()
        held.card.sign(hashlib.sha256(MESSAGE).digest())


def issue():
    auth, sign, key, sign_key = DemoCa.create(), DemoCa.create("digital signature"), new_key(), new_key()
    both = usage(digital_signature=True, non_repudiation=True)
    sign_certificate = sign.issue(sign_key, Leaf(policies=(SIGN_POLICY,), key_usage=both))
    return FakeCard.issue(
        pin=PIN,
        certificate=auth.issue(key),
        key=key,
        ca=auth.der,
        sign_certificate=sign_certificate,
        sign_key=sign_key,
    )


def measure(name, fake, repeat, login):
    times = []
    for _ in range(repeat):
        fake.commands.clear()
        begin = time.perf_counter()
        login()
        times.append((time.perf_counter() - begin) * 1000)
    spread = f"{min(times):7.0f} {statistics.median(times):7.0f} {max(times):7.0f}"
    print(f"{name:<46} {len(fake.commands):>5} {spread}")


def opensc_login(folder, config):
    (folder / "message").write_bytes(MESSAGE)
    environment = {**os.environ, **({"OPENSC_CONF": str(config)} if config else {})}

    def login():
        argv = [
            "pkcs11-tool",
            "--login",
            "--pin",
            PIN,
            "--sign",
            "--mechanism",
            "SHA256-RSA-PKCS",
            "--id",
            "01",
        ]
        argv += ["--input-file", str(folder / "message"), "--output-file", str(folder / "signature")]
        subprocess.run(argv, check=True, capture_output=True, env=environment)

    return login


def main():
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--repeat", type=int, default=10)
    options.add_argument("--card-ms", type=float, default=0.0)
    chosen = options.parse_args()
    if lacking := missing():
        sys.exit(f"needs {lacking}")
    stack, fake = PcscStack(), issue()
    stack.start()
    try:
        card = stack.insert(fake)
        card.before = lambda _command: time.sleep(chosen.card_ms / 1000)
        print(f"{chosen.card_ms:g} ms per command, {chosen.repeat} logins each")
        print(f"{'login':<46} {'APDUs':>5} {'min ms':>7} {'median':>7} {'max':>7}")
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            only_jpki = folder / "opensc.conf"
            only_jpki.write_text("app default { card_drivers = jpki; }\n")
            ours = [sys.executable, "-c", OURS, str(Path(__file__).parents[1])]
            measure("card.pcsc, in the running agent", fake, chosen.repeat, our_login)
            measure(
                "card.pcsc, a process for itself",
                fake,
                chosen.repeat,
                lambda: subprocess.run(ours, check=True),
            )
            measure("pkcs11-tool", fake, chosen.repeat, opensc_login(folder, None))
            measure("pkcs11-tool, card_drivers = jpki", fake, chosen.repeat, opensc_login(folder, only_jpki))
    finally:
        stack.stop()


if __name__ == "__main__":
    main()
