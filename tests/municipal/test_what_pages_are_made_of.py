"""Charts, QR codes, numbers as people type them, and names for everything that the gateway tells by a word."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import get_args

import msgspec
import pytest
import segno

from gateway.api.city.rules import WORSE_JA
from gateway.cities.grants.grant_list import FAULTS as GATEWAYS_FAULTS
from gateway.cities.proposals.deeds import CITY_DEEDS, Deed
from gateway.cities.proposals.proposal_rows import ProposalState
from gateway.platform.roles import ALLOWED, Role
from gateway.points.rules import Expiry
from httpkit.clock import system_clock
from municipal import counter, labels, proposals
from municipal.app import PARTS
from municipal.charts import HEIGHT, Bar, round_up, spread, stacked
from municipal.forms import chosen, day, number
from municipal.i18n import WORDS
from municipal.session import AT_TILL, CHOOSES, session_of, staff_seal
from pagekit.api import Problem
from pagekit.qr import QUIET, qr
from point_gateway_client import models
from tests.pagekit.whole_answers import model

GATEWAY = Path(__file__).parents[2] / "gateway"


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("500", 500),
        ("５００", 500),
        ("1,500", 1_500),
        (" 7 ", 7),
        ("", None),
        ("-1", None),
        ("1.5", None),
        ("一", None),
    ],
)
def test_a_number_is_read_as_people_type_it(typed: str, read: int | None) -> None:
    assert number(typed) == read


def test_a_day_is_a_day_or_nothing() -> None:
    assert day("2018-07-31") is not None
    assert [day(text) for text in ("2018-02-30", "", "yesterday")] == [None, None, None]


@pytest.mark.parametrize(
    ("number", "top"),
    [
        (1, 1),
        (3, 3),
        (21, 25),
        (26, 30),
        (210_000, 250_000),
        (999, 1_000),
        (1_000_001, 2_000_000),
        (2_630_000, 3_000_000),
        (7_100, 8_000),
        (8_001, 10_000),
    ],
)
def test_an_axis_ends_at_a_round_number(number: int, top: int) -> None:
    assert round_up(number) == top


def test_bars_are_as_tall_as_their_numbers_and_stand_on_each_other() -> None:
    drawn = str(stacked([Bar("a", (25, 25)), Bar("b", (50, 0)), Bar("c", (0, 0))], "told", str))
    found = re.findall(r'class="part-(\d)" x="[\d.]+" y="([\d.]+)" width="[\d.]+" height="([\d.]+)"', drawn)
    heights = [(part, float(height)) for part, _, height in found]
    assert heights[0][1] == heights[1][1] == heights[2][1] / 2
    assert float(found[1][1]) + heights[1][1] == pytest.approx(float(found[0][1]), abs=0.2)
    assert max(float(y) + float(height) for _, y, height in found) < HEIGHT
    assert 'aria-label="told"' in drawn


def test_labels_below_bars_do_not_run_into_each_other() -> None:
    shown = spread([str(each) for each in range(31)], 7)
    assert sum(map(bool, shown)) <= 7
    assert len(shown) == 31
    assert spread([], 7) == []


def test_a_label_is_escaped() -> None:
    assert "<b>" not in str(stacked([Bar("<b>", (1,))], "<b>", str)) + str(qr("x", "<b>"))


def test_a_qr_is_the_one_of_the_library_module_by_module() -> None:
    text = "otpauth://totp/a?secret=JBSWY3DPEHPK3PXP"
    painted = {
        (int(x) + step - QUIET, int(y) - QUIET)
        for x, y, length in re.findall(r"M(\d+) (\d+)h(\d+)v1", str(qr(text, "told")))
        for step in range(int(length))
    }
    matrix = segno.make(text, error="m", micro=False).matrix
    assert painted == {(x, y) for y, row in enumerate(matrix) for x, dark in enumerate(row) if dark}


def test_everything_that_the_gateway_says_by_a_word_has_a_name() -> None:
    assert set(labels.FAULTS) == set(GATEWAYS_FAULTS)
    assert set(labels.WORSE) == set(WORSE_JA)
    assert set(labels.EXPIRIES) == {expiry.value for expiry in Expiry}
    assert set(labels.ROLES) == {role.value for role in Role}


def test_every_fact_of_a_proposal_and_every_deed_has_a_name() -> None:
    written = set()
    for path in (GATEWAY / "cities").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.AnnAssign) and getattr(node.target, "id", "") in ("shown", "named"):
                written |= {
                    key.value
                    for each in ast.walk(node)
                    if isinstance(each, ast.Dict)
                    for key in each.keys
                    if isinstance(key, ast.Constant)
                }
    assert len(written) > 10
    assert written - set(proposals.FACTS) == set()
    assert set(proposals.DEEDS) == {deed.value for deed in Deed}
    assert set(get_args(proposals.Deed)) == {deed.value for deed in CITY_DEEDS}
    assert set(proposals.STATES) == {state.value for state in ProposalState}


def test_a_large_number_beside_an_axis_is_short_in_the_readers_language() -> None:
    said = {tag: WORDS.speech(tag).short for tag in ("ja", "en")}
    assert [said["ja"](n) for n in (0, 999, 5_000, 25_000, 1_500_000, 250_000_000)] == [
        "0", "999", "5,000", "2.5万", "150万", "2.5億",
    ]  # fmt: skip
    assert [said["en"](n) for n in (0, 999, 5_000, 25_000, 1_500_000, 250_000_000)] == [
        "0", "999", "5k", "25k", "1.5M", "250M",
    ]  # fmt: skip


def test_a_word_that_no_choice_has_is_refused_as_the_gateway_refuses_it() -> None:
    assert chosen({"role": "viewer"}, "role", labels.CITY_ROLES) == "viewer"
    for form in ({"role": "emperor"}, {}):
        with pytest.raises(Problem) as refused:
            chosen(form, "role", labels.CITY_ROLES)
        assert (refused.value.word, refused.value.fields) == ("body-invalid", ("role",))


def test_every_need_of_a_page_is_an_action_of_the_gateway() -> None:
    actions = {action.value for allowed in ALLOWED.values() for action in allowed}
    needs = {page.needs for part in PARTS for page in part.pages.all if page.needs}
    # Who works at several shops chooses one, which is no action of a role: the session says it.
    assert {need.removesuffix(AT_TILL) for need in needs} - {CHOOSES} <= actions


def test_a_bound_till_opens_the_pages_of_the_till_and_no_other() -> None:
    """Written a second time, so that a slip shows."""
    pages = [page for part in PARTS for page in part.pages.all]
    at_till = {f"{page.method} {page.path}" for page in pages if page.needs.endswith(AT_TILL)}
    spend = counter.SPEND
    assert at_till == {
        "GET /shop", "GET /shop/take", "GET /shop/take/scan", "POST /shop/take/check", "POST /shop/take",
        f"GET /shop/taken/{spend}", "GET /shop/latest", "GET /shop/day", "GET /shop/day/live",
        f"GET /shop/spends/{spend}/refund", f"POST /shop/spends/{spend}/refund/confirm",
        f"POST /shop/spends/{spend}/refund",
    }  # fmt: skip


def test_a_staff_session_comes_back_from_its_seal_and_tells_no_secret() -> None:
    view = model(
        models.StaffSessionView,
        staff_id="a", login="kanri", display_name="管理者", role="administrator", municipality="082163",
        municipality_name="笠間市", actions=["see", "settle"], strong=True,
    )  # fmt: skip
    session = session_of(view, "pgc_" + "x" * 43, system_clock())
    seal = staff_seal(b"a long enough secret of the operator's")
    assert seal.open(seal.seal(session)) == session
    assert session.token not in repr(session)
    assert session.may("settle")
    assert not session.may("grant")
    weak = session_of(msgspec.structs.replace(view, strong=False), "x", system_clock())
    assert (weak.may("see"), weak.first) == (False, "/setup")
