"""A card for vsmartcard's virtual reader: our fake card at the other end of vpcd's TCP line.

Protocol, as vpcd speaks it: every message is a two-byte big-endian length and that many bytes. One byte from the
reader is control - 0 power off, 1 power on, 2 reset, 4 ATR wanted (only this is answered) - and more is a command.
"""

from __future__ import annotations

import contextlib
import ctypes
import socket
import threading
from pathlib import Path

from card.fake import ATR

_POWER_OFF, _POWER_ON, _RESET, _ATR = 0, 1, 2, 4
_CLONE_NEWNET = 0x40000000


class VirtualCard:
    """Puts a fake card into a virtual reader (`insert`), takes it out (`remove`). One thread per card.

    `namespace` is the process id whose network namespace the reader listens in, or None for our own.
    `before` is called with each command before it is answered; it may remove the card, or wait.
    """

    def __init__(self, fake, *, port=35963, namespace=None):
        self.fake = fake
        self.before = lambda command: None
        self.power = []
        self._port = port
        self._namespace = namespace
        self._line = None
        self._thread = None

    def insert(self):
        connected, failed = threading.Event(), []

        def live():
            try:
                line = self._connect()
            except OSError as broken:
                failed.append(broken)
                return
            finally:
                connected.set()
            with line:
                self._answer(line)

        self._thread = threading.Thread(target=live, name="virtual-card", daemon=True)
        self._thread.start()
        connected.wait()
        if failed:
            raise failed[0]

    def remove(self):
        """The card is gone at once; in the middle of a command, too."""
        line, self._line = self._line, None
        if line is not None:
            with contextlib.suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()
            self._thread = None
        self.fake.power_off()

    def _connect(self):
        if self._namespace is not None:
            # Only this thread moves; the socket it makes stays in the reader's network wherever it is used.
            with Path(f"/proc/{self._namespace}/ns/net").open("rb") as net:
                if ctypes.CDLL(None, use_errno=True).setns(net.fileno(), _CLONE_NEWNET):
                    raise OSError(ctypes.get_errno(), "setns")
        self._line = line = socket.create_connection(("127.0.0.1", self._port), timeout=5)
        line.settimeout(None)
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return line

    def _answer(self, line):
        with contextlib.suppress(OSError):
            while message := self._receive(line):
                if len(message) > 1:
                    self.before(message)
                    if self._line is None:
                        return
                    self._send(line, self.fake.answer(message))
                elif message[0] == _ATR:
                    self._send(line, ATR)
                else:
                    self._control(message[0])

    def _control(self, code):
        self.power.append(code)
        if code == _RESET:
            self.fake.reset()
        elif code in (_POWER_OFF, _POWER_ON):
            self.fake.power_off()

    @staticmethod
    def _receive(line):
        def exactly(count):
            got = b""
            while len(got) < count:
                # vpcd 3.3 writes length and body apart with Nagle on: without this every command takes 44 ms.
                line.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
                part = line.recv(count - len(got))
                if not part:
                    return b""
                got += part
            return got

        length = exactly(2)
        return exactly(int.from_bytes(length)) if length else b""

    @staticmethod
    def _send(line, message):
        line.sendall(len(message).to_bytes(2) + message)


def namespace_of(process):
    """`process`, if its network is not ours; else None."""
    ours, theirs = (Path(f"/proc/{pid}/ns/net").readlink() for pid in ("self", process))
    return None if ours == theirs else process
