"""Whatever is wrong with a request, the answer is a problem that names the place and repeats nothing."""

import json

import pytest
from aiohttp import ClientSession
from yarl import URL

from gateway.client import sign_headers

GOOD = {"exchange_id": "x-1", "units": 2}
UNSEEN = "holds a line break or another character that is not seen; take it out"


@pytest.fixture
async def send(site):
    """Send raw bytes to POST /v1/exchanges, rightly signed; gives status and problem."""
    async with ClientSession() as http:

        async def send(body: bytes, *, method="POST", path="/v1/exchanges", **headers):
            headers = {"Content-Type": "application/json", "Authorization": "Bearer pgs_hanako"} | {
                name.replace("_", "-"): value for name, value in headers.items()
            }
            url = site.url + path
            signed = sign_headers(
                method,
                url,
                headers,
                body,
                key_id=site.key.key_id,
                private_key=site.key.private_pem,
                created=site.clock(),
            )
            async with http.request(
                method, URL(url, encoded=True), data=body or None, headers=signed
            ) as answer:
                raw = await answer.read()
                assert answer.content_type in ("application/problem+json", "application/json")
                return answer.status, json.loads(raw)

        yield send


def word(problem) -> str:
    return problem["type"].removeprefix("/docs/problems/")


@pytest.mark.parametrize(
    "body",
    [
        b"\xff\xfe{}",
        b"",
        b"nonsense",
        b'{"exchange_id":"x-1","units":2',
        b"\xef\xbb\xbf" + json.dumps(GOOD).encode(),
        b'{"exchange_id":"\\ud800","units":2}',
        b"[" * 30_000,
        b'{"exchange_id":"x-1","units":' + b"9" * 5000 + b"}",
        b'{"exchange_id":"x-1","units":2,"units":3}',
    ],
    ids=["utf8", "empty", "text", "cut", "bom", "surrogate", "deep", "huge", "twice"],
)
async def test_what_is_not_one_plain_json_document_is_refused(send, body):
    status, problem = await send(body)
    assert (status, word(problem)) == (400, "body-not-json")


@pytest.mark.parametrize(
    ("change", "pointer", "said"),
    [
        ({"units": "2"}, "#/units", "must be a whole number, not in quotes"),
        ({"units": "２"}, "#/units", "must be a whole number, not in quotes"),
        ({"units": 0}, "#/units", "must be at least 1"),
        ({"units": -1}, "#/units", "must be at least 1"),
        ({"units": 10_000}, "#/units", "must be at most 9999"),
        ({"units": 2.5}, "#/units", "must be a whole number, not in quotes"),
        ({"units": 1.0}, "#/units", "must be a whole number, not in quotes"),
        ({"units": True}, "#/units", "must be a whole number, not in quotes"),
        ({"units": None}, "#/units", "must be a whole number, not in quotes"),
        ({"units": 10**30}, "#/units", "must be at most 9999"),
        ({"exchange_id": ""}, "#/exchange_id", "must match ^[A-Za-z0-9][A-Za-z0-9._~-]{0,99}$"),
        ({"exchange_id": "a\nb"}, "#/exchange_id", "must match ^[A-Za-z0-9][A-Za-z0-9._~-]{0,99}$"),
        ({"note": "a\x00b"}, "#/note", UNSEEN),
        ({"note": "a\nb"}, "#/note", UNSEEN),
        ({"note": "店\u202eばそ"}, "#/note", UNSEEN),  # the direction of writing, turned
        ({"note": "\u2067店\u2069"}, "#/note", UNSEEN),
        ({"note": "そ\u200bば"}, "#/note", UNSEEN),  # no width
        ({"note": "そば\u2028や"}, "#/note", UNSEEN),  # a line separator
        ({"note": "x" * 201}, "#/note", "must have at most 200 characters"),
        ({"kind": "elsewhere"}, "#/kind", "must be one of 'reserve' or 'municipality'"),
        ({"colour": "red"}, "#/colour", "is not known here; leave it out"),
        ({"<script>": "red"}, "#", "has a field that is not known here; leave it out"),
    ],
)
async def test_each_wrong_field_is_named(send, change, pointer, said):
    status, problem = await send(json.dumps(GOOD | change).encode())
    assert (status, word(problem)) == (422, "body-invalid")
    assert problem["errors"] == [{"pointer": pointer, "detail": said}]


@pytest.mark.parametrize(
    "name", ["葛\U000e0100城", "辻\ufe00", "神\ufe0f社", "家族\U0001f468\u200d\U0001f469", "山田　花子", "ﾊﾞ"]
)
async def test_a_name_keeps_its_variants_joiners_and_wide_spaces(send, name):
    status, problem = await send(json.dumps(GOOD | {"note": name}).encode())
    assert status == 201, problem


async def test_a_missing_field_is_named(send):
    _, problem = await send(b"{}")
    assert {one["pointer"] for one in problem["errors"]} == {"#/exchange_id", "#/units"}


async def test_a_body_that_is_no_object_is_refused(send):
    for body in (b"null", b"[]", b'"text"', b"1"):
        status, problem = await send(body)
        assert (status, problem["errors"]) == (422, [{"pointer": "#", "detail": "must be an object"}])


async def test_at_most_twenty_errors_are_told(send):
    _, problem = await send(json.dumps(GOOD | {f"f{n}": 1 for n in range(50)}).encode())
    assert len(problem["errors"]) == 20


