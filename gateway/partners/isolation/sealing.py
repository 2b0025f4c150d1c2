"""What a plugin's process gives up before it imports the plugin, for good: Linux's own doors, closed by ctypes.

    dies with the gateway · namespaces · another user · no capabilities · not dumpable · limits · no_new_privs ·
    Landlock (files, TCP, signals) · seccomp (system calls)

Landlock and seccomp together are "sealed": without Landlock the gateway's files can be read, without seccomp UDP and
UNIX sockets and `fork` work. Each step tells whether it was applied, and why not. No step needs a privilege but the
change of user and, where user namespaces are forbidden, the namespaces.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import os
import resource
import signal
import stat
import struct
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

LANDLOCK: Final = "landlock"
SECCOMP: Final = "seccomp"
NO_NEW_PRIVS: Final = "no_new_privs"
SEALED: Final = frozenset({LANDLOCK, SECCOMP, NO_NEW_PRIVS})
"""What has to be applied for a process to count as sealed."""

NOBODY: Final = 65_534
MAX_DESCRIPTORS: Final = 64
NICE: Final = 5

_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_CAPBSET_DROP, _PR_SET_NO_NEW_PRIVS = 1, 4, 24, 38
_PR_SET_NAME: Final = 15
_PR_SET_CHILD_SUBREAPER: Final = 36
_CLONE_NEWUTS, _CLONE_NEWIPC, _CLONE_NEWUSER, _CLONE_NEWNET = 0x04000000, 0x08000000, 0x10000000, 0x40000000
_CLONE_THREAD: Final = 0x00010000
_MAX_CAPABILITY: Final = 63


@dataclass(frozen=True, slots=True, kw_only=True)
class SealOrder:
    """What is to be left: `readable` files and folders, and `memory_mb` of address space.

    `executable`: programs that may be started in this process's place, for a plugin in another language.
    """

    readable: Sequence[str]
    memory_mb: int
    parent: int
    executable: Sequence[str] = ()


@dataclass(slots=True)
class Applied:
    """Which steps hold, and of each other why it does not."""

    applied: list[str] = field(default_factory=list)
    missing: dict[str, str] = field(default_factory=dict)

    def step(self, name: str, apply: Callable[[], str | None]) -> None:
        try:
            more = apply()
        except (OSError, AttributeError, ValueError) as fault:
            self.missing[name] = _why(fault)
        else:
            self.applied.append(f"{name} {more}" if more else name)


def seal(wanted: SealOrder) -> Applied:
    """Close every door that this kernel lets us close. Irrevocable; ends the process if the gateway is gone."""
    done = Applied()
    with suppress(ValueError):
        _libseccomp()  # while its file can still be read
    done.step("dies with the gateway", lambda: die_with(wanted.parent))
    done.step("net", _leave_network)
    done.step("user", lambda: _become_nobody(wanted.readable))
    done.step("capabilities", _drop_capabilities)
    # A change of user clears it.
    done.step("dies with the gateway, still", lambda: die_with(wanted.parent))
    done.step("not dumpable", not_dumpable)
    done.step("limits", lambda: _limit(wanted.memory_mb, may_execute=bool(wanted.executable)))
    done.step(NO_NEW_PRIVS, _no_new_privileges)
    done.step(LANDLOCK, lambda: _landlock(wanted.readable, wanted.executable))
    done.step(SECCOMP, lambda: _seccomp(may_execute=bool(wanted.executable)))
    return done


def not_dumpable() -> None:
    """No process of the same user can read this one's memory or environment, and it leaves no core."""
    _prctl(_PR_SET_DUMPABLE, 0)


