"""The SFTP client that one plugin is given: it reads from one server, whose host keys are pinned, and writes nothing.

As honest as the HTTP client: `NotSent` where no connection was made, `OutcomeUnknown` for everything else. Files come in
pieces of 256 KiB, so that one of any size takes the memory of a piece; a file that changes meanwhile is no file. This is the
only module that knows asyncssh, which the extra `sftp` brings. Nothing of the user's own SSH configuration is read.
"""

from __future__ import annotations

import asyncio
import logging
import stat
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from time import perf_counter
from typing import Any, Final, TypeVar

from gateway.errors import GatewayError, NotSent, OutcomeUnknown, SecretMissing
from gateway.partners.calls.call_log import CallScope, RequestRecord, current_scope
from gateway.partners.file_pieces import FilePiece, whole_file
from gateway.partners.loading.sftp_settings import SftpServer
from gateway.plugin_interfaces import SftpFile
from httpkit.named_files import FileUnusable, read_named_file

PIECE_BYTES: Final = 2**18
FILE_LIMIT_BYTES: Final = 2 * 2**30
MAX_FILES_LISTED: Final = 2_000
MAX_PATH_LENGTH: Final = 1_000
IDLE_CONNECTION_S: Final = 60.0
_KINDS: Final = (
    "ssh-ed25519",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "rsa-sha2-512",
    "rsa-sha2-256",
)
_T = TypeVar("_T")


class SftpUnusable(GatewayError):
    """The server's settings cannot be used. The text says why and what to do; it quotes no secret."""


