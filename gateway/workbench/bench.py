"""The bench itself: one plugin, a ledger in memory, one member, and the steps of an exchange."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict, dataclass
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection
from uuid_utils import uuid7

from core_ledger import Store, chart, create_schema, ledger
from gateway.errors import ProblemError
from gateway.exchanges import exchange_rows as records
from gateway.exchanges.exchange_context import ExchangeContext
from gateway.exchanges.exchange_rows import Exchange
from gateway.exchanges.outcome_poller import OutcomePoller
from gateway.exchanges.quote_confirm import QuoteConfirm
from gateway.exchanges.start_exchange import ExchangeStarter
from gateway.members.member_rows import create_member
from gateway.model import Destination, LinkKind, Secret
from gateway.partners.http_client import GuardedHttp
from gateway.partners.loading.partner_settings import PartnerSettings
from gateway.partners.partner import Partner
from gateway.partners.registry import GROUP
from gateway.partners.sftp_client import GuardedSftp
from gateway.platform import tables
from gateway.platform.encryption import Vault
from gateway.platform.logs import PartnerLog
from gateway.platform.tasks import Tasks
from gateway.plugin_interfaces import NoSftp, PartnerSetup
from gateway.points import directory
from gateway.settings import Settings
from gateway.testkit.stubs import ListLog, PlainSettings
from gateway.workbench.call_recorder import Watch, WatchedHttp, call_clock, watch_hooks
from httpkit.clock import system_clock

MEMBER: Final = "workbench-member"
KASAMA: Final = ("082163", "kasama-ouen", "笠間応援ポイント")


@dataclass(slots=True, kw_only=True)
class Bench:
    """What the page works with. `exchange_id` is the exchange that is under way."""

    partner: Partner
    watch: Watch
    context: ExchangeContext
    plugin_class: type
    settings: Mapping[str, str | int]
    secret_names: tuple[str, ...]
    plays: str
    exchange_id: str = ""

    # --- the steps -----------------------------------------------------------------------------------------------

    async def start(self, coupon_code: str | None) -> Exchange:
        """A new exchange. For an account link without a saved link the browser then goes to the partner."""
        self.exchange_id = str(uuid7())
        if coupon_code:
            self.watch.secrets.append(coupon_code)
        exchange, _ = await ExchangeStarter(self.context).start(
            MEMBER,
            self.exchange_id,
            self.partner.id,
            coupon_code=coupon_code or None,
            return_url=None
            if self.partner.profile.link is LinkKind.COUPON
            else f"{self.context.public_url}/back",
        )
        return exchange

    async def arrive(self, query: Mapping[str, str]) -> None:
        """The browser is back from the partner."""
        openings = ExchangeStarter(self.context)
        goes_to = await openings.arrive(self.partner.id, query)
        await openings.complete(MEMBER, self.exchange_id, goes_to.partition("return_code=")[2])

    async def quote(self, units: int | None, destination: Destination) -> Exchange:
        await self._now()
        return await QuoteConfirm(self.context).quote(MEMBER, self.exchange_id, destination, units)

    async def confirm(self) -> Exchange:
        exchange = await self._now()
        if exchange.quote is None:
            raise ProblemError("not-quoted", "ask for a quote first")
        return await QuoteConfirm(self.context).confirm(MEMBER, self.exchange_id, exchange.quote.quote_id)

    async def ask_again(self) -> Exchange:
        """What an operator's look does: ask the partner about an open exchange now."""
        settler, book = OutcomePoller(QuoteConfirm(self.context)), chart.member_book(MEMBER)
        await self._now()
        return await settler.ask(book, self.exchange_id) or await settler.check(book, self.exchange_id)

    async def check(self) -> None:
        await self.partner.check_connection()

    # --- what is shown ---------------------------------------------------------------------------------------------

    async def shown(self) -> dict[str, Any]:
        """The exchange as it stands, its story and the ledger, as plain data."""

        def read_state(conn: Connection) -> dict[str, Any]:
            book = chart.member_book(MEMBER)
            reserve = ledger.balance(conn, book, chart.reserve(MEMBER))
            city = ledger.balance(conn, book, chart.municipal(MEMBER, KASAMA[0], KASAMA[1]))
            shown: dict[str, Any] = {
                "reserve": str(reserve.available),
                "municipality": str(city.available),
                "state": "",
                "story": [],
            }
            if self.exchange_id and (exchange := records.find(conn, book, self.exchange_id)) is not None:
                shown |= {
                    "state": exchange.state.value,
                    "redirect": exchange.redirect_url or "",
                    "reason": exchange.reason or "",
                    "reference": exchange.reference or "",
                    "points": exchange.points,
                    "lines": [asdict(line) for line in exchange.quote.debit_lines] if exchange.quote else [],
                    "story": [
                        {"at": step.at.isoformat(), "state": step.state.value, "what": step.what}
                        for step in records.list_steps(conn, book, self.exchange_id)
                    ],
                }
            return shown

        return await self.context.store.read(read_state)

    async def _now(self) -> Exchange:
        if not self.exchange_id:
            raise ProblemError("not-started", "start an exchange first")
        return await self.context.store.read(
            lambda conn: records.get(conn, chart.member_book(MEMBER), self.exchange_id)
        )


