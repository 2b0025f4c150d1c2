"""Kasama's city hall and its shops, as the stories need them: real people with sessions, calling the town's gateway."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from core_ledger import Store
from gateway.configured import vault_of
from gateway.demo.environment import DemoEnvironment
from gateway.members.members import Members
from gateway.members.passwords import PasswordHasher
from gateway.settings import Settings
from tests.authenticator_app import next_code

CITY, SERVICE = "082163", "kasama-ouen"
PASSWORD = "botan-nabe-3-kilo"


class Answered(Exception):
    """The gateway refused; `word` is the problem's."""

    def __init__(self, word: str) -> None:
        super().__init__(word)
        self.word = word


@dataclass(slots=True)
class CityHall:
    """`token` is the administrator's; `shops` are the sessions of each shop's own person."""

    town: DemoEnvironment
    token: str = ""
    second: str = ""
    shops: dict[str, str] = field(default_factory=dict)

    async def open(self) -> CityHall:
        """Two administrators: what one proposes the other one decides."""
        self.second = await self._administrator()
        self.token = await self._administrator()
        return self

    async def _administrator(self) -> str:
        """From the machine to a session with a second factor."""
        login = f"kanri-{uuid.uuid4().hex[:6]}"
        code, told = await self.town.run("staff add", CITY, login, "管理者 見本", "--operator", "tests")
        assert code == 0, told
        first = json.loads(told)
        begun = await self._signed_in(first["login"], first["first_password"])
        await self._call("PUT", "/v1/staff/me/password", begun, current=first["first_password"], new=PASSWORD)
        half = await self._signed_in(first["login"], PASSWORD)
        seed = (await self._call("POST", "/v1/staff/me/totp/begin", half, password=PASSWORD))["seed"]
        await self._call("POST", "/v1/staff/me/totp", half, code=next_code(self.town, seed))
        started = await self._call("POST", "/v1/staff/sessions", login=first["login"], password=PASSWORD)
        proven = await self._call(
            "POST",
            "/v1/staff/sessions/totp",
            sign_in_token=started["sign_in_token"],
            code=next_code(self.town, seed),
        )
        return str(proven["token"])

    async def _decided(self, answer: dict[str, Any]) -> dict[str, Any]:
        """The other administrator says yes to what waits; gives the answer to that."""
        if "proposal_id" not in answer:
            return answer
        path = f"/v1/city/proposals/{answer['proposal_id']}/approval"
        decision: dict[str, Any] = await self._call("POST", path, self.second, digest=answer["digest"])
        return decision

    async def back_to_work(self) -> None:
        """Sign everybody in anew, after a day on which their sessions ended."""
        await self.open()
        self.shops = {shop_id: await self._signed_in(f"{shop_id}@mise", PASSWORD) for shop_id in self.shops}

    async def shop(self, shop_id: str, name: str, **more: str) -> str:
        """Register a shop with a person of its own; gives the login, whose password is `PASSWORD`."""
        await self._call("POST", "/v1/city/shops", self.token, shop_id=shop_id, name=name, **more)
        login = await self.shop_person(shop_id, f"{shop_id}@mise", name)
        self.shops[shop_id] = await self._signed_in(login, PASSWORD)
        return login

    async def shop_person(self, shop_id: str, login: str, name: str, role: str = "shop") -> str:
        """A log-in of a shop with this right, whose password is `PASSWORD`; gives the login."""
        path = f"/v1/city/shops/{shop_id}/staff"
        person = await self._decided(
            await self._call("POST", path, self.token, login=login, display_name=name, role=role)
        )
        first = person["first_password"]
        begun = await self._signed_in(login, first)
        await self._call("PUT", "/v1/staff/me/password", begun, current=first, new=PASSWORD)
        return str(person["staff"]["login"])

    async def shop_code(self, shop_id: str) -> str:
        return str((await self._call("GET", "/v1/shop/code", self.shops[shop_id]))["shop_code"])

    async def shop_number(self, shop_id: str) -> str:
        return str((await self._call("GET", "/v1/shop/code", self.shops[shop_id]))["number"])

    async def close_shop(self, shop_id: str) -> None:
        await self._call("POST", f"/v1/city/shops/{shop_id}/closure", self.token, reason="閉店")

    async def reopen_shop(self, shop_id: str) -> None:
        await self._call("POST", f"/v1/city/shops/{shop_id}/reopening", self.token, reason="再開")

    async def take(self, shop_id: str, code: str, points: int) -> str:
        """A shop takes points with a code, as its page would; gives the payment's id. Raises Answered."""
        spend_id = str(uuid.uuid4())
        await self._call(
            "POST", "/v1/shop/spends", self.shops[shop_id], spend_id=spend_id, code=code, points=points
        )
        return spend_id

    async def give_back(self, shop_id: str, spend_id: str, points: int) -> None:
        await self._call(
            "POST", f"/v1/shop/spends/{spend_id}/refunds", self.shops[shop_id],
            refund_id=str(uuid.uuid4()), points=points, reason="返品",
        )  # fmt: skip

    async def project(
        self, project_id: str, name: str, points: int, budget: int, *, venue: bool = False
    ) -> None:
        today = self.town.clock().date()
        proposal = await self._call(
            "POST", "/v1/city/projects", self.token, project_id=project_id, point_service=SERVICE, name=name,
            starts_on=today.isoformat(), ends_on=(today + timedelta(days=30)).isoformat(), points_each=points,
            budget=budget, venue=venue,
        )  # fmt: skip
        await self._decided(proposal)

    async def grant(self, project_id: str, member: str, points: int) -> None:
        """`member` is the name that the town knows."""
        granted = await self._call(
            "POST", f"/v1/city/projects/{project_id}/grants", self.token,
            grant_id=str(uuid.uuid4()), mykey_id=self.town.mykey_ids[member], points=points,
        )  # fmt: skip
        await self._decided(granted)

    async def appoint(self, member: str, actor: str, points: int) -> None:
        """Two administrators let `actor` act for `member`: see, exchange, and pay `points` a day. Names that the town knows."""
        today = self.town.clock().date()
        proposal = await self._call(
            "POST", "/v1/city/representatives", self.token, mykey_id=self.town.mykey_ids[member],
            actor_mykey_id=self.town.mykey_ids[actor], kind="family", may_exchange=True, pay_points_a_day=points,
            starts_on=today.isoformat(), ends_on=(today + timedelta(days=30)).isoformat(), reason="委任状を確認",
        )  # fmt: skip
        await self._decided(proposal)

    async def venue_code(self, project_id: str) -> str:
        return str(
            (await self._call("GET", f"/v1/city/projects/{project_id}/venue-code", self.token))["venue_code"]
        )

    async def close_project(self, project_id: str) -> None:
        path = f"/v1/city/projects/{project_id}/open"
        await self._call("PUT", path, self.token, open=False, reason="終了")

    async def event(self, own_id: str, name: str, goal: int, *, on_failure: str = "give_back") -> str:
        """Plan a support event of ten days from today and show it; gives its id."""
        today = self.town.clock().date()
        planned = await self._call(
            "POST", "/v1/city/events", self.token, own_id=own_id, name=name, purpose="見本の取り組みです",
            goal_points=goal, starts_on=today.isoformat(), ends_on=(today + timedelta(days=9)).isoformat(),
            on_failure=on_failure,
        )  # fmt: skip
        await self._call("POST", f"/v1/city/events/{planned['event_id']}/showing", self.token, reason="公開")
        return str(planned["event_id"])

    async def end_event(self, event_id: str) -> None:
        await self._call("POST", f"/v1/city/events/{event_id}/end", self.token, reason="終了")

    async def close_cycle(self, starts_on: str) -> None:
        path = f"/v1/city/settlements/{starts_on}/closing"
        await self._decided(await self._call("POST", path, self.token, reason="締め"))

    async def day(self, shop_id: str) -> list[dict[str, Any]]:
        """What the shop took today, newest first."""
        values: list[dict[str, Any]] = (await self._call("GET", "/v1/shop/spends", self.shops[shop_id]))[
            "spends"
        ]
        return values

    async def member(self, points: int) -> tuple[str, str]:
        """A new member with points from the first project; name and password, as `Walk` signs in by them."""
        name, password = f"見本{uuid.uuid4().hex[:6]}", uuid.uuid4().hex
        settings = Settings.load(self.town.settings_file, env={})
        store, hasher = Store.open(settings.database_url), PasswordHasher()
        try:
            members = Members(store, hasher, self.town.clock, vault=vault_of(settings))
            made = await members.create(display_name=name, password=password)
        finally:
            hasher.close()
            await store.close()
        self.town.mykey_ids[name] = made.mykey_id
        await self.grant("kosodate", name, points)
        return name, password

    async def _signed_in(self, login: str, password: str) -> str:
        return str((await self._call("POST", "/v1/staff/sessions", login=login, password=password))["token"])

    async def _call(self, method: str, path: str, token: str = "", **body: Any) -> Any:
        async with self.town.municipal_cloud() as client:
            answer = await client.request(method, path, session_token=token or None, json=body or None)
            if answer.status == 204:
                return None
            told = await answer.json()
            if (
                token
                and token in (self.token, self.second)
                and told.get("type", "").endswith("/session-ended")
            ):
                # A day passed in the town between two tests, and its night swept the idle sessions away. The clock
                # may have gone back since, and a code opens nothing before the last one: two others take over.
                proposes = token == self.token
                await self.open()
                return await self._call(method, path, self.token if proposes else self.second, **body)
            if answer.status >= 400:
                raise Answered(str(told["type"]).rpartition("/")[2])
            return told
