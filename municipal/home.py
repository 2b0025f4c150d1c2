"""The first page: what waits for this role, how the city stands, and the doors it may open. A shop's people go to their own."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from aiohttp import web

from municipal.labels import IN, OUT, services
from municipal.menu import entries_for
from municipal.proposals import DEEDS
from municipal.site import Pages, Visit
from point_gateway_client import calls, models

pages = Pages()

MAX_CYCLES_NAMED: Final = 3
"""More cycles that can be closed are one line on the first page."""
MAX_DAYS_NAMED: Final = 10
"""So many days with differences are named on the first page of the platform."""


@dataclass(frozen=True, slots=True)
class Task:
    """A line of what waits: where it leads, what it is, and which one."""

    path: str
    text: str
    more: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """Points of the city: what came and went in the last 30 days, what is unused, and what of it ends in 30 days."""

    came: int
    went: int
    spent_today: int
    held: int
    ending: int


@pages.get("/")
async def start(visit: Visit) -> web.Response:
    who = visit.signed_in()
    if who.unfinished:
        return visit.redirect("/setup")
    if who.is_shop:
        return visit.redirect("/shop")
    if who.may("see_exchanges"):
        waiting = await _platform_waiting(visit)
        return visit.render("start.html", waiting=waiting, numbers=None, entries=entries_for(who))
    if not who.may("see"):
        return visit.render("start.html", waiting=[], numbers=None, entries=entries_for(who))
    numbers, waiting = await asyncio.gather(_numbers(visit), _waiting(visit))
    return visit.render("start.html", waiting=waiting, numbers=numbers, entries=entries_for(who))


async def _numbers(visit: Visit) -> Numbers:
    """How the city stands today and in the last 30 days."""
    today = visit.site.settings.clock().date()
    since = today - timedelta(days=29)
    services_of_city = await services(visit)
    totals, by_service = await asyncio.gather(
        visit.send(calls.city_totals_by_day(since=since, until=today)),
        asyncio.gather(
            *(visit.send(calls.city_expiring(service.point_service)) for service in services_of_city)
        ),
    )
    lines, unused = totals.totals, [heap for listed in by_service for heap in listed.expiring]
    soon = today + timedelta(days=30)
    return Numbers(
        came=sum(line.points for line in lines if line.figure in IN),
        went=sum(line.points for line in lines if line.figure in OUT),
        spent_today=sum(line.points for line in lines if line.figure == "spent" and line.day == today),
        held=sum(heap.points for heap in unused),
        ending=sum(heap.points for heap in unused if heap.last_day is not None and heap.last_day <= soon),
    )


async def _proposals(visit: Visit) -> list[Task]:
    """What this person may decide, and what was sent back to them of late; then whose access was changed."""
    who = visit.signed_in()
    waiting, sent_back, changes = await asyncio.gather(
        visit.send(calls.list_proposals(state="waiting")),
        visit.send(calls.list_proposals(state="sent_back")),
        visit.send(calls.list_staff_changes()),
    )
    tasks = _proposals_to_see(visit, waiting, sent_back)
    changed = {change.staff_id for change in changes.changes}
    if who.staff_id in changed:
        tasks.append(Task("/account", "あなたのログインや権限が変更されました", ""))
    others = changed - {who.staff_id}
    if others and who.may("keep_staff"):
        tasks.append(Task("/staff", "職員のログインや権限の変更（30日）", f"{len(others):,}"))
    return tasks


def _proposals_to_see(
    visit: Visit, waiting: models.ProposalList, sent_back: models.ProposalList
) -> list[Task]:
    """What this person may decide, and what was sent back to them in the last week."""
    who, tasks = visit.signed_in(), list[Task]()
    week_ago = visit.site.settings.clock() - timedelta(days=7)
    for proposal in waiting.proposals + sent_back.proposals:
        path, deed = f"/proposals/{proposal.proposal_id}", visit.speech.plain(DEEDS[proposal.deed])
        if proposal.may_decide:
            tasks.append(Task(path, "承認待ちの提案", f"{proposal.proposed_by_name} {deed}"))
        own = proposal.state == "sent_back" and proposal.proposed_by == who.staff_id
        if own and proposal.decided_at is not None and proposal.decided_at > week_ago:
            tasks.append(Task(path, "差し戻された提案", proposal.decision_reason))
    return tasks


async def _platform_waiting(visit: Visit) -> list[Task]:
    """What waits for the platform's staff: proposals, exchanges that need a person, differences, partners that stand still."""
    waiting, sent_back, listed, days, partners = await asyncio.gather(
        visit.send(calls.list_proposals(state="waiting")),
        visit.send(calls.list_proposals(state="sent_back")),
        visit.send(calls.platform_exchanges(state="needs_a_person")),
        visit.send(calls.days_with_differences()),
        visit.send(calls.platform_partners()),
    )
    tasks = _proposals_to_see(visit, waiting, sent_back)
    names = {each.partner_id: visit.speech.label(each.name) for each in partners.partners if each.name}
    if listed.exchanges:
        count = f"{len(listed.exchanges):,}{'+' if listed.more else ''}"
        tasks.append(Task("/platform/exchanges?state=needs_a_person", "人の確認を待つ移行", count))
    tasks += [
        Task(
            f"/platform/differences/{each.partner_id}/{each.day}",
            "処理していない差異",
            f"{names.get(each.partner_id, each.partner_id)} {visit.speech.day(each.day)} {each.differences:,}",
        )
        for each in days.days[:MAX_DAYS_NAMED]
    ]
    for partner in partners.partners:
        path, name = f"/platform/partners/{partner.partner_id}", names.get(partner.partner_id, "")
        if partner.paused:
            tasks.append(Task(path, "停止中の協力会社", f"{name} {partner.paused_because}"))
        elif not partner.connected:
            tasks.append(Task(path, "接続していない協力会社", partner.partner_id))
    return tasks


