"""Ways to ask for the PIN: a window, or the terminal where there is no display. Neither is drawn by the page."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from card.agent.card_session import Prompt, Question
from card.errors import NoPrompt, PromptCancelled, PromptTimedOut
from card.pin import Pin

SECONDS: Final = 60
_WATCH_EVERY_S: Final = 0.25
_WINDOW: Final = Path(__file__).with_name("window.py")


def best_prompt() -> Prompt:
    """The window where there is a display and a Python that can draw one, else the terminal. Raises NoPrompt."""
    if window := window_command():
        return WindowPrompt(window)
    if _has_terminal():
        return TerminalPrompt()
    raise NoPrompt


def window_command() -> list[str] | None:
    """How to start the window, or None. Any Python with tkinter will do, for the window imports nothing of ours."""
    if sys.platform == "linux" and not os.environ.get("DISPLAY"):
        return None
    if getattr(sys, "frozen", False):
        return [sys.executable, "pin-window"]  # a packaged program is its own Python
    if importlib.util.find_spec("_tkinter"):
        return [sys.executable, "-I", str(_WINDOW)]
    for other in ("/usr/bin/python3", shutil.which("python3")):
        if other and Path(other).exists():
            probe = subprocess.run([other, "-I", "-c", "import tkinter"], check=False, capture_output=True)  # noqa: S603
            if probe.returncode == 0:
                return [other, "-I", str(_WINDOW)]
    return None


class WindowPrompt:
    """Runs the PIN window as a process and takes the digits from its pipe; never through arguments or files."""

    def __init__(self, command: list[str], *, seconds: float = SECONDS) -> None:
        self._command = command
        self._seconds = seconds

    def ask(self, question: Question, watch: Callable[[], None], /) -> Pin:
        values = {
            "origin": question.origin,
            "purpose": question.purpose.value,
            "tries_left": question.tries_left,
            "seconds": self._seconds,
        }
        try:
            window = subprocess.Popen(  # noqa: S603 - our own window, no shell
                self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
            )
        except OSError as missing:
            raise NoPrompt(str(missing)) from None
        with window:
            try:
                assert window.stdin is not None
                assert window.stdout is not None
                try:
                    window.stdin.write(json.dumps(values).encode())
                    window.stdin.close()
                except BrokenPipeError:
                    pass  # it left at once; its exit code says why
                while window.poll() is None:
                    watch()
                    try:
                        window.wait(_WATCH_EVERY_S)
                    except subprocess.TimeoutExpired:
                        continue
                watch()
                match window.returncode:
                    case 0:
                        return Pin.parse(window.stdout.read(16).decode())
                    case 1:
                        raise PromptCancelled
                    case 2:
                        raise PromptTimedOut
                    case code:
                        raise NoPrompt(f"the window ended with {code}")
            finally:
                window.kill()


class TerminalPrompt:
    """Asks on the controlling terminal without echo; for machines without a display (POSIX only)."""

    def __init__(self, terminal: str = "/dev/tty", *, seconds: float = SECONDS) -> None:
        self._terminal = terminal
        self._seconds = seconds

    def ask(self, question: Question, watch: Callable[[], None], /) -> Pin:
        import select
        import termios

        try:
            terminal = os.open(self._terminal, os.O_RDWR | os.O_NOCTTY)
        except OSError:
            raise NoPrompt("no terminal") from None
        before = termios.tcgetattr(terminal)
        try:
            silent = before.copy()
            silent[3] &= ~(termios.ECHO | termios.ECHONL)
            termios.tcsetattr(terminal, termios.TCSAFLUSH, silent)
            os.write(terminal, _terminal_text(question).encode())
            end = time.monotonic() + self._seconds
            while not select.select([terminal], [], [], _WATCH_EVERY_S)[0]:
                watch()
                if time.monotonic() > end:
                    raise PromptTimedOut
            typed = os.read(terminal, 64).decode(errors="replace")
            if not typed.strip():
                raise PromptCancelled
            return Pin.parse(typed)
        finally:
            termios.tcsetattr(terminal, termios.TCSAFLUSH, before)
            os.write(terminal, b"\n")
            os.close(terminal)


def _terminal_text(question: Question) -> str:
    warning = (
        "次に間違えるとロックされます / the next miss locks the card\n" if question.tries_left == 1 else ""
    )
    return (
        f"\nサイト / site: {question.origin} ({question.purpose})\n"
        f"残り回数 / tries left: {question.tries_left}\n{warning}"
        "利用者証明用電子証明書のパスワード(数字4桁) / 4-digit PIN: "
    )


def _has_terminal() -> bool:
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
    except OSError:
        return False
    return True