def adopt_orphans() -> None:
    """What a child of this process leaves behind becomes this process's own child. Raises OSError or ValueError."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def die_with(parent: int) -> None:
    """End when the thread of the process `parent` ends whose child this is; at once where it has ended."""
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it ended before we asked for the signal
        os._exit(0)


# --- steps ------------------------------------------------------------------------------------------------------


def _leave_network() -> str:
    spaces = _CLONE_NEWNET | _CLONE_NEWIPC | _CLONE_NEWUTS
    if os.geteuid() != 0:
        spaces |= _CLONE_NEWUSER
    _call("unshare", spaces)
    return "(namespace)"


def _become_nobody(readable: Sequence[str]) -> str:
    if os.geteuid() != 0:
        raise ValueError("the gateway does not run as root")
    if closed := next((path for path in readable if not _open_to_all(path)), None):
        raise ValueError(f"{closed} can be read by its owner alone")
    os.setgroups([])
    os.setresgid(NOBODY, NOBODY, NOBODY)
    os.setresuid(NOBODY, NOBODY, NOBODY)
    return "nobody"


def _open_to_all(path: str) -> bool:
    """Whether a stranger reaches and reads the file or folder."""
    place = Path(path)
    try:
        if not place.stat().st_mode & stat.S_IROTH:
            return False
        return all(folder.stat().st_mode & stat.S_IXOTH for folder in place.resolve().parents)
    except OSError:
        return True  # what is not there is not needed


def _drop_capabilities() -> None:
    for capability in range(_MAX_CAPABILITY + 1):
        with suppress(OSError):  # unknown to this kernel, or not ours to drop
            _prctl(_PR_CAPBSET_DROP, capability)
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    _call("capset", header, (ctypes.c_uint32 * 6)())


def _limit(memory_mb: int, *, may_execute: bool) -> str:
    limits = {"RLIMIT_NOFILE": MAX_DESCRIPTORS, "RLIMIT_FSIZE": 0, "RLIMIT_CORE": 0}
    # Other runtimes reserve gigabytes of addresses that they never use; what they may write to is counted.
    limits["RLIMIT_DATA" if may_execute else "RLIMIT_AS"] = memory_mb * 2**20
    for name, most in limits.items():
        resource.setrlimit(getattr(resource, name), (most, most))
    os.nice(NICE)
    return f"{memory_mb} MB"


def _no_new_privileges() -> None:
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)


# --- Landlock ---------------------------------------------------------------------------------------------------

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # the same on every architecture
_EXECUTE, _READ_FILE, _READ_DIR = 1, 1 << 2, 1 << 3
_RIGHTS_OF_ABI: Final = {1: (1 << 13) - 1, 2: 1 << 13, 3: 1 << 14, 5: 1 << 15}
_TCP: Final = 0b11
_SCOPES: Final = 0b11


def landlock_version() -> int:
    """The kernel's version of Landlock. Raises OSError where there is none."""
    return _syscall(_CREATE_RULESET, None, 0, 1)


def _landlock(readable: Sequence[str], executable: Sequence[str]) -> str:
    version = landlock_version()
    files = sum(rights for since, rights in _RIGHTS_OF_ABI.items() if version >= since)
    wanted = (files, _TCP if version >= 4 else 0, _SCOPES if version >= 6 else 0)
    try:
        rules = _ruleset(wanted)
    except OSError:  # some kernels of RHEL 9 claim a version and lack a part of it
        rules = _ruleset((files & ((1 << 15) - 1), 0, 0))
    try:
        for path in readable:
            _allow(rules, path, _READ_FILE, _READ_DIR)
        for path in executable:
            _allow(rules, path, _READ_FILE | _EXECUTE, _READ_DIR)
        _syscall(_RESTRICT_SELF, rules, 0)
    finally:
        os.close(rules)
    return str(version)


def _ruleset(handled: tuple[int, int, int]) -> int:
    attributes = struct.pack("=QQQ", *handled)
    return _syscall(_CREATE_RULESET, ctypes.c_char_p(attributes), _size(handled), 0)


def _size(handled: tuple[int, int, int]) -> int:
    """Older kernels take a longer structure only where the rest of it is zero; the shortest is understood by all."""
    return 24 if handled[2] else 16 if handled[1] else 8


