"""特定支援イベント on the portal: the goal, how far it is, and what became of the points."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from gateway.demo.environment import DemoEnvironment
from point_gateway_client import models
from portal.support_events import Progress, progress
from tests.pagekit.whole_answers import model
from tests.portal.city_hall import CityHall
from tests.portal.conftest import Loop
from tests.portal.test_every_page import is_good, watched
from tests.portal.walk import Walk

pytestmark = pytest.mark.xdist_group("browser")


@pytest.fixture
def walk(chromium: Browser, town: DemoEnvironment) -> Iterator[Walk]:
    context = chromium.new_context(viewport={"width": 390, "height": 844}, locale="ja-JP")
    yield Walk(context.new_page(), town, name="見本花子", pictures="events")
    context.close()


def test_an_event_shows_its_goal_and_how_far_it_is_and_a_missed_goal_says_what_follows(
    walk: Walk, city: CityHall, loop: Loop
) -> None:
    """F13: before the points move, too."""
    event_id = loop.run(city.event("satoyama", "里山を守る会", 400))
    walk.to("/events")  # nobody is signed in: what a town asks for is no secret
    assert "里山を守る会" in walk.page.inner_text("main")
    walk.to(f"/events/{event_id}")
    assert "0 / 400 ポイント" in walk.page.inner_text(".how-far")
    assert "ポイントは応援した人の留保ポイントに戻ります" in walk.page.inner_text(".facts")
    walk.sign_in().link_saison().to_reserve().units("1").confirm()
    before = walk.to("/mypage").points("#reserve-points")
    walk.to(f"/events/{event_id}").page.click("a:has-text('留保ポイントで応援する')")
    walk.page.fill("#points", "300")
    walk.page.click("button.primary")
    assert "目標に届かなかったときは、ポイントは留保ポイントに戻ります" in walk.page.inner_text("main")
    walk.page.click("form[data-once] button.primary")
    walk.page.wait_for_selector("#settled-points")
    walk.to(f"/events/{event_id}").picture("under-way")
    assert walk.page.inner_text(".how-far") == "300 / 400 ポイント （75%）"
    assert walk.page.get_attribute("progress", "value") == "75"
    assert "あと 100 ポイント" in walk.page.inner_text(".facts")
    walk.to("/events").picture("list")
    loop.run(city.end_event(event_id))
    walk.to(f"/events/{event_id}").picture("ended")
    assert "留保ポイントに戻されます" in walk.page.inner_text(".notice")
    assert walk.page.locator("a:has-text('留保ポイントで応援する')").count() == 0
    assert "里山を守る会" in walk.to("/events?period=ended").page.inner_text("main")
    loop.run(returned(walk.town, event_id))
    assert walk.to("/mypage").points("#reserve-points") == before
    assert "特定支援イベントからの返還" in walk.to("/history/reserve").page.inner_text("tbody tr:first-child")


async def returned(town: DemoEnvironment, event_id: str) -> None:
    """The nightly work, which gives back what was given to a missed goal."""
    code, told = await town.run("nightly")
    assert code == 0, told


def test_the_pages_of_events_are_accessible_light_and_quiet(walk: Walk, city: CityHall, loop: Loop) -> None:
    event_id = loop.run(city.event("hanabi", "花火を上げる会", 1_000_000, on_failure="keep"))
    seen = watched(walk.page, walk.town.portal_url)
    for path in (
        "/events",
        "/events?period=coming",
        "/events?period=ended",
        f"/events/{event_id}",
        "/events/none",
    ):
        is_good(seen, path)


@pytest.mark.parametrize(
    ("points", "goal", "shown"),
    [
        (0, 400, Progress(per_cent=0, bar=0, left=400)),
        (399, 400, Progress(per_cent=99, bar=99, left=1)),  # never 100 before it is reached
        (400, 400, Progress(per_cent=100, bar=100, left=0)),
        (1_000, 400, Progress(per_cent=250, bar=100, left=0)),
        (10, None, None),
    ],
)
def test_progress_is_rounded_down_and_the_bar_ends_at_its_end(
    points: int, goal: int | None, shown: Progress | None
) -> None:
    assert progress(model(models.EventView, given_points=points, goal_points=goal)) == shown