@asynccontextmanager
async def open_bench(
    partner_id: str, public_url: str, *, config: Path | None = None, plugin: type | None = None
) -> AsyncIterator[Bench]:
    """Make the plugin and everything around it.

    With `config` the plugin talks to whom its table there names (the partner's own sandbox); without, to the
    site that its own package brings. Raises ProblemError when there is neither.
    """
    kind = plugin or _plugin_class(partner_id)
    async with AsyncExitStack() as stack:
        if config is not None:
            settings: Any = Settings.load(config).partners.get(partner_id)
            if settings is None:
                raise ProblemError(
                    "no-settings", f"{config} has no [partners.{partner_id}]; write that table"
                )
            values = {name: it for name, it in settings.table.items() if isinstance(it, str | int)}
            secret_names = tuple(name for name, it in settings.table.items() if isinstance(it, dict))
            plays = str(config)
        else:
            key = Secret(secrets.token_urlsafe(32))
            site = await stack.enter_async_context(_sandbox(kind, key))
            values = {"base_url": site.url, "merchant_id": "point-gateway"}
            settings, secret_names = PlainSettings(values, {"api_key": key}), ("api_key",)
            plays = f"the plugin's own sandbox at {site.url}"
        watch, log = Watch(), ListLog()
        watch.secrets.extend(settings.secret(name).reveal() for name in secret_names)
        known: Callable[[], tuple[str, ...]] = lambda: tuple(watch.secrets)  # noqa: E731  its type is told
        plugin_log = PartnerLog(log, partner_id, known)
        own: PartnerSettings | None = settings if isinstance(settings, PartnerSettings) else None
        guarded = GuardedHttp(
            partner_id,
            log,
            ca_file=own.ca_file if own else None,
            client_identity=own.client_identity if own else None,
        )
        http = WatchedHttp(guarded, watch)
        sftp = GuardedSftp(partner_id, own.sftp) if own and own.sftp else None
        try:
            instance = kind(
                PartnerSetup(
                    settings=settings,
                    http=http,
                    clock=call_clock,
                    log=plugin_log,
                    sftp=sftp or NoSftp(partner_id),
                )
            )
        except KeyError as missing:
            if config is not None:
                raise
            raise ProblemError(
                "setting-missing",
                f"{partner_id} asks for the setting {missing}, and its own sandbox is given base_url, merchant_id and the"
                " secret api_key only; give it a default, or name all settings with --config",
            ) from None
        partner = Partner(instance, log=plugin_log, http=http, sftp=sftp, known_secrets=known)
        stack.push_async_callback(partner.aclose)
        watch_hooks(partner, watch)
        store = Store.open("sqlite://")
        stack.push_async_callback(store.close)
        create_schema(store.engine)
        with store.engine.begin() as conn:
            _lay_out(conn)
        tasks = Tasks()
        stack.push_async_callback(tasks.close)
        context = ExchangeContext(
            store=store,
            partners={partner.id: partner},
            vault=Vault([secrets.token_bytes(32)], secrets.token_bytes(32)),
            clock=system_clock,
            tasks=tasks,
            public_url=public_url,
        )
        yield Bench(
            partner=partner,
            watch=watch,
            context=context,
            plugin_class=kind,
            settings=values,
            secret_names=secret_names,
            plays=plays,
        )


def _plugin_class(partner_id: str) -> type:
    points = [point for point in entry_points(group=GROUP) if point.name == partner_id]
    if not points:
        raise ProblemError(
            "not-installed", f"no plugin called {partner_id} is installed; pip install -e its folder first"
        )
    kind = points[0].load()
    if not isinstance(kind, type):
        raise ProblemError(
            "not-a-class", f"the entry of {partner_id} is no class; see `point-gateway plugins`"
        )
    return kind


def _sandbox(kind: type, key: Secret) -> Any:
    """The site that the plugin's package brings, in memory, as an async context."""
    from gateway.testkit.sandbox.cli import SandboxOptions

    package = kind.__module__.partition(".")[0]
    try:
        make = import_module(f"{package}.sandbox").make_server
    except (ImportError, AttributeError):
        raise ProblemError(
            "no-sandbox",
            f"{package} has no sandbox with make_server(); write one, or name the partner's own with --config",
        ) from None
    return make(SandboxOptions(book=None, key=key, clock=system_clock, merchant_id="point-gateway"))


def _lay_out(conn: Connection) -> None:
    tables.metadata.create_all(conn)
    now = system_clock()
    code, service, name = KASAMA
    directory.register_service(conn, code, service, name=name, open_for_direct_exchange=True, at=now)
    create_member(conn, member_id=MEMBER, display_name="見本 花子", at=now, password_hash="none")  # noqa: S106  nobody signs in here
