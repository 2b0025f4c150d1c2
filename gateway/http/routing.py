"""Routes: one decorator that says who may call, what comes in, what goes out, and which refusals are possible.

The same declaration checks each request and becomes the published description (`gateway.http.openapi`), so the
two cannot differ. A handler is a plain async function of one `TypedRequest`; it returns a `TypedResponse` or raises a refusal.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Final, Generic, TypeAlias, get_origin, get_type_hints

import structlog
from aiohttp import web
from pydantic import BaseModel, create_model
from typing_extensions import TypeVar

from gateway.errors import GatewayError
from gateway.http.authentication import ActingRight, Admitted, AuthLevel
from gateway.http.client_scopes import ALL_SCOPES, AT_A_TILL, Scope
from gateway.http.inputs import Id, Strict
from gateway.http.problem_types import PROBLEM_TYPES
from gateway.http.problems import as_refusal
from gateway.platform.roles import Action
from httpkit.streamed import StreamedResponse

BodyT_co = TypeVar("BodyT_co", covariant=True, default=Any)
ServicesT_co = TypeVar("ServicesT_co", covariant=True, default=Any)
QueryT_co = TypeVar("QueryT_co", covariant=True, default=Any)
PathT_co = TypeVar("PathT_co", covariant=True, default=Any)

_PARAMETER: Final = re.compile(r"\{([a-z_]+)\}")
_EVERYWHERE: Final = frozenset(
    {"restored", "key-missing", "busy", "commit-failed", "took-too-long", "internal-error"}
)
_log = structlog.get_logger("gateway.http")


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedRequest(Generic[BodyT_co, ServicesT_co, QueryT_co, PathT_co]):
    """One admitted, checked request.

    `body` and `query` are the declared models (None where none is declared); `path` is the declared model, or
    a mapping of names to ids. `services` is what the app was given. A handler of a MEMBER route takes a subclass with
    the field `member`, one of a STAFF route a subclass with the field `staff`: the session, by its own type.
    """

    request: web.Request
    body: BodyT_co
    query: QueryT_co
    path: PathT_co
    services: ServicesT_co
    client_id: str
    request_id: str


@dataclass(frozen=True, slots=True)
class Content:
    """An answer that is not JSON: its bytes and its media type, such as `text/html; charset=utf-8`."""

    data: bytes = field(repr=False)
    content_type: str


@dataclass(frozen=True, slots=True)
class ContentStream:
    """The same in pieces that are made while it is sent. What refuses it is raised before: a piece that fails cuts it off."""

    pieces: AsyncGenerator[bytes, None] = field(repr=False)
    content_type: str


@dataclass(frozen=True, slots=True)
class TypedResponse:
    """What a handler answers: a status that the route declares, and the declared model or content, or nothing."""

    status: int
    value: BaseModel | Content | ContentStream | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Upload:
    """A body that is a file: the handler gets its bytes. Its `limit_bytes` may exceed that of all other bodies."""

    media_types: tuple[str, ...]
    limit_bytes: int


Handler: TypeAlias = Callable[
    [TypedRequest[Any, Any, Any, Any]], Awaitable[TypedResponse | web.StreamResponse]
]
Responses: TypeAlias = Mapping[int, type[BaseModel] | str | None]
"""Status to model, to a media type (`text/html`), or to None for an answer without a body."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One method of one address, as declared."""

    method: str
    template: str
    name: str
    caller: AuthLevel
    tag: str
    body: type[BaseModel] | None
    query: type[BaseModel] | None
    any_query: bool
    path: type[BaseModel] | None
    own_path: bool
    returns: Responses
    refuses: tuple[str, ...]
    summary: str
    description: str
    handler: Handler
    request_class: type[TypedRequest[Any, Any, Any, Any]]
    scopes: frozenset[Scope]
    action: Action | None = None
    upload: Upload | None = None
    any_body: bool = False
    acting: ActingRight | None = None
    at_till: bool = False

    @property
    def takes_body(self) -> bool:
        return self.body is not None or self.upload is not None

    async def run(self, request: web.Request, admitted: Admitted, **parts: Any) -> web.StreamResponse:
        """Call the handler with the checked `parts` of the request and make its reply an HTTP answer."""
        if self.caller is AuthLevel.MEMBER:
            parts["member"] = admitted.member
        if self.caller is AuthLevel.STAFF:
            parts["staff"] = admitted.staff
        call = self.request_class(request=request, client_id=admitted.client_id, **parts)
        try:
            reply = await self.handler(call)
        except GatewayError as error:
            self._check_declared(error)
            raise
        return reply if isinstance(reply, web.StreamResponse) else self._answer(reply)

    def _check_declared(self, error: GatewayError) -> None:
        refused = as_refusal(error, {})
        if refused is None or refused.type in _EVERYWHERE:
            return
        if refused.type not in self.refuses:
            self.report("refusal", refused.type)

    def _answer(self, reply: TypedResponse) -> web.Response:
        declared = self.returns.get(reply.status)
        value = reply.value
        if reply.status not in self.returns or not _fits(value, declared):
            self.report("answer", f"{reply.status} {type(value).__name__}")
        headers = dict(reply.headers)
        if value is None:
            return web.Response(status=reply.status, headers=headers)
        if isinstance(value, Content):
            headers["Content-Type"] = value.content_type
            return web.Response(status=reply.status, body=value.data, headers=headers)
        if isinstance(value, ContentStream):
            headers["Content-Type"] = value.content_type
            return StreamedResponse(value.pieces, self._cut, status=reply.status, headers=headers)
        body = value.model_dump_json(by_alias=True).encode()
        return web.Response(status=reply.status, body=body, content_type="application/json", headers=headers)

    def _cut(self, fault: Exception) -> None:
        _log.error("http.cut", route=self.template, exc_info=fault)

    def report(self, what: str, word: str) -> None:
        # By now points may have moved: the caller gets the answer all the same, and a test helper fails.
        UNDECLARED.append(f"{self.method} {self.template}: {what} {word}")
        del UNDECLARED[:-100]
        _log.error("web.undeclared", route=self.template, what=what, word=word)


