"""`contract --live` as an operator meets it: a terminal, a browser, and the partner's test system in a process of its own."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.testkit.sandbox.browser import Browser

TAKES_THE_TERMINAL = (
    "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0);"
    " os.execv(sys.executable, [sys.executable, '-m', 'gateway', *sys.argv[1:]])"
)
"""So that Ctrl-C reaches the command as it does from a keyboard."""
PATIENCE_S, SILENT_S = 60.0, 8.0
CTRL_C, CTRL_D = "\x03", "\x04"


class Terminal:
    """A command at a pseudo-terminal; `shown` is all that it has printed."""

    def __init__(self, *arguments: str, cwd: Path) -> None:
        self._ours, theirs = os.openpty()
        env = {name: it for name, it in os.environ.items() if not name.startswith(("PYTEST_", "COV_"))}
        self._process = subprocess.Popen(
            [sys.executable, "-c", TAKES_THE_TERMINAL, *arguments],
            cwd=cwd, env=env | {"PYTHONDONTWRITEBYTECODE": "1", "TERM": "dumb", "COLUMNS": "200"},
            stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
        )  # fmt: skip
        os.close(theirs)
        self.shown = ""
        self._read = 0
        self._typed = ""

    def until(self, text: str) -> str:
        """Wait until it is shown; what was shown since the last time."""
        ends_at = time.monotonic() + PATIENCE_S
        while (at := self.shown.find(text, self._read)) < 0:
            if time.monotonic() > ends_at or not self._more():
                pytest.fail(f"{text!r} was not shown:\n{self.shown}")
        since, self._read = self.shown[self._read : at + len(text)], at + len(text)
        return since

    def answer(self, question: str, typed: str) -> str:
        """Type when the question stands there; what was shown before it."""
        since, self._typed = self.until(question), typed
        os.write(self._ours, typed.encode())
        return since

    def ends(self) -> int:
        """All that is still shown, then its exit code.

        A Ctrl-C between a prompt and Python's wait for keys is seen at the next key: a person presses it once more.
        """
        ends_at = time.monotonic() + PATIENCE_S
        while self._process.poll() is None and time.monotonic() < ends_at:
            if select.select([self._ours], [], [], SILENT_S)[0]:
                if not self._more():
                    break
            elif self._typed == CTRL_C:
                os.write(self._ours, CTRL_C.encode())
        while self._more(0):
            pass
        return self._process.wait(PATIENCE_S)

    def close(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        os.close(self._ours)

    def _more(self, patience_s: float = PATIENCE_S) -> bool:
        readable, _, _ = select.select([self._ours], [], [], patience_s)
        try:
            data = os.read(self._ours, 65_536) if readable else b""
        except OSError:  # the last program at the terminal has ended
            data = b""
        self.shown += data.decode().replace("\r\n", "\n")
        return bool(data)


@pytest.fixture(scope="module")
def test_system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Saison's sandbox in its own process; gives a folder with the gateway.toml that names it."""
    folder = tmp_path_factory.mktemp("live")
    key = folder / "saison.secret"
    with subprocess.Popen(
        [sys.executable, "-m", "gateway_saison.sandbox", "--book", "book.db", "--api-key-file", str(key), "--print-url"],
        cwd=folder, stdout=subprocess.PIPE, text=True,
    ) as site:  # fmt: skip
        try:
            assert site.stdout is not None
            url = site.stdout.readline().strip()
            (folder / "gateway.toml").write_text(
                f'[partners.saison]\nbase_url = "{url}"\nmerchant_id = "point-gateway"\n'
                'api_key = { file = "saison.secret" }\n',
                "utf-8",
            )
            yield folder
        finally:
            site.terminate()


@pytest.fixture
def terminal(test_system: Path, tmp_path: Path) -> Iterator[Terminal]:
    """The command at its first question."""
    terminal = Terminal(
        "contract", "saison", "--live", "--config", str(test_system / "gateway.toml"),
        "--proof", str(tmp_path / "live.json"), "--key", str(tmp_path / "operator.pem"), cwd=test_system,
    )  # fmt: skip
    with contextlib.closing(terminal):
        yield terminal