def _allow(rules: int, path: str, of_files: int, of_folders: int) -> None:
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return  # not on this machine
    try:
        is_folder = stat.S_ISDIR(os.fstat(descriptor).st_mode)
        rule = struct.pack("=Qi", of_files | (of_folders if is_folder else 0), descriptor)
        _syscall(_ADD_RULE, rules, 1, ctypes.c_char_p(rule), 0)
    finally:
        os.close(descriptor)


# --- seccomp ----------------------------------------------------------------------------------------------------

_ALLOW: Final = 0x7FFF0000
_ERRNO: Final = 0x00050000
_EPERM, _ENOSYS = 1, 38
_EQUAL, _MASKED = 4, 7
_SOCK_STREAM, _SOCK_TYPE_MASK = 1, 0xF
_FCNTL_COMMANDS: Final = (
    0,
    1,
    2,
    3,
    4,
    1030,
    1032,
)  # DUPFD, GETFD, SETFD, GETFL, SETFL, DUPFD_CLOEXEC, GETPIPE_SZ
_IOCTL_COMMANDS: Final = (0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)
"""TCGETS, TIOCGWINSZ, FIONREAD, FIONBIO, FIONCLEX, FIOCLEX."""

ALLOWED_CALLS: Final = [
    "read",
    "write",
    "readv",
    "writev",
    "pread64",
    "pwrite64",
    "preadv",
    "pwritev",
    "close",
    "fstat",
    "newfstatat",
    "stat",
    "lstat",
    "statx",
    "lseek",
    "dup",
    "dup2",
    "dup3",
    "pipe",
    "pipe2",
    "poll",
    "ppoll",
    "select",
    "pselect6",
    "epoll_create",
    "epoll_create1",
    "epoll_ctl",
    "epoll_wait",
    "epoll_pwait",
    "epoll_pwait2",
    "eventfd2",
    "timerfd_create",
    "timerfd_settime",
    "timerfd_gettime",
    "open",
    "openat",
    "getdents64",
    "getcwd",
    "readlink",
    "readlinkat",
    "access",
    "faccessat",
    "faccessat2",
    "fstatfs",
    "statfs",
    "mmap",
    "munmap",
    "mremap",
    "mprotect",
    "madvise",
    "brk",
    "mincore",
    "membarrier",
    "rt_sigaction",
    "rt_sigprocmask",
    "rt_sigreturn",
    "rt_sigpending",
    "rt_sigtimedwait",
    "sigaltstack",
    "restart_syscall",
    "futex",
    "futex_waitv",
    "set_robust_list",
    "get_robust_list",
    "rseq",
    "set_tid_address",
    "arch_prctl",
    "sched_yield",
    "sched_getaffinity",
    "sendto",
    "recvfrom",
    "sendmsg",
    "recvmsg",
    "shutdown",
    "getsockopt",
    "setsockopt",
    "getsockname",
    "getpeername",
    "getpid",
    "gettid",
    "getppid",
    "getuid",
    "geteuid",
    "getgid",
    "getegid",
    "getresuid",
    "getresgid",
    "getgroups",
    "getpgrp",
    "getpgid",
    "getsid",
    "getrandom",
    "clock_gettime",
    "clock_getres",
    "clock_nanosleep",
    "nanosleep",
    "gettimeofday",
    "time",
    "times",
    "getrusage",
    "uname",
    "sysinfo",
    "getrlimit",
    "wait4",
    "exit",
    "exit_group",
]
"""Calls on memory, time, threads and descriptors that are open; opening a file is Landlock's to refuse."""


class _Comparison(ctypes.Structure):
    _fields_ = (
        ("argument", ctypes.c_uint),
        ("operator", ctypes.c_int),
        ("first", ctypes.c_uint64),
        ("second", ctypes.c_uint64),
    )


