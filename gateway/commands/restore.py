"""`point-gateway restore …`: after a restore or a failover, what the database has forgotten, and how it comes back."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from datetime import date, datetime
from functools import partial
from typing import Annotated, Any

import structlog
import typer
from sqlalchemy import Connection

from core_ledger.read_model import moment
from gateway.cities.record_recovery import DONE_AGAIN, group_records, recover_records
from gateway.commands.shared import Config, Operator, in_store_of, settings_of, with_services
from gateway.configured import chain_keys_of, clock_of
from gateway.errors import GatewayError
from gateway.exchanges.recovery import DEALT_WITH, ForgottenOrder, Obstacle, for_member, recover_order
from gateway.exchanges.recovery_search import Missing, RecoverySearch
from gateway.exchanges.restored_mode import is_begun, write_restore
from gateway.exchanges.reversal_recovery import ForgottenReversal, recover_reversal
from gateway.platform import daily_digest
from gateway.platform.audit_actions import AuditAction
from gateway.platform.audit_log import write as write_audit
from gateway.platform.forgotten_records import RECORDS_SETTLED, Line, record_id
from gateway.platform.record_stream import DEED, MOVE
from gateway.platform.roles import PLATFORM
from gateway.services import Services
from gateway.webhooks import digest_messages

restore = typer.Typer(
    no_args_is_help=True, help="After a restore or a failover: what is missing, and how it comes back."
)

Since = Annotated[
    datetime | None,
    typer.Option(
        formats=["%Y-%m-%d"],
        help="The first day to look at; default: the journal from its checkpoint, 3 days of partners.",
    ),
]
RecoveryReason = Annotated[str, typer.Option("--reason", help="Why; kept with each order.")]
RestoreReason = Annotated[str, typer.Option("--reason", help="Why; kept in the audit log.")]
_log = structlog.get_logger()


@restore.command()
def check(config: Config = None, since: Since = None) -> None:
    """List orders, reversals, payments, grants and deeds that this database has forgotten. Changes nothing.

    Exit code 2 when there are any, 3 when not everything could be looked at.
    """
    missing = with_services(config, partial(_find, since=since))
    for shown in (
        *map(_shown, missing.orders),
        *map(_shown_reversal, missing.reversals),
        *map(_shown_record, missing.records),
    ):
        typer.echo(json.dumps(shown, ensure_ascii=False))
    typer.echo(_summary(missing), err=True)
    _tell_unseen(missing)
    raise typer.Exit(2 if len(missing) else 3 if missing.unseen else 0)


@restore.command()
def recover(
    operator: Operator,
    reason: RecoveryReason,
    config: Config = None,
    since: Since = None,
    exchange: Annotated[
        str | None, typer.Option(help="This one alone: an exchange's id, or a record's name.")
    ] = None,
    member: Annotated[
        str | None,
        typer.Option(help="With --exchange: the member whose order it is, where a person has found out."),
    ] = None,
) -> None:
    """Bring forgotten orders back: as exchanges that wait for their partner's answer. Safe to repeat.

    Then each partner is asked about each; its answer gives the points. Prints one line for each order; exit code 2
    when some are left for a person to call about, 3 when not everything could be looked at.
    """
    if not reason.strip():
        raise GatewayError("a recovery has a reason; give --reason")
    if member is not None and exchange is None:
        raise GatewayError("--member says whose one exchange is; give --exchange with it")

    async def work(services: Services) -> tuple[list[dict[str, Any]], Missing]:
        missing = await _find(services, since=since)
        if exchange is not None:
            missing.orders = [order for order in missing.orders if order.exchange_id == exchange]
            missing.reversals = [each for each in missing.reversals if each.exchange_id == exchange]
            missing.records = [line for line in missing.records if record_id(line) == exchange]
            if not len(missing):
                raise GatewayError(f"{exchange}: is not missing; see `point-gateway restore check`")
        if member is not None:
            missing.orders = [for_member(order, member) for order in missing.orders]
        results = []
        for order in missing.orders:
            outcome = await _safely(
                services, partial(_recover, order=order, operator=operator, reason=reason)
            )
            results.append(_shown(order) | {"result": outcome})
        for reversal in missing.reversals:
            job = partial(_recover_reversal, reversal=reversal, operator=operator, reason=reason)
            results.append(_shown_reversal(reversal) | {"result": await _safely(services, job)})
        # After the exchanges: what they give may have been paid with.
        for group in group_records(missing.records):
            job = partial(_recover_records, group=group, operator=operator, reason=reason)
            outcome = await _safely(services, job)
            results += [_shown_record(line) | {"result": outcome} for line in group]
        done_again = [result["record"] for result in results if result["result"] == DONE_AGAIN]
        if done_again and services.context.journal is not None:
            content = {"records": done_again, "operator": operator, "reason": reason}
            await services.context.journal.append(RECORDS_SETTLED, content)
        is_whole = exchange is None and not any(result["result"].startswith("left") for result in results)
        if is_whole and not missing.unseen and await services.store.read(is_begun):
            await _complete(services, operator, reason)
        return results, missing

    results, missing = with_services(config, work)
    for result in results:
        typer.echo(json.dumps(result, ensure_ascii=False))
    left = [result for result in results if result["result"].startswith("left")]
    if results:
        typer.echo(f"{len(results) - len(left)} are back, {len(left)} are left for a person", err=True)
    else:
        typer.echo(_summary(missing), err=True)
    _tell_unseen(missing)
    raise typer.Exit(2 if left else 3 if missing.unseen else 0)


@restore.command()
def leave(
    exchange: Annotated[
        str, typer.Argument(help="The exchange's id, or the record's name, as `restore check` shows it.")
    ],
    operator: Operator,
    reason: Annotated[str, typer.Option("--reason", help="What was agreed, and with whom; kept for good.")],
    config: Config = None,
) -> None:
    """Say that a missing order was dealt with otherwise: it is not recovered, and restored mode does not wait for it.

    Gives nobody points. The journal and the audit log keep it.
    """
    if not reason.strip():
        raise GatewayError("what is left has a reason; give --reason")

    async def work(services: Services) -> None:
        journal = services.context.journal
        if journal is None:
            raise GatewayError(
                "there is no journal, so nothing waits for this order; close its difference by"
                f" `point-gateway reconcile close PARTNER DAY {exchange} --leave`"
            )
        missing = await _find(services, since=None)
        ids = {order.exchange_id for order in missing.orders}
        content: dict[str, Any] = {"operator": operator, "reason": reason}
        if exchange in map(record_id, missing.records):
            await journal.append(RECORDS_SETTLED, content | {"records": [exchange]})
        elif exchange in ids | {reversal.exchange_id for reversal in missing.reversals}:
            await journal.append(DEALT_WITH, content | {"exchange_id": exchange})
        else:
            raise GatewayError(f"{exchange}: is not missing; see `point-gateway restore check`")
        now = services.clock()

        def job(conn: Connection) -> None:
            write_audit(
                conn, PLATFORM, at=now, actor="operator", actor_name=operator, action=AuditAction.EXCHANGE_LEFT,
                subject=exchange, reason=reason,
            )  # fmt: skip

        await services.store.run(job)

    with_services(config, work)
    typer.echo(f"{exchange} is left as it is; restored mode waits for it no more")


@restore.command()
def begin(operator: Operator, reason: RestoreReason, config: Config = None) -> None:
    """Say that the database was restored or has lost commits: nothing is confirmed until it is complete again.

    `backup restore` says so by itself. Without a journal nobody else can.
    """
    settings = settings_of(config)
    _require_reason(reason)
    at = clock_of(settings)()
    in_store_of(
        settings,
        lambda conn: write_restore(
            conn, AuditAction.DATABASE_RESTORED, operator=operator, reason=reason, at=at
        ),
    )
    typer.echo("restored mode is on within half a minute, until `restore recover` or `restore end`")


@restore.command()
def end(operator: Operator, reason: RestoreReason, config: Config = None) -> None:
    """Say that everything that can be known is back, where `restore recover` could not look at everything.

    Orders and moves of points that the journal names keep restored mode on all the same; deeds of staff that it names count
    as done again, or as not needed. The file of digests is told too.
    """
    _require_reason(reason)

    async def work(services: Services) -> None:
        missing, journal = await _find(services, since=None), services.context.journal
        deeds = [record_id(line) for line in missing.records if line["kind"] == DEED]
        if deeds and journal is not None:
            content = {"records": deeds, "operator": operator, "reason": reason}
            await journal.append(RECORDS_SETTLED, content)
        await _complete(services, operator, reason)

    with_services(config, work)
    typer.echo("the restore is complete")


async def _complete(services: Services, operator: str, reason: str) -> None:
    """Restored mode waits for no person any more, and the days that the database has lost are written down as lost."""
    at, file = services.clock(), services.settings.digest_file
    if await services.store.read(is_begun):
        await services.store.run(
            lambda conn: write_restore(
                conn, AuditAction.DATABASE_COMPLETED, operator=operator, reason=reason, at=at
            )
        )
    if file is not None and file.exists():
        documents = await services.store.read(daily_digest.list_documents)
        keys = chain_keys_of(services.settings)
        line = daily_digest.append_restored(file, keys, documents, operator=operator, reason=reason, at=at)
        if line is not None:
            await services.store.run(lambda conn: digest_messages.enqueue_restored(conn, line, at))


def _require_reason(reason: str) -> None:
    if not reason.strip():
        raise GatewayError("a restore has a reason; give --reason")


async def _find(services: Services, since: datetime | None) -> Missing:
    settings = services.settings
    day: date | None = since.date() if since is not None else None
    return await RecoverySearch(services.context, chain_keys_of(settings), settings.journal_folder).find(day)


async def _safely(services: Services, work: Callable[[Services], Any]) -> str:
    """How one came out. Whatever is wrong with it stops none of the others."""
    try:
        return str(await work(services))
    except Exception as fault:  # noqa: BLE001  the next one is tried; this one is named with its fault
        _log.error("recovery failed", error=type(fault).__name__, text=str(fault))
        known = isinstance(fault, GatewayError)
        return f"left for a person: {fault if known else f'{type(fault).__name__}; see the log, and run this again'}"


async def _recover(services: Services, order: ForgottenOrder, operator: str, reason: str) -> str:
    now = services.clock()

    def job(conn: Connection) -> object:
        return recover_order(conn, order, operator=operator, reason=reason, at=now)

    outcome = await services.store.run(job)
    if isinstance(outcome, Obstacle):
        return f"left for a person: {outcome.value}"
    if outcome is None:
        return "here already"
    # Its book may be another than the order's: the member has registered anew.
    book = getattr(outcome, "book_id", order.book)
    done = await services.settler.ask(book, order.exchange_id)
    return done.state.value if done is not None else "sending"


async def _recover_reversal(
    services: Services, reversal: ForgottenReversal, operator: str, reason: str
) -> str:
    now = services.clock()

    def job(conn: Connection) -> Any:
        return recover_reversal(conn, reversal, operator=operator, reason=reason, at=now)

    recovered = await services.store.run(job)
    if recovered is None:
        return "here already"
    done = await services.reversals.ask(recovered)
    return str(done.state.value)


async def _recover_records(services: Services, group: list[Line], operator: str, reason: str) -> str:
    now = services.clock()
    return await services.store.run(
        lambda conn: recover_records(conn, group, operator=operator, reason=reason, at=now)
    )


def _summary(missing: Missing) -> str:
    if len(missing):
        kinds = Counter(_kind_of(line) for line in missing.records)
        records = "".join(f", {count} of {kind}" for kind, count in sorted(kinds.items()))
        return f"{len(missing.orders)} orders and {len(missing.reversals)} reversals are missing{records}"
    if missing.unseen:
        return "nothing is missing in what could be looked at, which is not everything:"
    return "nothing is missing"


def _tell_unseen(missing: Missing) -> None:
    for sentence in missing.unseen:
        typer.echo(sentence, err=True)


def _shown(order: ForgottenOrder) -> dict[str, Any]:
    return {
        "exchange_id": order.exchange_id,
        "member": order.book.removeprefix("member:"),
        "partner": order.partner_id,
        "account": order.service_id,
        "points": order.points,
        "confirmed_at": order.confirmed_at.isoformat(),
        "from": order.source.value,
        "obstacle": order.obstacle.value if order.obstacle is not None else None,
    }


def _kind_of(line: Line) -> str:
    return str(line["move"] if line["kind"] == MOVE else line.get("action", line["kind"]))


def _shown_record(line: Line) -> dict[str, Any]:
    """A record by its kind; `record` is its name for `restore leave`."""
    shown: dict[str, Any] = {"record": record_id(line), "kind": _kind_of(line), "from": "journal"}
    if line["kind"] == MOVE:
        return shown | {
            "member": line["book"].removeprefix("member:"), "points": line["points"], "id": line["id"],
            "source": line["source"], "target": line["target"], "at": moment(line["moved_at_us"]).isoformat(),
        }  # fmt: skip
    if line["kind"] == DEED:
        names = ("municipality", "actor_name", "subject", "reason", "facts")
        return shown | {name: line[name] for name in names} | {"at": line["done_at"]}
    way = {"way": line["way"]} if "way" in line else {}
    return shown | {"member": line["member"], "at": line["at"]} | way


def _shown_reversal(reversal: ForgottenReversal) -> dict[str, Any]:
    return {
        "reversal_id": reversal.reversal_id,
        "exchange_id": reversal.exchange_id,
        "member": reversal.book.removeprefix("member:"),
        "partner": reversal.partner_id,
        "points": -reversal.points,
        "started_at": reversal.started_at.isoformat(),
        "from": "journal",
    }