async def test_the_answer_repeats_nothing_of_what_was_sent(send):
    status, problem = await send(json.dumps(GOOD | {"kind": "<b>4111111111111111", "note": 5}).encode())
    assert status == 422
    assert "4111" not in json.dumps(problem)


async def test_the_answer_is_japanese_for_those_who_ask(send):
    _, problem = await send(json.dumps(GOOD | {"units": 0}).encode(), Accept_Language="ja,en;q=0.5")
    assert problem["title"] == "本文の内容が求めるものと合いません"
    assert problem["errors"][0]["detail"] == "は 1 以上です"


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/json; charset=shift_jis",
        "application/json-patch+json",
    ],
)
async def test_another_media_type_is_refused(send, content_type):
    status, problem = await send(json.dumps(GOOD).encode(), Content_Type=content_type)
    assert (status, word(problem)) == (415, "content-type-wrong")


async def test_json_that_names_its_charset_is_taken(send):
    status, _ = await send(json.dumps(GOOD).encode(), Content_Type='application/JSON; charset="UTF-8"')
    assert status == 201


async def test_a_packed_body_is_refused(send):
    status, problem = await send(json.dumps(GOOD).encode(), Content_Encoding="gzip")
    assert (status, word(problem)) == (415, "content-type-wrong")


async def test_more_than_64_kib_is_refused(send):
    status, problem = await send(b" " * (64 * 1024 + 1))
    assert (status, word(problem), problem["limit_bytes"]) == (413, "body-too-large", 65536)


async def test_more_than_64_kib_in_pieces_is_refused(site, portal):
    async def pieces():
        for _ in range(80):
            yield b" " * 1024

    url, fields = site.url + "/v1/exchanges", {"Content-Type": "application/json"}
    stranger = await portal._session().post(url, data=pieces(), headers=fields)
    assert stranger.status == 401  # by its head: no piece is read
    fields["Authorization"] = "Bearer pgs_hanako"
    signed = sign_headers(
        "POST", url, fields, b"x", key_id=portal._key_id, private_key=portal._key, created=portal._clock()
    )
    answer = await portal._session().post(url, data=pieces(), headers=signed)
    assert (answer.status, word(await answer.json())) == (413, "body-too-large")


async def test_a_body_where_none_belongs_is_refused(send):
    status, problem = await send(b"{}", method="DELETE", path="/v1/exchanges/x-1")
    assert (status, word(problem)) == (400, "body-unexpected")


async def test_a_packed_body_where_none_belongs_is_refused(send):
    status, problem = await send(b"{}", method="DELETE", path="/v1/exchanges/x-1", Content_Encoding="gzip")
    assert (status, word(problem)) == (400, "body-unexpected")


@pytest.mark.parametrize(
    ("query", "parameter", "said"),
    [
        ("limit=0", "limit", "must be at least 1"),
        ("limit=101", "limit", "must be at most 100"),
        ("limit=1_0", "limit", "must be a whole number in half-width digits"),
        ("limit=+1", "limit", "must be a whole number in half-width digits"),
        ("limit=%2B1", "limit", "must be a whole number in half-width digits"),
        ("limit=01", "limit", "must be a whole number in half-width digits"),
        ("limit=1.0", "limit", "must be a whole number in half-width digits"),
        ("limit=1e3", "limit", "must be a whole number in half-width digits"),
        ("limit=", "limit", "must be a whole number in half-width digits"),
        ("limit=%EF%BC%91", "limit", "must be a whole number in half-width digits"),
        ("limit=" + "9" * 400, "limit", "must be a whole number in half-width digits"),
        ("newest_first=yes", "newest_first", 'must be "true" or "false"'),
        ("kind=null", "kind", "must be one of 'exchange' or 'allocate'"),
        ("limit=1&limit=2", "limit", "is given more than once"),
        ("x=1&x=2", "query", "is given more than once"),
        ("colour=red", "colour", "is not known here; leave it out"),
        ("%00=red", "query", "has a field that is not known here; leave it out"),
        ("kind=%FF", "query", "is not UTF-8"),
        ("&".join(f"a{n}=1" for n in range(60)), "query", "has too many parameters"),
    ],
)
async def test_each_wrong_parameter_is_named(send, query, parameter, said):
    status, problem = await send(b"", method="GET", path=f"/v1/exchanges?{query}")
    assert (status, word(problem)) == (400, "query-invalid")
    assert problem["errors"] == [{"parameter": parameter, "detail": said}]


async def test_a_query_where_none_belongs_is_refused(send):
    status, problem = await send(b"", method="GET", path="/v1/greeting?limit=1")
    assert (status, problem["detail"]) == (400, "This address takes no query; leave it out.")


@pytest.mark.parametrize("part", ["%00", "%FF", "a%2Fb", "%F0%9F%92%A9", ".hidden", "x" * 101])
async def test_a_malformed_id_in_the_address_names_nothing(send, part):
    status, problem = await send(b"", method="DELETE", path=f"/v1/exchanges/{part}")
    assert (status, word(problem), problem["parameter"]) == (404, "path-malformed", "exchange_id")


async def test_an_unknown_address_is_a_problem(send):
    status, problem = await send(b"", method="GET", path="/v2/nothing")
    assert (status, word(problem)) == (404, "path-unknown")


async def test_another_method_is_told_which_ones_are_allowed(site, portal):
    answer = await portal._session().request("PATCH", site.url + "/v1/exchanges")
    assert answer.status == 405
    assert answer.headers["Allow"] == "GET, POST"
    assert word(await answer.json()) == "method-not-allowed"
