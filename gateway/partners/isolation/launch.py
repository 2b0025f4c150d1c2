"""Starts a plugin's process: no environment, one descriptor, and only its own code to read."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import socket
import subprocess
import sys
import sysconfig
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import IO, Any, Final, Protocol

import gateway
from gateway.errors import SecretMissing
from gateway.model import Secret
from gateway.partners.isolation.child import ENVIRONMENT  # which also compiles it: the process writes no file
from gateway.partners.isolation.command import NoProgram, PluginCommand
from gateway.partners.isolation.messages import PROTOCOL, Code, Hello
from gateway.partners.loading.candidates import Candidate, Refusal
from gateway.partners.loading.checks import Fault
from gateway.partners.loading.partner_settings import PartnerSettings, SettingsWrong

BOOT: Final = (
    "import sys, json; boot = json.loads(sys.argv[1]); sys.path[:] = boot['path'];"
    " from gateway.partners.isolation.child import main; main(boot)"
)
_NO_MODULE: Final = re.compile(r"No module named '(\w+)")
_SYSTEM_LIBRARIES: Final = (
    "/lib",
    "/lib64",
    "/usr/lib",
    "/usr/lib64",
    "/etc/ld.so.cache",
    "/usr/share/zoneinfo",
    "/dev/urandom",
    "/dev/null",
)


class StartedProcess(Protocol):
    """What is used of a process: `subprocess.Popen` has it."""

    @property
    def pid(self) -> int: ...
    @property
    def stdout(self) -> IO[bytes] | None: ...
    def poll(self) -> int | None: ...


Starter = Callable[[Mapping[str, Any], socket.socket], Awaitable[StartedProcess]]
"""Starts a process with what it is told and its end of the line. Raises OSError."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """What a process is started with: its code or command, what it may read, and its table of the settings."""

    partner: str
    code: Code
    readable: tuple[str, ...]
    memory_mb: int
    settings: PartnerSettings
    command: PluginCommand | None = None
    starter: Starter | None = None
    """Instead of a process that starts from nothing: `fork_server.ForkServer.start`."""

    def hello(self, now: datetime) -> Hello:
        """The first message, with the secrets as they are kept now."""
        table, place = self.settings.table, self.settings.place
        secrets: dict[str, Secret] = {}
        missing: dict[str, str] = {}
        for name, value in table.items():
            if not _names_a_secret(value):
                continue
            try:
                secrets[name] = self.settings.secret(name)
            except (SecretMissing, SettingsWrong) as fault:
                missing[name] = str(fault)
        keys = ("partners", self.partner)
        return Hello(
            protocols=(PROTOCOL,),
            partner=self.partner,
            now=now,
            code=self.code,
            settings={name: _plain(value) for name, value in table.items()},
            secrets=secrets,
            missing=missing,
            places={"": place.at(*keys), **{name: place.at(*keys, name) for name in table}},
        )

    async def start(self) -> tuple[StartedProcess, socket.socket]:
        """The process and our end of the line. Raises OSError."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        boot = {
            "line": theirs.fileno(),
            "path": import_path(),
            "readable": self.readable,
            "memory_mb": self.memory_mb,
            "parent": os.getpid(),
            "command": self.command.boot() if self.command is not None else None,
        }
        try:
            process = await (self.starter or _from_nothing)(boot, theirs)
        except BaseException:
            ours.close()
            raise
        finally:
            theirs.close()
        ours.setblocking(False)
        return process, ours


async def _from_nothing(boot: Mapping[str, Any], line: socket.socket) -> StartedProcess:
    return subprocess.Popen(  # noqa: S603, ASYNC220  our own program and arguments; it ends with the thread it is started from
        [sys.executable, "-I", "-S", "-B", "-c", BOOT, json.dumps(boot)],
        env=ENVIRONMENT,
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        pass_fds=(line.fileno(),),
        start_new_session=True,
    )


def launch_of(candidate: Candidate, settings: PartnerSettings) -> Launch:
    """How the candidate's process is started. Raises Refusal for a command that cannot be, or code that cannot be read."""
    if candidate.command:
        return _launch_of_command(candidate, settings)
    code, readable = code_of(candidate)
    return Launch(
        partner=settings.id,
        code=code,
        readable=(*readable_for_all(), *readable),
        memory_mb=settings.memory_mb,
        settings=settings,
    )


def _launch_of_command(candidate: Candidate, settings: PartnerSettings) -> Launch:
    try:
        command = PluginCommand.of(candidate.command, candidate.folder or settings.place.base)
    except NoProgram as fault:
        where = settings.place.at("partners", settings.id, "command")
        raise Refusal(Fault(check="found", text=f"command: {fault}", file=where)) from None
    return Launch(
        partner=settings.id,
        code=Code(),
        readable=(str(command.folder), *_SYSTEM_LIBRARIES),
        memory_mb=settings.memory_mb,
        settings=settings,
        command=command,
    )


def code_of(candidate: Candidate) -> tuple[Code, tuple[str, ...]]:
    """Where the candidate's class is, and what must be readable for it. Imports nothing of the plugin."""
    if candidate.file is not None:
        file = str(candidate.file.resolve())
        return Code(file=file), (file,)
    package = candidate.value.partition(":")[0].partition(".")[0]
    try:
        spec = importlib.util.find_spec(package)
    except (ImportError, ValueError):
        spec = None
    if spec is None or spec.origin is None:
        return Code(value=candidate.value), ()  # its import says what is wrong
    place = Path(spec.origin).resolve()
    place = place.parent if place.name == "__init__.py" else place
    if any(place.is_relative_to(folder) for folder in _installed()):
        return Code(value=candidate.value), ()
    return Code(value=candidate.value, package=package, folder=str(place)), (str(place),)


def out_of_reach(fault: Fault) -> Fault:
    """The same fault, or what it really is where the gateway finds a module that the sealed process cannot read."""
    missing = _NO_MODULE.search(fault.text) if fault.check == "import" else None
    if missing is None:
        return fault
    try:
        spec = importlib.util.find_spec(missing[1])
    except (ImportError, ValueError):
        spec = None
    places = [spec.origin] if spec and spec.origin else list((spec and spec.submodule_search_locations) or ())
    if not places:
        return fault
    text = (
        f"needs {missing[1]}, which lies outside the installed packages ({places[0]}): a sealed process cannot read it."
        " Install it without -e, or write trusted = true"
    )
    return replace(fault, text=text)


def import_path() -> list[str]:
    """Where this process imports from, without links and without what is not there."""
    return [str(Path(path).resolve()) for path in sys.path if _is_there(path)]


def readable_for_all() -> tuple[str, ...]:
    """The interpreter, the installed packages and the gateway's own code; nothing that an operator writes."""
    own = Path(gateway.__file__).resolve().parent
    return (*dict.fromkeys(map(str, (*_installed(), own))), *_SYSTEM_LIBRARIES)


def _installed() -> tuple[Path, ...]:
    paths: Mapping[str, str] = sysconfig.get_paths()
    return tuple(Path(paths[name]).resolve() for name in ("stdlib", "platstdlib", "purelib", "platlib"))


def _is_there(path: str) -> bool:
    try:
        return Path(path).exists()
    except OSError:  # in a folder that is not ours to enter
        return False


def _names_a_secret(value: Any) -> bool:
    return isinstance(value, dict) and len(value) == 1 and next(iter(value)) in ("file", "env")


def _plain(value: Any) -> Any:
    """As JSON has it. What it has not, a date of TOML, stays something that is no text and no number."""
    try:
        json.dumps(value, allow_nan=False)
    except (ValueError, TypeError):
        return []
    return value
