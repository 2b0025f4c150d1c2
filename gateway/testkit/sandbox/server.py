"""A sandbox listening on loopback, with a second door for whoever orders its failures.

    GET    /faults                      what waits to happen
    POST   /faults                      {"operation", "kind", "times"=1, "seconds"=null, "done"=false}
    DELETE /faults                      none any more; a closed site listens again
    POST   /finish                      carry out what was left "in progress"
    GET    /book                        every debit in the partner's own book, oldest first

The control door has a port of its own, so that it still answers when the site refuses connections. It exists
only when asked for.
"""

from __future__ import annotations

import asyncio
import json
import socket
import uuid
from collections.abc import Mapping
from datetime import datetime
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from gateway.testkit.sandbox import debits
from gateway.testkit.sandbox.debits import Entry, ReturnedPoints
from gateway.testkit.sandbox.endpoints import Doors
from gateway.testkit.sandbox.faults import ONLY_SOME, Fault, FaultKind
from gateway.testkit.sandbox.store import Book


class SandboxServer:
    """`async with SandboxServer(app, book, doors) as site:` then `site.url`. Owns the book and closes it.

    `operations` names what can fail and, for each, which of ONLY_SOME the partner's rules can play there.
    """

    def __init__(
        self,
        app: web.Application,
        book: Book,
        doors: Doors,
        *,
        operations: Mapping[str, frozenset[FaultKind]],
        host: str = "127.0.0.1",
        port: int = 0,
        control: bool = False,
    ) -> None:
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=2.0)
        self._site: web.SockSite | None = None
        self._control: web.AppRunner | None = None
        self._with_control = control
        self._operations = operations
        self._book, self._doors = book, doors
        self._host, self._port = host, port
        self._reopening: asyncio.Task[None] | None = None
        self.url = self.control_url = ""

    async def __aenter__(self) -> Self:
        await self._runner.setup()
        await self.listen()
        if self._with_control:
            self._control = web.AppRunner(self._control_app(), access_log=None, shutdown_timeout=2.0)
            await self._control.setup()
            door = _bound("127.0.0.1", 0)
            self.control_url = f"http://127.0.0.1:{door.getsockname()[1]}"
            await web.SockSite(self._control, door).start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._doors.close()
        if self._reopening is not None:
            self._reopening.cancel()
        if self._control is not None:
            await self._control.cleanup()
        await self._runner.cleanup()
        self._book.close()

    async def listen(self) -> None:
        """Listen, on the same port as before if there was one."""
        if self._site is not None:
            return
        door = _bound(self._host, self._port)
        self._port = door.getsockname()[1]
        self.url = f"http://{self._host}:{self._port}"
        self._site = web.SockSite(self._runner, door)
        await self._site.start()

    async def refuse(self, seconds: float | None = None) -> None:
        """Stop listening and drop every connection, so that the next caller's connection is refused."""
        if self._site is not None:
            await self._site.stop()
            self._site = None
        server = self._runner.server
        if isinstance(server, web.Server):
            for connection in server.connections:
                connection.force_close()
        if seconds is not None:
            self._reopening = asyncio.create_task(self._listen_after(seconds))

    def order(self, fault: Fault) -> None:
        """Let this failure happen (all but `refuse`). Raises ValueError for an operation that is not there."""
        if fault.operation not in self._operations:
            raise ValueError(f"operation is one of {', '.join(sorted(self._operations))}")
        if fault.kind is FaultKind.REFUSE:
            raise ValueError("refuse closes the whole site: call refuse()")
        if fault.kind in ONLY_SOME and fault.kind not in self._operations[fault.operation]:
            raise ValueError(f"{fault.kind} has no meaning at {fault.operation}")
        self._doors.faults.add(fault)

    async def finish(self) -> list[Entry]:
        """Carry out every order that was left in progress."""
        return await self._book.run(lambda db: [debits.finish(db, it.order_id) for it in debits.pending(db)])

    async def give_back(self, order_id: str, lines: Mapping[str, int], at: datetime) -> ReturnedPoints:
        """Give points back at the partner's own desk, of which the gateway is told nothing."""
        slip = f"desk-{uuid.uuid4()}"
        return await self._book.run(lambda db: debits.give_back(db, slip, order_id, lines, at))

    async def entries(self) -> list[Entry]:
        return await self._book.run(debits.every_debit)

    async def clear(self) -> None:
        """No failure any more; whoever waits is let go; the site listens."""
        self._doors.faults.clear()
        self._doors.release()
        if self._reopening is not None:
            self._reopening.cancel()
            self._reopening = None
        await self.listen()

    async def _listen_after(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        await self.listen()

    def _control_app(self) -> web.Application:
        app = web.Application()
        app.add_routes(
            [
                web.get("/faults", self._get_faults),
                web.post("/faults", self._post_fault),
                web.delete("/faults", self._delete_faults),
                web.post("/finish", self._post_finish),
                web.get("/book", self._get_book),
            ]
        )
        return app

    async def _get_faults(self, _request: web.Request) -> web.Response:
        waiting = [
            {
                "operation": it.operation,
                "kind": it.kind,
                "times": it.times,
                "seconds": it.seconds,
                "done": it.done,
            }
            for it in self._doors.faults.waiting
        ]
        return web.json_response({"listening": self._site is not None, "faults": waiting})

    async def _post_fault(self, request: web.Request) -> web.Response:
        try:
            values: dict[str, Any] = json.loads(await request.read())
            kind = FaultKind(values["kind"])
            if kind is FaultKind.REFUSE:
                await self.refuse(values.get("seconds"))
            else:
                self.order(Fault(**{**values, "kind": kind}))
        except (ValueError, KeyError, TypeError) as fault:
            return web.json_response({"error": str(fault), "kinds": list(FaultKind)}, status=400)
        return await self._get_faults(request)

    async def _delete_faults(self, request: web.Request) -> web.Response:
        await self.clear()
        return await self._get_faults(request)

    async def _post_finish(self, _request: web.Request) -> web.Response:
        return web.json_response({"finished": [it.order_id for it in await self.finish()]})

    async def _get_book(self, _request: web.Request) -> web.Response:
        return web.json_response({"debits": [_plain(it) for it in await self.entries()]})


def _plain(entry: Entry) -> dict[str, Any]:
    return {
        "order_id": entry.order_id,
        "holder": entry.holder,
        "at": entry.at.isoformat(),
        "state": entry.state,
        "reason": entry.reason,
        "lines": dict(entry.lines),
        "given_back": dict(entry.given_back),
    }


def _bound(host: str, port: int) -> socket.socket:
    door = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    door.bind((host, port))
    return door
