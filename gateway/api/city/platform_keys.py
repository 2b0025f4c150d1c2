"""Keys of client programs and secrets of webhooks for the platform's staff: proposed by one, decided by another, revoked by any."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Final, Literal

from pydantic import StringConstraints

from gateway.api.city.fields import Day, Reason, ReasonGiven, ShopId
from gateway.api.city.proposal_fields import PROPOSING, ProposalView
from gateway.api.city.staff_request import StaffRequest
from gateway.api.fields import MunicipalityCode, Url, View
from gateway.cities.platform_deeds import key_deeds
from gateway.http.authentication import AuthLevel
from gateway.http.client_keys import ClientKey
from gateway.http.client_scopes import Scope
from gateway.http.inputs import Strict
from gateway.http.routing import Api, TypedResponse
from gateway.platform.roles import Action
from gateway.webhooks.keys import Direction, WebhookKey

api = Api()
STAFF: Final = AuthLevel.STAFF
KeyId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]{1,64}$")]
ClientName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]([a-z0-9._-]{0,38}[a-z0-9])?$")]
PublicKey = Annotated[
    str, StringConstraints(min_length=40, max_length=400, pattern=r"^[A-Za-z0-9+/= \r\n-]+$")
]
ScopeWord = Literal["portal", "municipal", "pos", "read-only"]
DirectionWord = Literal["in", "out", "mailer", "digests"]


class KeyPath(Strict):
    key_id: KeyId


class ShopOfKey(Strict):
    municipality: MunicipalityCode
    shop_id: ShopId


class ClientKeyWanted(Strict):
    """`public_key` is the public half of an Ed25519 pair, as PEM or base64 of its 32 bytes; the private half stays where it was made.

    `last_day`: the last day in Japan on which it is good; null: no end. `shop`: the one shop whose till signs with it.
    """

    client: ClientName
    public_key: PublicKey
    scope: ScopeWord
    last_day: Day | None = None
    shop: ShopOfKey | None = None
    reason: Reason


class WebhookWanted(Strict):
    """`direction`: `out` tells a portal how exchanges end, `mailer` tells what members are to be told, `digests` sends each
    day's digest; with `in` the partner `party` signs its pushes to us, and `url` is null.
    """

    direction: DirectionWord
    party: ClientName
    url: Url | None = None
    reason: Reason


class ClientKeyView(View):
    """`scope` is null for a key from before there were scopes, which calls everything."""

    key_id: str
    client: str
    scope: str | None
    shop: str | None
    made_at: datetime
    last_day: date | None
    ended: bool
    revoked_at: datetime | None

    @classmethod
    def of(cls, key: ClientKey, now: datetime) -> ClientKeyView:
        last_day = key_deeds.last_day_of(key.ends_at)
        return cls(
            key_id=key.key_id, client=key.client_id, scope=None if key.scope is None else key.scope.value,
            shop=key.shop, made_at=key.created_at, last_day=date.fromisoformat(last_day) if last_day else None,
            ended=key.has_ended(now), revoked_at=key.revoked_at,
        )  # fmt: skip


class WebhookKeyView(View):
    key_id: str
    direction: str
    party: str
    url: str | None
    made_at: datetime
    revoked_at: datetime | None

    @classmethod
    def of(cls, key: WebhookKey) -> WebhookKeyView:
        return cls(
            key_id=key.key_id, direction=key.direction.value, party=key.party, url=key.url,
            made_at=key.created_at, revoked_at=key.revoked_at,
        )  # fmt: skip


class KeyList(View):
    client_keys: list[ClientKeyView]
    webhook_keys: list[WebhookKeyView]


@api.get("/v1/platform/keys", tag="platform", caller=STAFF, action=Action.KEEP_KEYS, returns={200: KeyList})
async def platform_keys(call: StaffRequest) -> TypedResponse:
    """All keys of client programs and webhooks, revoked ones included; no secret."""
    clients, webhooks = await call.services.city.platform_keys.list_all()
    now = call.services.clock()
    return TypedResponse(
        200,
        KeyList(
            client_keys=[ClientKeyView.of(key, now) for key in clients],
            webhook_keys=[WebhookKeyView.of(key) for key in webhooks],
        ),
    )


@api.post(
    "/v1/platform/client-keys",
    tag="platform",
    caller=STAFF,
    action=Action.KEEP_KEYS,
    body=ClientKeyWanted,
    returns={202: ProposalView},
    refuses=(
        "bad-public-key", "bad-client", "bad-scope", "bad-last-day", "unknown-shop", "key-exists", "reason-missing",
        *PROPOSING,
    ),
)  # fmt: skip
async def propose_client_key(call: StaffRequest[ClientKeyWanted]) -> TypedResponse:
    """Propose to let a client program sign with this key; it takes a second person."""
    body = call.body
    command = key_deeds.key_command(
        body.client,
        key_deeds.read_public_key(body.public_key),
        Scope(body.scope),
        ends_at=None if body.last_day is None else key_deeds.end_of_day(body.last_day),
        shop=None if body.shop is None else f"{body.shop.municipality}/{body.shop.shop_id}",
    )
    proposal = await call.services.city.platform_keys.propose_client_key(call.staff, command, body.reason)
    return TypedResponse(202, ProposalView.of(proposal))


@api.post(
    "/v1/platform/client-keys/{key_id}/revocation",
    tag="platform",
    caller=STAFF,
    action=Action.KEEP_KEYS,
    path=KeyPath,
    body=ReasonGiven,
    returns={204: None},
    refuses=("unknown-key", "reason-missing"),
)
async def revoke_client_key(call: StaffRequest[ReasonGiven, None, KeyPath]) -> TypedResponse:
    """Revoke a client program's key for good; it opens nothing within seconds. One person suffices."""
    await call.services.city.platform_keys.revoke_client_key(call.staff, call.path.key_id, call.body.reason)
    return TypedResponse(204)


@api.post(
    "/v1/platform/webhook-keys",
    tag="platform",
    caller=STAFF,
    action=Action.KEEP_KEYS,
    body=WebhookWanted,
    returns={202: ProposalView},
    refuses=("bad-url", "unknown-partner", "reason-missing", *PROPOSING),
)
async def propose_webhook_key(call: StaffRequest[WebhookWanted]) -> TypedResponse:
    """Propose a secret for a webhook; it takes a second person, whose approval answers the secret, this once."""
    body = call.body
    proposal = await call.services.city.platform_keys.propose_webhook_key(
        call.staff, Direction(body.direction), body.party, body.url, body.reason
    )
    return TypedResponse(202, ProposalView.of(proposal))


@api.post(
    "/v1/platform/webhook-keys/{key_id}/revocation",
    tag="platform",
    caller=STAFF,
    action=Action.KEEP_KEYS,
    path=KeyPath,
    body=ReasonGiven,
    returns={204: None},
    refuses=("unknown-key", "reason-missing"),
)
async def revoke_webhook_key(call: StaffRequest[ReasonGiven, None, KeyPath]) -> TypedResponse:
    """Stop using a webhook's secret at once. One person suffices."""
    await call.services.city.platform_keys.revoke_webhook_key(call.staff, call.path.key_id, call.body.reason)
    return TypedResponse(204)
