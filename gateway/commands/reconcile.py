"""`point-gateway reconcile …`: a partner's book of one day beside ours, and proposing what is done about a difference."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from gateway.commands.proposals import Login, propose
from gateway.commands.shared import Config, Reason, with_services
from gateway.exchanges.reconciliation import Report, Verdict
from gateway.services import Services

reconcile = typer.Typer(
    invoke_without_command=True, help="Compare a partner's book of one day (JST) with ours (突合)."
)

Partner = Annotated[str | None, typer.Option("--partner", help="The partner's id.")]
Day = Annotated[datetime | None, typer.Option("--day", formats=["%Y-%m-%d"], help="The day in Japan.")]


@reconcile.callback()
def compare(
    context: typer.Context,
    partner: Partner = None,
    day: Day = None,
    as_json: Annotated[bool, typer.Option("--json", help="The whole report, for programs.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="The whole report, for spreadsheets.")] = False,
    config: Config = None,
) -> None:
    """Compare one day. It reports and never repairs; exit code 2 when there are differences."""
    if context.invoked_subcommand is not None:
        return
    if partner is None or day is None:
        raise typer.BadParameter("name --partner and --day")

    async def work(services: Services) -> Report:
        return await services.reconciliation.compare(partner, day.date())

    report = with_services(config, work)
    if as_json or as_csv:
        typer.echo(report.to_json() if as_json else report.to_csv().rstrip())
    else:
        _print(report)
    raise typer.Exit(2 if report.differences else 0)


@reconcile.command("close")
def close(
    exchange_id: str,
    partner: Annotated[str, typer.Option(help="The partner's id.")],
    day: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="The day in Japan.")],
    reason: Reason,
    login: Login,
    leave: Annotated[bool, typer.Option(help="Move nothing: both sides have agreed otherwise.")] = False,
    config: Config = None,
) -> None:
    """Propose to close a difference: our side is made what the partner's is, by a transfer of its own; somebody else decides."""
    propose(
        config,
        login,
        lambda services, who: services.city.platform.close_difference(
            who, partner, day.date(), exchange_id, reason=reason, leave=leave
        ),
    )


def _print(report: Report) -> None:
    for line in report.lines:
        if line.verdict is not Verdict.MATCHED:
            ours = f"ours {line.our_state or 'nothing'} {dict(line.our_amounts)} {line.our_reference}"
            theirs = f"theirs {dict(line.their_amounts)} {line.their_reference}"
            if line.verdict is Verdict.ACCOUNT_DIFFERS:
                ours += f" of account {line.our_account or 'unknown'}"
                theirs += f" of account {line.their_account}"
            note = f"  ({line.note})" if line.note else ""
            typer.echo(f"{line.exchange_id}  {line.verdict.value:14}  {ours}  {theirs}{note}")
    counts = ", ".join(f"{count} {name}" for name, count in report.counts.items() if count)
    typer.echo(f"{report.partner_id}, {report.day}: {counts or 'nothing on either side'}")
