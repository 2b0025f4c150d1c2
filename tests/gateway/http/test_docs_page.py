from html.parser import HTMLParser

import pytest
from aiohttp import ClientSession

from gateway.http.problem_types import PROBLEM_TYPES
from gateway.http.schema_examples import example, fields


class Page(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.ids, self.links, self.tags, self.open, self.inline = [], [], [], [], 0
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.tags.append(tag)
        self.inline += "style" in given or any(name.startswith("on") for name in given)
        if "id" in given:
            self.ids.append(given["id"])
        if "href" in given:
            self.links.append(given["href"])
        if tag not in ("meta", "link", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.fixture
async def get(site):
    async with ClientSession() as http:

        async def get(path):
            async with http.get(site.url + path) as answer:
                return answer.status, await answer.text()

        yield get


async def test_the_page_shows_every_route_once(get, site):
    status, text = await get("/docs")
    page = Page(text)
    assert status == 200
    assert page.open == []
    assert len(page.ids) == len(set(page.ids))
    for route in site.app.router.routes():
        assert f"<code>{route.resource.canonical}</code>" in text


async def test_the_page_needs_no_script_and_nothing_from_elsewhere(get):
    for path in ("/docs", "/docs/problems/busy"):
        page = Page((await get(path))[1])
        assert "script" not in page.tags
        assert "style" not in page.tags
        assert page.inline == 0
        assert not [link for link in page.links if "//" in link]


async def test_every_link_of_the_page_leads_somewhere(get):
    page = Page((await get("/docs"))[1])
    inner = {link[1:] for link in page.links if link.startswith("#")} - {"content"}
    assert inner <= set(page.ids)
    for link in {link for link in page.links if not link.startswith("#")}:
        assert (await get("/" + link))[0] == 200


async def test_the_style_comes_along(get):
    status, text = await get("/docs/docs.css")
    assert status == 200
    assert "prefers-color-scheme: dark" in text


@pytest.mark.parametrize("word", PROBLEM_TYPES)
async def test_each_problem_has_a_page_in_two_languages(get, word):
    status, text = await get(f"/docs/problems/{word}")
    assert status == 200
    assert f"<h2>{PROBLEM_TYPES[word].title_ja}</h2>" in text
    assert Page(text).open == []


async def test_a_problem_names_where_it_happens(get):
    assert "Start an exchange." in (await get("/docs/problems/exchange-id-reused"))[1]
    assert "At most addresses" in (await get("/docs/problems/busy"))[1]
    assert "Outside the described addresses" in (await get("/docs/problems/state-used"))[1]


async def test_an_unknown_problem_is_not_found(get):
    assert (await get("/docs/problems/unheard-of"))[0] == 404


SCHEMAS = {
    "Line": {"type": "object", "properties": {"points": {"type": "integer", "minimum": 3}}},
    "Loop": {"type": "object", "properties": {"next": {"$ref": "#/$defs/Loop"}}},
    "List": {"type": "array", "items": {"$ref": "#/$defs/List"}},
}


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "string", "examples": ["x"]}, "x"),
        ({"const": 5}, 5),
        ({"enum": ["a", "b"]}, "a"),
        ({"type": "integer", "default": 7}, 7),
        ({"anyOf": [{"type": "null"}, {"type": "boolean"}]}, True),
        ({"anyOf": [{"type": "null"}]}, None),
        ({"type": "array", "items": {"$ref": "#/$defs/Line"}}, [{"points": 3}]),
        ({"type": "number", "exclusiveMinimum": 1}, 2),
        ({"type": "string", "format": "date"}, "2018-07-31"),
        ({"type": "string", "pattern": "^[0-9]{6}$"}, "082163"),
        ({"type": "string", "pattern": "^[^x]+$"}, "…"),
        ({"type": "string", "pattern": "^zzz$"}, "…"),
        ({"type": "string"}, "…"),
        (
            {
                "type": "object",
                "properties": {"partner_id": {"type": "string"}, "return_url": {"type": "string"}},
            },
            {"partner_id": "saison", "return_url": "https://portal.example.jp/back"},
        ),
        ({"oneOf": [{"$ref": "#/$defs/Line"}, {"type": "string"}]}, {"points": 3}),
        ({}, None),
    ],
)
def test_an_example_fits_its_schema(schema, value):
    assert example(schema, SCHEMAS) == value


def test_endless_schemas_come_to_an_end():
    assert "next" in example({"$ref": "#/$defs/Loop"}, SCHEMAS)
    assert example({"$ref": "#/$defs/List"}, SCHEMAS)
    assert len(fields({"$ref": "#/$defs/Loop"}, SCHEMAS)) < 10


def test_fields_are_listed_with_those_inside_them():
    schema = {
        "type": "object",
        "required": ["lines"],
        "properties": {
            "lines": {"type": "array", "items": {"$ref": "#/$defs/Line"}, "description": "All lines."},
            "line": {"anyOf": [{"$ref": "#/$defs/Line"}, {"type": "null"}]},
            "place": {"oneOf": [{"$ref": "#/$defs/Line"}, {"type": "object"}]},
            "kind": {"const": "x"},
            "state": {"enum": ["a", "b"]},
            "units": {"type": "integer", "minimum": 1, "maximum": 9999},
            "at": {"type": "string", "format": "date-time"},
        },
    }
    rows = fields(schema, SCHEMAS)
    assert [(row.name, row.kind, row.required) for row in rows] == [
        ("lines", "list of object", True),
        ("lines[].points", "integer", False),
        ("line", "object or null", False),
        ("line.points", "integer", False),
        ("place", "object", False),
        ("place.points", "integer", False),
        ("kind", "“x”", False),
        ("state", "“a” | “b”", False),
        ("units", "integer 1–9,999", False),
        ("at", "date-time", False),
    ]
    assert rows[0].text == "All lines."


def test_the_fields_of_all_kinds_of_an_object_are_listed():
    def kind(word, **more):
        return {
            "type": "object",
            "required": ["kind", *more],
            "properties": {"kind": {"const": word}, **more},
        }

    place = {"oneOf": [kind("reserve"), kind("municipality", code={"type": "string"})]}
    rows = fields({"type": "object", "properties": {"to": place}}, {})
    assert [(row.name, row.kind, row.required) for row in rows] == [
        ("to", "object", False),
        ("to.kind", "“reserve” | “municipality”", True),
        ("to.code", "string", True),
    ]
