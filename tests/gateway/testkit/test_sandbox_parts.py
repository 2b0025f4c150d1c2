"""Failures on order, signed requests, visits and forms: the parts that every sandbox shares."""

from __future__ import annotations

import hashlib
import hmac
import stat
import sys
from datetime import timedelta

import pytest
from aiohttp.test_utils import make_mocked_request

from gateway.model import Secret
from gateway.testkit.sandbox import Fault, FaultKind, Faults, Pages, SignatureRefused, Signed
from gateway.testkit.sandbox.browser import Page
from gateway.testkit.sandbox.cli import read_or_make_key
from gateway.testkit.stubs import HandClock, PlainSettings

KEY = "a key of sixteen"


def test_failures_happen_in_the_order_they_were_ordered_and_as_often():
    faults = Faults()
    faults.add(Fault(operation="capture", kind=FaultKind.HTML, times=2))
    faults.add(Fault(operation="find", kind=FaultKind.RESET))
    faults.add(Fault(operation="capture", kind=FaultKind.HALF))
    happened = [faults.pop("capture") for _ in range(4)]
    assert [it.kind if it else None for it in happened] == ["html", "html", "half", None]
    assert [it.operation for it in faults.waiting] == ["find"]
    faults.clear()
    assert faults.pop("find") is None


@pytest.mark.parametrize("wrong", [{"times": 0}, {"seconds": -1.0}, {"seconds": 3601.0}])
def test_a_failure_without_sense_is_refused(wrong):
    with pytest.raises(ValueError, match=r"is between|or more"):
        Faults().add(Fault(operation="capture", kind=FaultKind.SLOW, **wrong))


def signed_request(clock, *, path="/api/x?day=1", key=KEY, moved_s=0, **headers):
    stamp = str(int(clock().timestamp()) + moved_s)
    text = f"GET\n{path}\n{stamp}\n{hashlib.sha256(b'').hexdigest()}"
    signature = hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()
    sent = {"X-Merchant-Id": "us", "X-Timestamp": stamp, "X-Signature": signature} | headers
    request = make_mocked_request("GET", path, headers=sent)
    request._read_bytes = b""
    return request


@pytest.mark.parametrize("moved_s", [-30, 0, 30])
async def test_a_request_signed_within_30_seconds_is_believed(moved_s):
    clock = HandClock()
    await Signed("us", Secret(KEY), clock).check(signed_request(clock, moved_s=moved_s))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"moved_s": -31}, "stale"),
        ({"moved_s": 31}, "stale"),
        ({"key": "another key of 16"}, "bad_signature"),
        ({"X-Signature": ""}, "bad_signature"),
        ({"X-Signature": "ü"}, "bad_signature"),
        ({"X-Merchant-Id": "them"}, "unknown_merchant"),
        ({"X-Timestamp": "soon"}, "bad_timestamp"),
        ({"X-Timestamp": "٣"}, "bad_timestamp"),
    ],
)
async def test_any_other_request_is_not_believed(changes, reason):
    clock = HandClock()
    with pytest.raises(SignatureRefused, match=reason):
        await Signed("us", Secret(KEY), clock).check(signed_request(clock, **changes))


async def test_a_signature_is_for_one_path_only():
    clock = HandClock()
    sent = signed_request(clock)
    moved = make_mocked_request("GET", "/api/x?day=2", headers=sent.headers)
    moved._read_bytes = b""
    with pytest.raises(SignatureRefused, match="bad_signature"):
        await Signed("us", Secret(KEY), clock).check(moved)


def test_a_short_key_is_refused():
    with pytest.raises(ValueError, match="16 characters"):
        Signed("us", Secret("short"), HandClock())


@pytest.fixture
def pages():
    clock = HandClock()
    return Pages(
        "gateway.testkit.sandbox", "c", clock, site_ja="練習", site_en="Practice", brand="#000"
    ), clock


def visiting(visit, **headers):
    return make_mocked_request("GET", "/", headers={"Cookie": f"c={visit.key}", **headers})


def test_a_visit_ends_after_ten_idle_minutes(pages):
    pages, clock = pages
    visit = pages.renew(pages.visit(make_mocked_request("GET", "/")), "taro")
    clock.forward(timedelta(minutes=10))
    assert pages.visit(visiting(visit)).holder == "taro"
    clock.forward(timedelta(minutes=10, seconds=1))
    assert pages.visit(visiting(visit)).holder == ""


def test_signing_in_changes_the_key_and_the_old_one_is_worth_nothing(pages):
    pages, _clock = pages
    before = pages.visit(make_mocked_request("GET", "/"))
    after = pages.renew(before, "taro")
    assert after.key != before.key
    assert pages.visit(visiting(before)).holder == ""


def test_what_is_shown_is_escaped(pages):
    pages, _clock = pages
    answer = pages.problem(pages.visit(make_mocked_request("GET", "/")), 400, "<script>", "&")
    assert "<script>" not in answer.text
    assert "&lt;script&gt;" in answer.text


def test_a_browser_reads_the_fields_of_the_form_it_sends():
    text = '<input name="no"><form action="/a" method="post"><input name="t" value="1"></form><form action="/b"></form>'
    page = Page(url="http://x/", status=200, text=text, location="", headers={})
    assert page.form("/a").fields == {"t": "1"}
    assert (page.form("/a").method, page.form("/b").method) == ("POST", "GET")
    with pytest.raises(LookupError):
        page.form("/c")


@pytest.mark.skipif(sys.platform == "win32", reason="file modes are a POSIX matter")
def test_a_key_file_is_made_for_its_owner_only_and_read_again(tmp_path):
    path = tmp_path / "saison.key"
    secret = read_or_make_key(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert read_or_make_key(path) == secret
    assert len(secret.reveal()) >= 32


def test_plain_settings_give_what_they_have_and_no_more():
    settings = PlainSettings({"base_url": "http://x", "most": 5}, {"api_key": Secret("k")})
    assert (settings.text("base_url"), settings.number("most"), settings.text("other", "y")) == (
        "http://x",
        5,
        "y",
    )
    assert settings.number("least", 1) == 1
    with pytest.raises(KeyError):
        settings.text("missing")
    with pytest.raises(KeyError):
        settings.secret("missing")