UNDECLARED: Final[list[str]] = []
"""What handlers answered without having declared it, newest last, at most a hundred."""


def pop_undeclared() -> list[str]:
    """All that was answered without being declared since the last call; a test asserts that it is empty."""
    undeclared = list(UNDECLARED)
    UNDECLARED.clear()
    return undeclared


class Api:
    """A set of routes under one title. Several can be put together with `include`."""

    def __init__(self, title: str = "", version: str = "", description: str = "") -> None:
        self.title, self.version, self.description = title, version, description
        self._routes: list[Route] = []
        self._declared: set[str | tuple[str, str]] = set()

    @property
    def routes(self) -> Sequence[Route]:
        return tuple(self._routes)

    def include(self, other: Api) -> None:
        for route in other.routes:
            self._add(route)

    def get(self, template: str, **declared: Any) -> Callable[[_HandlerT], _HandlerT]:
        """Declare GET; the options are those of `route`."""
        return self.route("GET", template, **declared)

    def post(self, template: str, **declared: Any) -> Callable[[_HandlerT], _HandlerT]:
        """Declare POST; the options are those of `route`."""
        return self.route("POST", template, **declared)

    def put(self, template: str, **declared: Any) -> Callable[[_HandlerT], _HandlerT]:
        """Declare PUT; the options are those of `route`."""
        return self.route("PUT", template, **declared)

    def delete(self, template: str, **declared: Any) -> Callable[[_HandlerT], _HandlerT]:
        """Declare DELETE; the options are those of `route`."""
        return self.route("DELETE", template, **declared)

    def route(
        self,
        method: str,
        template: str,
        *,
        tag: str,
        caller: AuthLevel,
        returns: Responses,
        body: type[BaseModel] | None = None,
        query: type[BaseModel] | None = None,
        any_query: bool = False,
        path: type[BaseModel] | None = None,
        refuses: Sequence[str] = (),
        action: Action | None = None,
        scopes: frozenset[Scope] | None = None,
        upload: Upload | None = None,
        any_body: bool = False,
        acting: ActingRight | None = None,
        at_till: bool = False,
    ) -> Callable[[_HandlerT], _HandlerT]:
        """Declare a handler for `method` and `template` (`/v1/exchanges/{exchange_id}`).

        `any_query` leaves the query to the handler (`call.request.query`), for addresses that a partner calls
        with parameters of its own. `any_body` gives the handler the bytes, of whatever media type, beside the model
        that most send. `acting` opens a MEMBER route to whoever acts for a member and has this right; `at_till` opens a STAFF route to a bound till too. `scopes` are the keys that may call a CLIENT route; all others follow from the level. Raises TypeError, naming the route, for a declaration that cannot be kept:
        a path model that does not fit the template, a word outside the catalogue, a STAFF route
        without the `action` that its roles are asked for.
        """

        def declare(handler: _HandlerT) -> _HandlerT:
            where = f"{method} {template}"
            if (caller is AuthLevel.STAFF) != (action is not None) or (
                body is not None and upload is not None
            ):
                raise TypeError(
                    f"{where}: a staff route names its action, no other does; a body is a model or an upload"
                )
            if acting is not None and caller is not AuthLevel.MEMBER:
                raise TypeError(f"{where}: only a member route is open to who acts for a member")
            if at_till and caller is not AuthLevel.STAFF:
                raise TypeError(f"{where}: only a staff route is open to a bound till")
            strangers = [word for word in refuses if word not in PROBLEM_TYPES]
            if strangers:
                raise TypeError(f"{where}: {strangers[0]} is not in gateway/http/problem_types; add it there")
            text = inspect.cleandoc(handler.__doc__ or "")
            if not text:
                raise TypeError(
                    f"{where}: {handler.__name__} needs a docstring; its first line is the summary"
                )
            summary, _, description = text.partition("\n")
            self._add(
                Route(
                    method=method,
                    template=template,
                    name=handler.__name__,
                    caller=caller,
                    tag=tag,
                    body=body,
                    query=query,
                    any_query=any_query,
                    path=_path_model(template, path, where),
                    own_path=path is not None,
                    returns=returns,
                    refuses=tuple(refuses),
                    summary=summary.strip(),
                    description=description.strip(),
                    handler=handler,
                    request_class=_request_class(handler, caller, where),
                    action=action,
                    scopes=_scopes_of(where, method, caller, action, scopes),
                    upload=upload,
                    any_body=any_body,
                    acting=acting,
                    at_till=at_till,
                )
            )
            return handler

        return declare

    def _add(self, route: Route) -> None:
        own: set[str | tuple[str, str]] = {(route.method, route.template), route.name}
        if own & self._declared:
            raise TypeError(
                f"{route.method} {route.template}: declared twice, or its name {route.name} is taken"
            )
        self._declared |= own
        self._routes.append(route)


