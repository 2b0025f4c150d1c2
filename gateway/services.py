"""All that handlers and commands work with, made once from the settings."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import structlog
from sqlalchemy import Connection

from core_ledger import Store, chart
from gateway.cities.city import City
from gateway.cities.member_mail.sender import MailSender
from gateway.cities.platform_deeds.exchange_services import ExchangeServices
from gateway.cities.record_recovery import close_gaps
from gateway.configured import chain_keys_of, clock_of, open_store, stamp_authority_of, traces_of, vault_of
from gateway.exchanges import link_rows
from gateway.exchanges.corrections import CorrectionService
from gateway.exchanges.exchange_context import ExchangeContext
from gateway.exchanges.inbound_pushes import InboundPushes
from gateway.exchanges.outcome_poller import OutcomePoller
from gateway.exchanges.quote_confirm import QuoteConfirm
from gateway.exchanges.reconciliation import Reconciliation
from gateway.exchanges.restored_mode import RestoredMode
from gateway.exchanges.reversals import Reversals
from gateway.exchanges.start_exchange import ExchangeStarter
from gateway.exchanges.terminal_orders import SETTING as TERMINAL_ORDERS
from gateway.exchanges.terminal_orders import TerminalOrders
from gateway.members.card_sign_in import CardSignIns, rules_of
from gateway.members.mail_addresses import MailAddresses
from gateway.members.members import Members
from gateway.members.oidc_provider import OidcProvider
from gateway.members.oidc_sign_in import OidcSignIns
from gateway.members.passkeys import Passkeys
from gateway.members.passwords import PasswordHasher
from gateway.members.step_up import StepUps
from gateway.nightly import Nightly
from gateway.numbers import Numbers
from gateway.partners import registry
from gateway.partners.availability import Controls
from gateway.partners.registry import Registry
from gateway.platform.journal import Journal
from gateway.platform.journal_ends import JournalMarks, commits_on_one_node
from gateway.platform.metrics import count_committed
from gateway.platform.record_stream import RecordStream
from gateway.platform.security_log import log_deeds
from gateway.platform.tasks import Tasks
from gateway.platform.traces import Traces, commit_span
from gateway.plugin_interfaces import Clock
from gateway.points.allocation import Allocations
from gateway.points.municipalities import municipality
from gateway.settings import Settings, SettingsWrong
from gateway.webhooks.sender import WebhookSender
from httpkit.source_names import SourceAddress, SourceNames


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """One of each."""

    settings: Settings
    registry: Registry
    context: ExchangeContext
    members: Members
    cards: CardSignIns
    phones: OidcSignIns
    passkeys: Passkeys
    step_ups: StepUps
    openings: ExchangeStarter
    exchanges: QuoteConfirm
    settler: OutcomePoller
    reversals: Reversals
    reconciliation: Reconciliation
    corrections: CorrectionService
    pushes: InboundPushes
    terminal: TerminalOrders
    deliveries: WebhookSender
    mail_addresses: MailAddresses
    mail: MailSender | None
    controls: Controls
    allocations: Allocations
    nightly: Nightly
    restored: RestoredMode
    journal_marks: JournalMarks | None
    city: City
    numbers: Numbers
    source_names: SourceNames
    traces: Traces | None

    @property
    def store(self) -> Store:
        return self.context.store

    @property
    def clock(self) -> Clock:
        return self.context.clock


def _with_terminals(settings: Settings) -> frozenset[str]:
    """The partners who may give orders from terminals of their own."""
    return frozenset(id_ for id_, own in settings.partners.items() if own.table.get(TERMINAL_ORDERS) is True)


def _open_data(settings: Settings) -> frozenset[str]:
    """The municipalities that give open data. Raises SettingsWrong for a code that no municipality has."""
    for code in settings.open_data.municipalities:
        if municipality(code) is None:
            raise SettingsWrong(
                f"[open_data] municipalities: {code} is no municipality's code ({settings.path})"
            )
    return frozenset(settings.open_data.municipalities)


def _after_commit(stream: RecordStream | None, marks: JournalMarks | None) -> Callable[[Sequence[Any]], None]:
    """What a committed transaction has noted goes into the journal first, then into the log and the metrics."""

    def write(notes: Sequence[Any]) -> None:
        if marks is not None:
            marks.committed(notes)
        if stream is not None:
            stream(notes)
        log_deeds(notes)
        count_committed(notes)

    return write


def _release_links(conn: Connection, member_id: str) -> None:
    link_rows.remove_all(conn, chart.member_book(member_id))


@asynccontextmanager
async def open_services(settings: Settings) -> AsyncIterator[Services]:
    """Open the database and load the partners; close both in order at the end.

    Raises SchemaRefused, saying what to do, where the database's schema is not one for this release.
    """
    clock, vault = clock_of(settings), vault_of(settings)
    card_rules = rules_of(settings, clock)
    log = structlog.get_logger()
    providers = {
        id_: OidcProvider(table, clock, log.bind(provider=id_)) for id_, table in settings.oidc.items()
    }
    keys = chain_keys_of(settings)
    store = await open_store(settings)
    restored = RestoredMode(
        store,
        keys,
        settings.journal_folder,
        digest_file=settings.digest_file,
        clock=clock,
        close_gaps=lambda conn, lines: close_gaps(conn, lines, clock()),
    )
    await restored.check()
    journal = (
        Journal(settings.journal_folder, keys, clock, ends=restored.journal_ends)
        if settings.journal_folder is not None
        else None
    )
    stream = RecordStream(journal) if journal is not None else None
    marks = None
    if journal is not None:
        with_each_commit = await store.read(commits_on_one_node)
        marks = JournalMarks(journal, clock, with_each_commit=with_each_commit)
        store.before_commit = marks.mark
    store.on_commit = _after_commit(stream, marks)
    traces = traces_of(settings)
    if traces is not None:
        store.observe = commit_span
    tasks = Tasks()
    loaded = await registry.load(settings, clock=clock, log=log, isolation=registry.IN_SERVICE)
    context = ExchangeContext(
        store=store,
        partners=loaded.partners,
        vault=vault,
        clock=clock,
        tasks=tasks,
        public_url=settings.server.origin,
        journal=journal,
        is_restored=lambda: restored.is_on,
    )
    hasher = PasswordHasher()
    members = Members(
        store,
        hasher,
        clock,
        vault=vault,
        release_links=_release_links,
        event_retention=settings.retention.notices,
    )
    cards = CardSignIns(store, members, clock, card_rules)
    phones = OidcSignIns(store, members, clock, vault, cards, providers)
    passkeys = Passkeys(store, members, clock, vault, settings.portal.public_url)
    exchanges = QuoteConfirm(context)
    settler = OutcomePoller(exchanges)
    reconciliation = Reconciliation(context)
    allocations = Allocations(store=store, clock=clock)
    reversals, corrections = Reversals(context, restored=restored), CorrectionService(context)
    city = City.open(
        store=store,
        vault=vault,
        clock=clock,
        tasks=tasks,
        hasher=hasher,
        site=settings.municipal.public_url or settings.server.origin,
        retention=settings.retention,
        exchanges=ExchangeServices(poller=settler, reversals=reversals, corrections=corrections),
        open_data=_open_data(settings),
        open_data_phones=settings.open_data.phones,
    )
    try:
        yield Services(
            settings=settings,
            registry=loaded,
            context=context,
            members=members,
            cards=cards,
            phones=phones,
            passkeys=passkeys,
            step_ups=StepUps(store, clock, vault),
            openings=ExchangeStarter(context),
            exchanges=exchanges,
            settler=settler,
            reversals=reversals,
            reconciliation=reconciliation,
            corrections=corrections,
            pushes=InboundPushes(settler),
            terminal=TerminalOrders(
                exchanges=exchanges, openings=ExchangeStarter(context), partners=_with_terminals(settings)
            ),
            deliveries=WebhookSender(context.store, context.vault, context.clock),
            mail_addresses=MailAddresses(
                store=store, vault=vault, clock=clock, is_offered=settings.mail is not None
            ),
            mail=MailSender(context=city.context, settings=settings.mail) if settings.mail else None,
            controls=Controls(store, loaded.partners, clock),
            allocations=allocations,
            city=city,
            restored=restored,
            journal_marks=marks,
            traces=traces,
            source_names=SourceNames(
                how=SourceAddress(settings.log.source_address),
                keyed_hash=partial(vault.keyed_hash, purpose="log-source"),
            ),
            numbers=Numbers(store, clock, frozenset(reconciliation.comparable)),
            nightly=Nightly(
                context=context,
                allocations=allocations,
                members=members,
                reconciliation=reconciliation,
                chain_keys=keys,
                retention=settings.retention,
                digest_file=settings.digest_file,
                stamp_authority=stamp_authority_of(settings),
                restored=restored,
            ),
        )
    finally:
        # First let what is under way come to its end, then take away what it works with.
        await tasks.close()
        await loaded.aclose()
        await phones.aclose()
        hasher.close()
        if marks is not None:
            await marks.end(store)
        await restored.save_journal_ends()
        await store.close()
        if traces is not None:  # the last commits are spans too
            await traces.close()
        if journal is not None and stream is not None:  # after the last commit
            await asyncio.to_thread(stream.flush)
            await asyncio.to_thread(journal.close)
