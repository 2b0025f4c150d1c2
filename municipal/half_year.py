"""The half-year report of each issuer, and who issues a point service."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, Literal

from aiohttp import web

from municipal.error_messages import ErrorMessage
from municipal.figures import reference_days
from municipal.forms import beside, chosen, day, differences, drawn_again, status, text_of
from municipal.labels import services
from municipal.site import Pages, Visit
from pagekit.api import Problem
from point_gateway_client import calls

pages = Pages(needs="see")

KINDS: Final[Mapping[str, str]] = {
    "city": "市区町村",
    "chamber": "商工会・観光協会などの団体",
    "company": "会社",
}
LABELS: Final = {"kind": "発行者の区分", "name": "発行者の名前", "contact": "苦情・相談窓口"}
_KIND_WORDS: Final[tuple[Literal["city", "chamber", "company"], ...]] = ("city", "chamber", "company")
DUTIES: Final[Mapping[str, str]] = {
    "exempt": "対象外（資金決済に関する法律第4条第3号）",
    "below": "基準額以下",
    "above": "基準額を超えています。届出と報告が必要です",
}
_SERVICE: Final = r"{service:[a-z0-9][a-z0-9-]{0,39}}"


@pages.get("/figures/half-year")
async def report(visit: Visit) -> web.Response:
    days = reference_days(visit.site.settings.clock().date())
    chosen_day = day(visit.query("day"))
    base_day = chosen_day if chosen_day in days else days[0]
    found = await visit.send(calls.half_year_report(base_day))
    names = {service.point_service: service.name for service in await services(visit)}
    return visit.render(
        "half_year.html", found=found, base_day=base_day, days=days, names=names, duties=DUTIES, kinds=KINDS
    )


@pages.get("/figures/half-year/csv")
async def report_csv(visit: Visit) -> web.Response:
    days = reference_days(visit.site.settings.clock().date())
    chosen_day = day(visit.query("day"))
    base_day = chosen_day if chosen_day in days else days[0]
    return await visit.proxy_download(calls.half_year_csv(base_day))


@pages.get(f"/services/{_SERVICE}/issuer", needs="change_rules")
async def issuer_page(visit: Visit) -> web.Response:
    issuer = await visit.send(calls.get_issuer(visit.path_param("service")))
    typed = {name: text_of(issuer, name) for name in LABELS} | {"seen": issuer.version}
    return await _issuer_page(visit, typed, None)


@pages.post(f"/services/{_SERVICE}/issuer", needs="change_rules")
async def name_issuer(visit: Visit) -> web.Response:
    typed = dict(visit.form)
    try:
        await visit.send(
            calls.put_issuer(
                visit.path_param("service"),
                kind=chosen(typed, "kind", _KIND_WORDS),
                name=typed.get("name", ""),
                contact=typed.get("contact", ""),
                reason=typed.get("reason", ""),
                seen=typed.get("seen"),
            )
        )
    except Problem as problem:
        trouble, issuer = (
            beside(visit, problem),
            await visit.send(calls.get_issuer(visit.path_param("service"))),
        )
        return await _issuer_page(
            visit,
            drawn_again(trouble, issuer, typed),
            trouble,
            differences(trouble, LABELS, issuer, typed, kind=visit.speech.labels(KINDS)),
        )
    return visit.redirect(f"/services/{visit.path_param('service')}", done="issuer")


async def _issuer_page(
    visit: Visit,
    typed: Mapping[str, str],
    trouble: ErrorMessage | None,
    differing: Sequence[tuple[str, str, str]] = (),
) -> web.Response:
    listed = await services(visit)
    service = next((each for each in listed if each.point_service == visit.path_param("service")), None)
    if service is None:
        raise web.HTTPNotFound
    return visit.render(
        "issuer.html",
        status=status(trouble),
        service=service,
        typed=typed,
        kinds=KINDS,
        trouble=trouble,
        differences=differing,
    )
