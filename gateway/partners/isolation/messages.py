"""The messages of protocol 1, as frozen dataclasses: what the gateway says, and what a plugin's process says.

A message is the JSON of one frame, with its class's name as `is`. `n` numbers a call and counts up; a request has a
number `request` of its own, given by the plugin. A gateway may add an optional field to what it says; whatever else
changes is another protocol, and the gateway speaks the last two.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from datetime import datetime
from typing import Final, Literal, get_args

from gateway.model import PartnerProfile, Secret
from gateway.partners.isolation.codecs import Codec, Json, codec_of
from gateway.partners.isolation.frames import MAX_JSON_BYTES_TO_PLUGIN, Frame, Malformed, encode_frame
from gateway.plugin_interfaces import SftpFile

PROTOCOL: Final = 1
ROWS_PER_FRAME: Final = 150

Level = Literal["debug", "info", "warning", "error"]


# --- what the gateway says --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """Where the plugin's class is: `value` is `module:Class`, or `file` a single file whose class is `Plugin`.

    `package` and `folder` are a package outside the installed ones and where it lies. Of no use to a `command`.
    """

    value: str = ""
    file: str = ""
    package: str = ""
    folder: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hello:
    """The first message. `settings` is the plugin's own table, `secrets` what it names as a secret, by key.

    `missing` has a sentence for each secret that cannot be read, `places` where each key stands in gateway.toml (the
    table itself under the empty key). `now` is the gateway's clock.
    """

    protocols: tuple[int, ...]
    partner: str
    now: datetime
    code: Code
    settings: Mapping[str, Json]
    secrets: Mapping[str, Secret]
    missing: Mapping[str, str]
    places: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """Call a hook; `arguments` are as the hook's page has them. `now` is the gateway's clock at this moment."""

    n: int
    hook: str
    now: datetime
    arguments: Mapping[str, Json]


@dataclass(frozen=True, slots=True, kw_only=True)
class NextPage:
    """Give the next page of the call `of`, whose `End` said `pages`; answered like a call, by `Rows` and `End`."""

    n: int
    of: int
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosePages:
    """No more pages of the call `of` are wanted. Not answered."""

    of: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancel:
    """The call is over for the gateway. Its `End` must follow within a second, or the process is ended."""

    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpAnswered:
    """What the partner answered; the frame's body is its body. Header names are lower case."""

    request: int
    status: int
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpPiece:
    """The next piece of a streamed answer is the frame's body; `last`: there was none any more."""

    request: int
    last: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SftpListed:
    """The files of the folder."""

    request: int
    files: tuple[SftpFile, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SftpPiece:
    """The frame's body is what the file has from the offset on; `size` and `modified_at` (seconds) are the file's now."""

    request: int
    size: int
    modified_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpFailed:
    """The request ended without an answer: `not_sent` is certain, everything else is `unknown`."""

    request: int
    kind: Literal["not_sent", "unknown"]
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ping:
    """Answer with `Pong` within three seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """End within a second."""


# --- what the plugin's process says -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """The gateway's own child says this before it imports the plugin: what it has given up, step by step.

    `applied` are the steps that hold, `missing` says of each other why it does not.
    """

    applied: tuple[str, ...]
    missing: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceInCode:
    """File and line, as sentences name them."""

    file: str | None = None
    line: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """The plugin is made. `hooks` names those it has, with their places; `settings_read` the settings it has read."""

    protocol: int
    profile: PartnerProfile
    hooks: Mapping[str, PlaceInCode]
    settings_read: tuple[str, ...] = ()

    def place_of(self, hook: str) -> PlaceInCode:
        """Where the hook's method stands; nowhere for a program that does not say so."""
        return self.hooks.get(hook, PlaceInCode())


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """The plugin cannot be made. `check` is the word of the check, `text` what is wrong and what to do."""

    check: str
    text: str
    file: str | None = None
    line: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """How a hook ended without an answer.

    `kind`: an error of `gateway.errors`; `Crash` for every other exception, with its type as `text` and its `place`;
    `Wrong` for an answer that cannot be written, `text` says why. `reason` belongs to a refusal.
    """

    kind: str
    text: str = ""
    reason: str = ""
    place: str = ""
    retry_after_s: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """A call has ended: with `value`, or with `fault`. `step_ms`: how long the plugin held its own loop at most.

    `pages`: the hook gives its rows page by page; they are asked for by `NextPage`. `last`: there was no further page.
    """

    n: int
    value: Json | None = None
    fault: Fault | None = None
    step_ms: int = 0
    pages: bool = False
    last: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Some of the rows that the call gives, at most 150; `End` follows the last."""

    n: int
    rows: tuple[Json, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpRequest:
    """Ask the partner, in the call `n`. The frame's body is the request's, as `body` says; at most one body is there.

    `unfit`: the type of what kept the request from being written; nothing is sent and the call hears why.
    """

    request: int
    n: int
    method: str = "GET"
    url: str = ""
    headers: Mapping[str, str] | None = None
    params: Mapping[str, Json] | None = None
    form: Mapping[str, Json] | None = None
    body: Literal["none", "content", "json"] = "none"
    timeout_s: float | None = None
    form_charset: str = "utf-8"
    unfit: str = ""
    stream: bool = False
    """Answer with the head alone; the body is asked for by `HttpMore`, in this call or a later one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpMore:
    """Give the next piece of the answer to the request `of`; answered by `HttpPiece` or `HttpFailed`."""

    request: int
    n: int
    of: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpClose:
    """Nothing more is wanted of the answer to the request `of`. Not answered."""

    of: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SftpList:
    """List a folder of the partner's SFTP server, in the call `n`; answered by `SftpListed` or `HttpFailed`."""

    request: int
    n: int
    folder: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SftpRead:
    """Read at most 256 KiB of a file from `offset` on; answered by `SftpPiece` or `HttpFailed`."""

    request: int
    n: int
    path: str
    offset: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpCancel:
    """The answer to this request is no longer waited for. Whether it has left is the gateway's to know."""

    request: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLine:
    """A line for the gateway's log, in the call `n` or in none. `dropped`: lines that were left out before it."""

    level: Level
    event: str
    values: Mapping[str, Json]
    n: int | None = None
    dropped: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Pong:
    """The answer to `Ping`."""


ToPlugin = (
    Hello
    | Call
    | NextPage
    | ClosePages
    | Cancel
    | HttpAnswered
    | HttpPiece
    | SftpListed
    | SftpPiece
    | HttpFailed
    | Ping
    | Stop
)
FromPlugin = (
    Sealed
    | Ready
    | Refused
    | End
    | Rows
    | HttpRequest
    | HttpMore
    | HttpClose
    | SftpList
    | SftpRead
    | HttpCancel
    | LogLine
    | Pong
)

_TO_PLUGIN: Final[Codec] = codec_of(ToPlugin)
_FROM_PLUGIN: Final[Codec] = codec_of(FromPlugin)
_DEFAULTS: Final[Mapping[type, Mapping[str, object]]] = {
    kind: {item.name: item.default for item in fields(kind) if item.default is not MISSING}
    for kind in get_args(FromPlugin)
}
"""What a field that a plugin leaves out stands for: the gateway need not read what says nothing."""


def write_to_plugin(message: ToPlugin, body: bytes = b"") -> bytes:
    """The bytes of a message to the plugin. Raises Malformed where it is too long."""
    return encode_frame(Frame(_TO_PLUGIN.encode(message), body), MAX_JSON_BYTES_TO_PLUGIN)


def write_from_plugin(message: FromPlugin, body: bytes = b"") -> bytes:
    """The bytes of a message from the plugin. Raises Malformed where it is too long or holds what JSON has not."""
    defaults = _DEFAULTS[type(message)]
    said = {
        name: value
        for name, value in _FROM_PLUGIN.encode(message).items()
        if name not in defaults or value is not defaults[name]
    }
    return encode_frame(Frame(said, body))


def read_to_plugin(frame: Frame) -> ToPlugin:
    """Raises Malformed."""
    message: ToPlugin = _TO_PLUGIN.decode(frame.fields)
    _require_no_body(frame, isinstance(message, (HttpAnswered, HttpPiece, SftpPiece)))
    return message


def read_from_plugin(frame: Frame) -> FromPlugin:
    """Raises Malformed."""
    message: FromPlugin = _FROM_PLUGIN.decode(frame.fields)
    _require_no_body(frame, isinstance(message, HttpRequest) and message.body != "none")
    return message


def _require_no_body(frame: Frame, may_have_one: bool) -> None:
    if frame.body and not may_have_one:
        raise Malformed("a body in a message that has none")