def _seccomp(*, may_execute: bool) -> str:
    library = _libseccomp()
    context = library.seccomp_init(ctypes.c_uint32(_ERRNO | _EPERM))
    if not context:
        raise ValueError("libseccomp makes no filter")
    context = ctypes.c_void_p(context)

    def rule(action: int, name: str, *comparisons: _Comparison) -> None:
        number = library.seccomp_syscall_resolve_name(name.encode())
        if number == -1:
            return  # a libseccomp older than the call: the default holds
        items = (_Comparison * len(comparisons))(*comparisons)
        code = library.seccomp_rule_add_array(
            context, ctypes.c_uint32(action), number, len(comparisons), items
        )
        if code < 0 and code != -33:  # EDOM: this architecture has no such call
            raise OSError(-code, f"seccomp rule for {name}")

    try:
        for name in ALLOWED_CALLS:
            rule(_ALLOW, name)
        # Not those that name who is sent a signal when something can be read.
        for name, commands in (("fcntl", _FCNTL_COMMANDS), ("ioctl", _IOCTL_COMMANDS)):
            for command in commands:
                rule(_ALLOW, name, _Comparison(1, _EQUAL, command, 0))
        rule(_ALLOW, "clone", _Comparison(0, _MASKED, _CLONE_THREAD, _CLONE_THREAD))
        rule(_ERRNO | _ENOSYS, "clone3")  # its flags cannot be looked at; the C library then takes clone
        # The streams of an event loop's own wake-up; a datagram one could be sent to any address.
        rule(_ALLOW, "socketpair", _Comparison(1, _MASKED, _SOCK_TYPE_MASK, _SOCK_STREAM))
        rule(_ALLOW, "prctl", _Comparison(0, _EQUAL, _PR_SET_NAME, 0))
        rule(_ALLOW, "prlimit64", _Comparison(0, _EQUAL, 0, 0))
        rule(_ALLOW, "tgkill", _Comparison(0, _EQUAL, os.getpid(), 0))  # abort() of this process itself
        if may_execute:  # Landlock names the programs
            rule(_ALLOW, "execve")
            for name in (
                "capget",
                "sched_setaffinity",
                "sched_getparam",
                "sched_getscheduler",
                "mlock",
                "pkey_alloc",
            ):
                rule(_ALLOW, name)
        if (code := library.seccomp_load(context)) < 0:
            raise OSError(-code, os.strerror(-code))
    finally:
        library.seccomp_release(context)
    return f"({len(ALLOWED_CALLS)} calls)"


@lru_cache
def _libseccomp() -> Any:
    try:
        library = ctypes.CDLL("libseccomp.so.2", use_errno=True)
    except OSError:
        raise ValueError("libseccomp.so.2 is not installed") from None
    library.seccomp_init.restype = ctypes.c_void_p
    library.seccomp_release.argtypes = [ctypes.c_void_p]
    library.seccomp_load.argtypes = [ctypes.c_void_p]
    library.seccomp_syscall_resolve_name.argtypes = [ctypes.c_char_p]
    library.seccomp_rule_add_array.argtypes = [
        ctypes.c_void_p,
        ctypes.c_uint32,
        ctypes.c_int,
        ctypes.c_uint,
        ctypes.c_void_p,
    ]
    return library


# --- the C library ----------------------------------------------------------------------------------------------


def _libc() -> Any:
    if sys.platform != "linux":
        raise ValueError("only Linux has it")
    return ctypes.CDLL(None, use_errno=True)


def _call(name: str, *arguments: Any) -> int:
    result: int = getattr(_libc(), name)(*arguments)
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def _syscall(number: int, *arguments: Any) -> int:
    library = _libc()
    library.syscall.restype = ctypes.c_long
    result: int = library.syscall(ctypes.c_long(number), *arguments)
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def _prctl(option: int, value: int) -> None:
    zero = ctypes.c_ulong(0)
    _call("prctl", ctypes.c_int(option), ctypes.c_ulong(value), zero, zero, zero)


def _why(fault: Exception) -> str:
    if isinstance(fault, OSError):
        return os.strerror(fault.errno) if fault.errno else type(fault).__name__
    return str(fault) or type(fault).__name__