async def signed_in(url: str) -> str:
    """The address to which the browser of the test member is sent in the end."""
    async with Browser() as browser:
        page = await browser.get(url)
        page = await browser.submit(page, "/login", number="1001-0001", password="sample-taro")
        page = await browser.follow(page)
        return (await browser.submit(page, "/consent", decision="agree")).location


def linked(terminal: Terminal) -> None:
    """Every step until the debit is asked for."""
    assert "the connection is checked: it is accepted" in terminal.answer("and go on? [y/N]: ", "y\n")
    visit = terminal.answer("a page of the partner's test system? [y/N]: ", "y\n")
    url = re.search(r"a visit is begun: (\S+)", visit)
    assert url is not None
    terminal.answer("that the browser is sent to: ", asyncio.run(signed_in(url[1])) + "\n")
    assert "shown to the member as" in terminal.answer("the test member who signed in? [y/N]: ", "y\n")
    assert "the balance is asked for: " in terminal.answer("test system shows? [y/N]: ", "y\n")


def wrote(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_each_step_is_shown_and_confirmed_and_the_end_says_what_stands(
    terminal: Terminal, tmp_path: Path
) -> None:
    linked(terminal)
    terminal.answer("of the test member's points, under ", "y\n")
    terminal.until("the debit is sent: taken as ")
    assert "the debit is looked up: found as " in terminal.answer("test system shows? [y/N]: ", "y\n")
    terminal.answer(" back? [y/N]: ", "y\n")
    assert "a part is given back: given back as " in terminal.answer("test system shows? [y/N]: ", "y\n")
    assert "the day is listed: " in terminal.answer("test system shows? [y/N]: ", "y\n")
    assert terminal.ends() == 0, terminal.shown
    assert re.search(
        r"At the partner stands the debit \S+ of \d+ of \w+, taken as \S+; \d+ of \w+ of it are given back as",
        terminal.shown,
    )
    assert wrote(tmp_path) == {"live.json", "operator.pem", "test_live_saison.py"}


@pytest.mark.parametrize(
    ("typed", "why"), [("n\n", "was not confirmed"), (CTRL_C, "was not confirmed"), (CTRL_D, "was not confirmed")],
    ids=["no", "ctrl-c", "ctrl-d"],
)  # fmt: skip
def test_a_no_before_anything_was_asked_leaves_nothing(
    terminal: Terminal, tmp_path: Path, typed: str, why: str
) -> None:
    terminal.answer("and go on? [y/N]: ", typed)
    assert terminal.ends() == 1
    assert f"{why}; no proof was written. Nothing stands at the partner." in terminal.shown
    assert "Traceback" not in terminal.shown
    assert wrote(tmp_path) == {"operator.pem"}


def test_a_no_after_the_debit_says_what_stands_at_the_partner(terminal: Terminal, tmp_path: Path) -> None:
    linked(terminal)
    under = terminal.answer("of the test member's points, under ", "y\n")
    terminal.answer("test system shows? [y/N]: ", "y\n")
    terminal.answer(" back? [y/N]: ", CTRL_C)
    assert terminal.ends() == 1
    (amount,) = re.findall(r"Take (\d+ of \w+) ", under)
    assert "giving back was not wanted; no proof was written. " in terminal.shown
    assert re.search(
        rf"At the partner stands the debit \S{{36}} of {amount}, taken as \S+: nothing of it is given back; have it undone",
        terminal.shown,
    )
    assert wrote(tmp_path) == {"operator.pem"}


def test_a_link_that_nobody_finishes_leaves_no_points_moved(terminal: Terminal) -> None:
    terminal.answer("and go on? [y/N]: ", "y\n")
    terminal.answer("a page of the partner's test system? [y/N]: ", "y\n")
    terminal.answer("that the browser is sent to: ", CTRL_D)
    assert terminal.ends() == 1
    assert "nothing was typed; no proof was written. The test member may be linked" in terminal.shown
    assert "no points have moved" in terminal.shown


def test_a_proof_that_could_not_be_written_is_told_before_anything_is_asked(test_system: Path) -> None:
    terminal = Terminal(
        "contract", "saison", "--live", "--config", "gateway.toml", "--proof", "none/live.json", "--key", "k.pem",
        cwd=test_system,
    )  # fmt: skip
    with contextlib.closing(terminal):
        assert terminal.ends() == 1
    assert "none is no folder; make it, or name another --proof" in terminal.shown
    assert not (test_system / "k.pem").exists()
