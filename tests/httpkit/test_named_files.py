"""What may stand where settings name a file: each kind is told by its name, and nobody waits for it."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from httpkit.named_files import FileUnusable, mode_of_named_file, read_named_file

Put = Callable[[Path], object]


def _socket(path: Path) -> None:
    # A relative name: an address of this kind has a hundred characters at most.
    with contextlib.chdir(path.parent), socket.socket(socket.AF_UNIX) as opened:
        opened.bind(path.name)


def _leading_to(target: str) -> Put:
    return lambda path: path.symlink_to(target)


def _longer(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(1 << 40)  # without a block on the disk


def _elsewhere(path: Path) -> None:
    path.with_name("pipe").unlink(missing_ok=True)
    os.mkfifo(path.with_name("pipe"))
    path.symlink_to("pipe")


KINDS: list[tuple[Put, str]] = [
    (lambda path: None, "is not there; put the file there, or correct its name"),
    (_leading_to("nowhere"), "leads to nowhere, which is not there; put the file there"),
    (_leading_to("named"), "is a link that leads back to itself; let it lead to a file"),
    (lambda path: path.mkdir(), "is a folder; name the file that lies in it"),
    (os.mkfifo, "is a pipe; put a file there: it is read more than once"),
    (_elsewhere, "is a pipe; put a file there: it is read more than once ("),
    (_socket, "is a socket; put a file there"),
    (_leading_to("/dev/zero"), "is a device; put a file there (/dev/zero)"),
    (_leading_to("/dev/tty"), "is a device; put a file there (/dev/tty)"),
    (_longer, "is longer than 1,048,576 bytes; put there what is meant and nothing else"),
]


@pytest.fixture
def named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path / "named"


@pytest.mark.parametrize(("put", "sentence"), KINDS)
def test_what_is_no_small_file_is_said_in_a_sentence_with_a_remedy(
    named: Path, put: Put, sentence: str
) -> None:
    put(named)
    # In a process of its own: one that waits is ended, and is a failure.
    code = "import sys; from pathlib import Path; from httpkit.named_files import read_named_file as r; r(Path(sys.argv[1]))"
    ran = subprocess.run(
        [sys.executable, "-c", code, str(named)], capture_output=True, text=True, timeout=60, check=False
    )
    assert f"FileUnusable: {sentence}" in ran.stderr
    if "longer" not in sentence:
        assert mode_of_named_file(named) is None


@pytest.fixture
def open_to_all(tmp_path: Path) -> Iterator[Path]:
    """A folder that every user may come to; those above it are shared, and are shut again for the tests that follow."""
    modes = {above: above.stat().st_mode for above in (tmp_path, *tmp_path.parents[:-2])}
    for above in modes:
        above.chmod(0o755)
    yield tmp_path
    for above, mode in modes.items():
        above.chmod(mode)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user, whom a mode keeps out")
@pytest.mark.parametrize("shut", ["the file", "its folder"])
def test_one_that_this_user_may_not_read_says_to_whom_to_give_it(open_to_all: Path, shut: str) -> None:
    folder = open_to_all / "secrets"
    folder.mkdir()
    folder.chmod(0o755)
    file = folder / "sealing"
    file.write_text("tahini", "utf-8")
    (file if shut == "the file" else folder).chmod(0o000)
    read, write = os.pipe()
    if (child := os.fork()) == 0:
        os.setgroups([])
        os.setuid(65534)
        try:
            read_named_file(file)
        except FileUnusable as fault:
            os.write(write, f"{fault} {mode_of_named_file(file)}".encode())
        os._exit(0)
    os.close(write)
    os.waitpid(child, 0)
    with os.fdopen(read, encoding="utf-8") as told:
        sentence = told.read()
    assert sentence.startswith("may not be read by nobody; `chown nobody ")
    assert sentence.endswith("None" if shut == "its folder" else "0")
    assert "tahini" not in sentence


def test_a_file_and_a_link_to_one_are_read(named: Path) -> None:
    named.write_bytes(b"\xefa\x00b\r\n")
    link = named.with_name("link")
    link.symlink_to("named")
    assert read_named_file(named) == read_named_file(link) == b"\xefa\x00b\r\n"
    assert read_named_file(named, most_bytes=6) == read_named_file(named)
    with pytest.raises(FileUnusable, match="longer than 5 bytes"):
        read_named_file(named, most_bytes=5)
    named.chmod(0o604)
    assert mode_of_named_file(link) == 0o604