async def _payment_run(visit: Visit, cycles: list[models.CycleListed], today: date) -> list[Task]:
    """Closed cycles of the last two months for which the bank has no file, or of whose payments nothing is known."""
    tasks = list[Task]()
    closed = [listed.cycle for listed in cycles if listed.paid_yen][:4]
    payouts = await asyncio.gather(*(visit.send(calls.list_payouts(cycle.starts_on)) for cycle in closed))
    for cycle, listed in zip(closed, payouts, strict=True):
        states = {payout.state for payout in listed.payouts}
        path, days = f"/settlements/{cycle.starts_on}", _days(visit, cycle, cycle)
        if "closed" in states:
            tasks.append(Task(path, "振込ファイルを作成していない精算期間", days))
        elif "ordered" in states and cycle.pays_on <= today:
            tasks.append(Task(path, "振込結果を登録していない精算期間", days))
    return tasks


async def _disputes(visit: Visit) -> list[Task]:
    """Shops that know nothing of a change of their account."""
    notices = (await visit.send(calls.list_account_notices(state="disputed"))).notices
    newest = {notice.shop_id: notice for notice in reversed(notices)}
    month_ago = visit.site.settings.clock() - timedelta(days=30)
    return [
        Task(f"/shops/{shop_id}", "お店から振込先の口座に異議があります", notice.account)
        for shop_id, notice in newest.items()
        if notice.stops_payment or notice.decided_at > month_ago
    ]


def _to_close(visit: Visit, cycles: list[models.CycleListed], today: date) -> list[Task]:
    """Cycles that are over and not closed."""
    text = "締められる精算期間"
    ready = [listed.cycle for listed in cycles if listed.paid_yen is None and listed.cycle.ends_on < today]
    if len(ready) > MAX_CYCLES_NAMED:
        return [Task("/settlements", text, f"{len(ready)} ({_days(visit, ready[-1], ready[0])})")]
    return [
        Task(f"/settlements/{cycle.starts_on}", text, _days(visit, cycle, cycle)) for cycle in reversed(ready)
    ]


async def _waiting(visit: Visit) -> list[Task]:
    """What somebody of this role should look at now."""
    who, tasks = visit.signed_in(), list[Task]()
    files, cycles, partners = await asyncio.gather(
        visit.send(calls.list_files()),
        visit.send(calls.list_settlements()),
        visit.send(calls.city_partners()),
    )
    if who.may("see_proposals"):
        tasks += await _proposals(visit)
    if who.may("upload_grants"):
        tasks += [
            Task(f"/files/{file.file_id}", "誤りのある給付ファイル", file.name)
            for file in files.files
            if file.state == "faulty"
        ]
    today = visit.site.settings.clock().date()
    if who.may("settle"):
        tasks += _to_close(visit, cycles.cycles, today)
        tasks += await _payment_run(visit, cycles.cycles, today)
    if who.may("see_proposals"):
        tasks += await _disputes(visit)
    for partner in partners.partners:
        if partner.open_exchanges:
            more = f"{visit.speech.label(partner.name)} {partner.open_exchanges:,}"
            tasks.append(Task("/figures#open", "結果を確認中の移行があります", more))
    return tasks


def _days(visit: Visit, first: models.CycleView, last: models.CycleView) -> str:
    return f"{visit.speech.day(first.starts_on)} – {visit.speech.day(last.ends_on)}"