class GuardedSftp:
    """Implements `gateway.plugin_interfaces.PartnerSftp` for one plugin; connects at the first use, and anew after a fault."""

    def __init__(self, partner: str, server: SftpServer) -> None:
        """Raises SftpUnusable."""
        try:
            import asyncssh
        except ModuleNotFoundError:
            raise SftpUnusable(
                "sftp needs asyncssh, which is not installed; pip install 'point-gateway[sftp]'"
            ) from None
        asyncssh.set_log_level(logging.WARNING)  # at INFO it logs users and paths
        self._ssh = asyncssh
        self._partner = partner
        self._server = server
        self._timeout_s = 10.0
        self._credentials = self._read_credentials()
        self._lock = asyncio.Lock()
        self._connection: Any = None
        self._client: Any = None
        self._file: tuple[str, Any] | None = None
        self._idle: asyncio.TimerHandle | None = None
        self._offered: list[str] = []

    def allow(self, *, timeout_s: float) -> None:
        """Each request ends within this."""
        self._timeout_s = timeout_s

    async def list(self, folder: str) -> tuple[SftpFile, ...]:
        """The files of a folder, by name; folders and links in it are left out. Raises NotSent, OutcomeUnknown."""

        async def ask(client: Any) -> tuple[SftpFile, ...]:
            files: list[SftpFile] = []
            async for entry in client.scandir(folder):
                if (mode := entry.attrs.permissions) is not None and stat.S_ISREG(mode):
                    files.append(_listed(entry))
                if len(files) > MAX_FILES_LISTED:
                    raise _Word("too_many_files")
            return tuple(sorted(files, key=lambda it: it.name))

        return await self._ask("LIST", folder, ask)

    async def read(self, path: str, offset: int) -> FilePiece:
        """256 KiB from `offset` on, fewer at the file's end. Raises NotSent, OutcomeUnknown."""

        async def ask(client: Any) -> FilePiece:
            file = await self._opened(client, path, anew=offset == 0)
            attributes = await file.stat()
            if (size := int(attributes.size or 0)) > FILE_LIMIT_BYTES:
                raise _Word("file_too_large")
            body = await file.read(PIECE_BYTES, offset) if offset < size else b""
            if offset + len(body) >= size:
                self._file = None
                await file.close()
            return FilePiece(size=size, modified_at=int(attributes.mtime or 0), body=body)

        return await self._ask("READ", path, ask, is_recorded=offset == 0)

    async def check(self) -> None:
        """Connect and sign in; nothing is read. Raises NotSent, OutcomeUnknown."""

        async def ask(client: Any) -> None:
            del client

        await self._ask("SIGN-IN", "/", ask)

    async def pieces(self, path: str) -> AsyncIterator[bytes]:
        """The whole file in pieces. Raises OutcomeUnknown, also where it changes or ends early meanwhile."""
        async for piece in whole_file(self._partner, lambda offset: self.read(path, offset)):
            yield piece

    async def aclose(self) -> None:
        """End the connection; safe to repeat."""
        self._drop()

    # --- the connection -------------------------------------------------------------------------------------

    async def _ask(
        self, verb: str, path: str, ask: Callable[[Any], Awaitable[_T]], *, is_recorded: bool = True
    ) -> _T:
        scope, began = current_scope(), perf_counter()
        if not 0 < len(path) <= MAX_PATH_LENGTH or not path.isprintable():
            raise self._stayed_here(scope, "a path is a text without control characters")
        if scope is not None:
            if scope.closed:
                raise self._stayed_here(
                    scope, f"{scope.hook}() has ended; a request after its end is not sent"
                )
            scope.request_leaves()
        error: str | None = "cancelled"
        try:
            async with asyncio.timeout(self._timeout_s), self._lock:
                answer = await ask(await self._connected())
            error = None
            return answer
        except Exception as fault:  # noqa: BLE001  whatever it was, the caller hears one of two words
            error, words, stayed = self._refusal_of(fault)
            text = f"{verb} at the SFTP server {self._server.host} ended with {error}{words}"
            if not stayed:
                raise OutcomeUnknown(f"{self._partner}: {text}") from None
            if scope is not None:
                scope.request_stayed()
            raise self._stayed_here(scope, text) from None
        finally:
            if error is not None and error not in _OF_THE_FILE:
                self._drop()
            elif self._idle is None or self._idle.cancelled():
                self._idle = asyncio.get_running_loop().call_later(IDLE_CONNECTION_S, self._drop)
            if scope is not None and (is_recorded or error is not None):
                url = f"sftp://{self._server.host}/{scope.scrubbed(path).lstrip('/')}"
                ms = round((perf_counter() - began) * 1000)
                status = 0 if error is None else None  # SSH_FX_OK
                scope.requests.append(RequestRecord(method=verb, url=url, ms=ms, status=status, error=error))

    async def _connected(self) -> Any:
        if self._idle is not None:
            self._idle.cancel()
        if self._client is not None:
            return self._client
        pins, offered = self._server.pins, self._offered
        offered.clear()

        class Pinned(self._ssh.SSHClient):  # type: ignore[name-defined,misc]
            """Believes the pinned host keys and no other."""

            def validate_host_public_key(self, host: str, addr: str, port: int, key: Any) -> bool:
                del host, addr, port
                offered.append(key.get_fingerprint())
                return offered[-1] in pins

        self._connection, _ = await self._ssh.create_connection(
            Pinned,
            self._server.host,
            self._server.port,
            username=self._server.user,
            known_hosts=((), (), ()),
            server_host_key_algs=_algorithms(self._server.kinds),
            config=None,
            agent_path=None,
            **self._credentials,
        )
        self._client = await self._connection.start_sftp_client()
        return self._client

    def _drop(self) -> None:
        if self._idle is not None:
            self._idle.cancel()
        connection, self._connection, self._client, self._file, self._idle = (
            self._connection,
            None,
            None,
            None,
            None,
        )
        if connection is not None:
            connection.abort()

    async def _opened(self, client: Any, path: str, *, anew: bool) -> Any:
        if self._file is not None:
            name, file = self._file
            if name == path and not anew:
                return file
            self._file = None
            await file.close()
        file = await client.open(path, "rb")
        self._file = (path, file)
        return file

    def _read_credentials(self) -> dict[str, Any]:
        server = self._server
        if server.password is not None:
            try:
                password = server.password.read().reveal()
            except SecretMissing as fault:
                raise SftpUnusable(str(fault)) from None
            return {
                "password": password,
                "client_keys": None,
                "preferred_auth": "password,keyboard-interactive",
            }
        assert server.key is not None  # which is there where no password is
        try:
            key = self._ssh.import_private_key(read_named_file(server.key))
        except FileUnusable as fault:
            raise SftpUnusable(f"sftp key {server.key} {fault}") from None
        except (self._ssh.KeyImportError, self._ssh.KeyEncryptionError, ValueError):
            raise SftpUnusable(
                f"sftp key {server.key} is no private key without a passphrase; make one with ssh-keygen -t ed25519 -N ''"
            ) from None
        return {"client_keys": [key], "preferred_auth": "publickey"}

    # --- how it ended ---------------------------------------------------------------------------------------

    def _refusal_of(self, fault: Exception) -> tuple[str, str, bool]:
        """A stable word, what to do about it, and whether nothing left this machine."""
        ssh, table = self._ssh, f"[partners.{self._partner}.sftp]"
        if isinstance(fault, _Word):
            return str(fault), "", False
        if isinstance(fault, ssh.HostKeyNotVerifiable):
            shown = f" {self._offered[-1]}" if self._offered else ""
            return (
                "host_key_not_pinned",
                f": it shows the key{shown}, which host_key of {table} does not name; ask the partner before you change it",
                False,
            )
        if isinstance(fault, ssh.KeyExchangeFailed):
            return (
                "key_exchange_failed",
                f": it has no host key of the kind in host_key of {table}, or no cipher in common with us",
                False,
            )
        if isinstance(fault, ssh.PermissionDenied):
            return "sign_in_refused", f": it does not accept user and key or password of {table}", False
        if isinstance(fault, ssh.SFTPNoSuchFile | ssh.SFTPNoSuchPath):
            return "no_such_file", "", False
        if isinstance(fault, ssh.SFTPPermissionDenied):
            return "file_not_readable", ": the user may not read it", False
        if isinstance(fault, TimeoutError):
            return "timeout", "", False
        if isinstance(fault, ssh.SFTPError) and not isinstance(
            fault, ssh.SFTPConnectionLost | ssh.SFTPNoConnection
        ):
            return "sftp_failure", "", False
        if isinstance(fault, OSError) and self._connection is None:
            return "connect_refused", "", True
        return "connection_lost", "", False

    def _stayed_here(self, scope: CallScope | None, text: str) -> NotSent | OutcomeUnknown:
        text = f"{self._partner}: {text}"
        if scope is not None and scope.may_have_left:
            return OutcomeUnknown(f"{text}; an earlier request of {scope.hook}() has left")
        return NotSent(text)


class _Word(Exception):
    """A word of ours for how it ended."""


_OF_THE_FILE: Final = frozenset({"no_such_file", "file_not_readable", "file_too_large", "too_many_files"})
"""The connection is as good as before."""


def _algorithms(kinds: tuple[str, ...]) -> list[str]:
    """What we let the server show: keys of the pinned kinds, never SHA-1 and no certificates."""
    wanted = {
        kind for it in kinds for kind in (("rsa-sha2-512", "rsa-sha2-256") if it == "ssh-rsa" else (it,))
    }
    return [it for it in _KINDS if not wanted or it in wanted]


def _listed(entry: Any) -> SftpFile:
    name = entry.filename if isinstance(entry.filename, str) else entry.filename.decode("utf-8", "replace")
    changed = datetime.fromtimestamp(int(entry.attrs.mtime or 0), UTC)
    return SftpFile(name=name, size=int(entry.attrs.size or 0), modified_at=changed)
