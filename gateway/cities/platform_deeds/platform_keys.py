"""What the platform's staff do about keys and secrets: propose a new one, revoke one at once."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from gateway.cities.city_context import CityContext, require_reason
from gateway.cities.platform_deeds import key_deeds
from gateway.cities.platform_deeds.key_deeds import AddClientKey, AddWebhookKey
from gateway.cities.proposals.deeds import Deed
from gateway.cities.proposals.proposal_rows import Proposal
from gateway.cities.proposals.propose import propose
from gateway.cities.staff.staff_rows import StaffSession
from gateway.http import client_keys
from gateway.http.client_keys import ClientKey
from gateway.webhooks import keys as webhook_keys
from gateway.webhooks.keys import Direction, WebhookKey


@dataclass(frozen=True, slots=True)
class PlatformKeys:
    """The use cases. All raise ProblemError `reason-missing` (422), and where they propose as `propose`."""

    context: CityContext

    async def propose_client_key(self, who: StaffSession, command: AddClientKey, reason: str) -> Proposal:
        """Propose to let a client program sign with this key. Raises ProblemError as `key_deeds.require_fitting`."""
        why, now = require_reason(reason), self.context.clock()

        def job(conn: Connection) -> Proposal:
            key_deeds.require_fitting(conn, command, now)
            ground = key_deeds.client_key_ground(self.context, conn, who.municipality, command)
            facts = key_deeds.client_key_facts(conn, command)
            return propose(
                self.context, conn, who, Deed.CLIENT_KEY, command.client_id, command,
                ground=ground, facts=facts, reason=why, at=now,
            )  # fmt: skip

        return await self.context.store.run(job)

    async def propose_webhook_key(
        self, who: StaffSession, direction: Direction, party: str, url: str | None, reason: str
    ) -> Proposal:
        """Propose a secret for what we tell a portal, mailer or keeper of digests, or for a partner's pushes.

        Raises ProblemError: `bad-url` (422), `unknown-partner` (404).
        """
        why, now = require_reason(reason), self.context.clock()
        if direction is Direction.IN:
            self.context.exchange_services.context.partner(party)
        safe = webhook_keys.checked_url(direction, url)
        command = AddWebhookKey(direction=direction, party=party, url=safe)

        def job(conn: Connection) -> Proposal:
            ground = key_deeds.webhook_ground(self.context, conn, who.municipality, command)
            facts, subject = key_deeds.webhook_facts(conn, command), f"{direction.value}:{party}"
            return propose(
                self.context, conn, who, Deed.WEBHOOK_KEY, subject, command,
                ground=ground, facts=facts, reason=why, at=now,
            )  # fmt: skip

        return await self.context.store.run(job)

    async def revoke_client_key(self, who: StaffSession, key_id: str, reason: str) -> None:
        """Raises ProblemError `unknown-key` (409)."""
        why, now = require_reason(reason), self.context.clock()
        await self.context.store.run(lambda conn: key_deeds.revoke_client_key(conn, who, key_id, why, now))

    async def revoke_webhook_key(self, who: StaffSession, key_id: str, reason: str) -> None:
        """Raises ProblemError `unknown-key` (409)."""
        why, now = require_reason(reason), self.context.clock()
        await self.context.store.run(lambda conn: key_deeds.revoke_webhook_key(conn, who, key_id, why, now))

    async def list_all(self) -> tuple[list[ClientKey], list[WebhookKey]]:
        """Client keys and webhook keys, revoked ones included; no secret is among them."""
        return await self.context.store.read(
            lambda conn: (client_keys.list_keys(conn), webhook_keys.list_all(conn))
        )