_HandlerT = TypeVar("_HandlerT", bound=Callable[..., Awaitable[TypedResponse | web.StreamResponse]])


_SESSION_FIELDS: Final = {AuthLevel.MEMBER: {"member"}, AuthLevel.STAFF: {"staff"}}


def _request_class(
    handler: Callable[..., Any], caller: AuthLevel, where: str
) -> type[TypedRequest[Any, Any, Any, Any]]:
    """The class that the handler's parameter is annotated with. It has the session that the route's level gives."""
    parameter = next(iter(inspect.signature(handler).parameters))
    annotation = get_type_hints(handler)[parameter]
    request_class: type[TypedRequest[Any, Any, Any, Any]] = get_origin(annotation) or annotation
    sessions = {each.name for each in fields(request_class)} & {"member", "staff"}
    if sessions != _SESSION_FIELDS.get(caller, set()):
        raise TypeError(
            f"{where}: its handler takes a {request_class.__name__}; a member route takes a request with `member`, "
            "a staff route one with `staff`, any other neither"
        )
    return request_class


def _scopes_of(
    where: str,
    method: str,
    caller: AuthLevel,
    action: Action | None,
    declared: frozenset[Scope] | None,
) -> frozenset[Scope]:
    """The scopes of keys that may call an operation. What changes something in a client's own name declares them."""
    if (declared is None) == (caller is AuthLevel.CLIENT and method != "GET"):
        raise TypeError(
            f"{where}: a client route that changes something names the `scopes` of the keys that may call it; for any other"
            " they follow from its level"
        )
    if declared is not None:
        return declared
    if caller in (AuthLevel.PUBLIC, AuthLevel.CLIENT):
        return ALL_SCOPES
    scopes = {Scope.READ_ONLY} if method == "GET" else set()
    if caller is AuthLevel.MEMBER:
        scopes.add(Scope.PORTAL)
    else:
        scopes |= {Scope.MUNICIPAL, Scope.POS} if action in AT_A_TILL else {Scope.MUNICIPAL}
    return frozenset(scopes)


def _path_model(template: str, model: type[BaseModel] | None, where: str) -> type[BaseModel] | None:
    names = _PARAMETER.findall(template)
    if model is not None:
        if set(model.model_fields) != set(names):
            raise TypeError(f"{where}: the fields of {model.__name__} are not the parts of the path {names}")
        return model
    if not names:
        return None
    parts: dict[str, Any] = dict.fromkeys(names, (Id, ...))
    return create_model("Path", __base__=Strict, **parts)


def _fits(value: BaseModel | Content | ContentStream | None, declared: type[BaseModel] | str | None) -> bool:
    if isinstance(declared, str):
        return isinstance(value, Content | ContentStream) and value.content_type.partition(";")[0] == declared
    if declared is None:
        return value is None
    return isinstance(value, declared)
