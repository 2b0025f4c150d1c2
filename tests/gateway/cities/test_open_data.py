"""Anybody may have the shops of a city that gives them: the data set's columns, only open shops, cached, under its licence."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import timedelta

import pytest
from aiohttp import ClientSession

from gateway.cities.shops.open_data import CACHE_PERIOD, HEADER, OpenShops, shops_csv
from gateway.cities.shops.shops import ShopEntry
from gateway.errors import ProblemError
from gateway.settings import Settings, SettingsWrong

from .conftest import KASAMA, MITO, NOON

SOBA = ShopEntry(
    name="そば処 見本",
    name_kana="そばどころ ﾐﾎﾝ",
    category="飲食店",
    address="笠間市石井717",
    phone="０２９６-72-1111",
)


def rows_of(data: bytes) -> list[dict[str, str]]:
    assert data.startswith(b"\xef\xbb\xbf")
    assert b"\r\n" in data
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))


def given(town, *, with_phones: bool = False) -> OpenShops:
    return OpenShops(town.city.context, frozenset({KASAMA}), with_phones=with_phones)


async def register(town, shop_id: str, entry: ShopEntry = SOBA, code: str = KASAMA):
    return await town.city.shops.register(await town.who("operator", code), shop_id, entry)


class TestTheColumns:
    async def test_a_line_has_codes_with_their_zeros_names_and_the_whole_address(self, town):
        await register(town, "soba-1")
        made = await given(town).get(KASAMA)
        (row,) = rows_of(made.data)
        assert tuple(row) == HEADER
        assert {column: cell for column, cell in row.items() if cell} == {
            "全国地方公共団体コード": "082163", "ID": "soba-1", "地方公共団体名": "茨城県笠間市", "名称": "そば処 見本",
            "名称_カナ": "ソバドコロ ミホン", "所在地_連結表記": "茨城県笠間市石井717", "説明": "飲食店",
        }  # fmt: skip

    async def test_an_address_is_completed_once(self, town):
        for number, address in enumerate(("石井717", "笠間市石井717", "茨城県笠間市石井717")):
            await register(town, f"soba-{number}", replace(SOBA, address=address))
        await register(town, "soba-9", replace(SOBA, address=""))
        addresses = [row["所在地_連結表記"] for row in rows_of((await given(town).get(KASAMA)).data)]
        assert addresses == ["茨城県笠間市石井717"] * 3 + [""]

    async def test_telephones_are_given_only_where_the_operator_says_so(self, town):
        await register(town, "soba-1")
        (without,) = rows_of((await given(town).get(KASAMA)).data)
        (row,) = rows_of((await given(town, with_phones=True).get(KASAMA)).data)
        assert (without["電話番号"], row["電話番号"]) == ("", "0296-72-1111")

    async def test_no_spreadsheet_runs_a_name(self, town):
        shop = await register(town, "soba-1", replace(SOBA, name='=HYPERLINK("http://evil.example")'))
        (row,) = rows_of(shops_csv(KASAMA, [shop], with_phones=False))
        assert row["名称"] == '\'=HYPERLINK("http://evil.example")'


class TestWhichShops:
    async def test_closed_ones_and_other_cities_are_left_out_and_pages_are_read_to_the_end(
        self, town, monkeypatch
    ):
        monkeypatch.setattr("gateway.cities.shops.open_data._PAGE", 2)
        for number in range(5):
            await register(town, f"soba-{number}")
        await register(town, "mito-1", SOBA, MITO)
        await town.city.shops.close(await town.who("operator"), "soba-2", "閉店")
        ids = [row["ID"] for row in rows_of((await given(town).get(KASAMA)).data)]
        assert ids == ["soba-0", "soba-1", "soba-3", "soba-4"]

    async def test_a_city_that_gives_none_is_not_found(self, town):
        with pytest.raises(ProblemError) as refusal:
            await given(town).get(MITO)
        assert refusal.value.type == "path-unknown"

    async def test_the_register_is_read_again_after_five_minutes_and_not_before(self, town):
        shops = given(town)
        before = await shops.get(KASAMA)
        await register(town, "soba-1")
        town.clock.now = NOON + CACHE_PERIOD - timedelta(seconds=1)
        assert (await shops.get(KASAMA)).tag == before.tag
        town.clock.now = NOON + CACHE_PERIOD
        after = await shops.get(KASAMA)
        assert after.tag != before.tag
        assert len(rows_of(after.data)) == 1


class TestOverHttp:
    @pytest.fixture
    def settings_more(self) -> str:
        return f'[open_data]\nmunicipalities = ["{KASAMA}"]\n'

    async def test_nobody_signs_and_the_licence_and_the_tag_are_told(self, site):
        token = await site.staff_token("operator")
        await site.call("POST", "/v1/city/shops", token, json={"shop_id": "soba-1", "name": "そば処 見本"})
        url = f"{site.url}/v1/open-data/{KASAMA}/shops.csv"
        async with ClientSession() as http:
            async with http.get(url) as answer:
                assert answer.status == 200
                assert (
                    answer.headers["Link"] == '<https://creativecommons.org/licenses/by/4.0/>; rel="license"'
                )
                assert answer.headers["Cache-Control"] == "public, max-age=3600"
                assert [row["名称"] for row in rows_of(await answer.read())] == ["そば処 見本"]
                tag = answer.headers["ETag"]
            async with http.get(url, headers={"If-None-Match": tag}) as answer:
                assert (answer.status, await answer.read()) == (304, b"")
            async with http.get(url, headers={"If-None-Match": '"other"'}) as answer:
                assert answer.status == 200
            async with http.get(f"{site.url}/v1/open-data/{MITO}/shops.csv") as answer:
                assert answer.status == 404


class TestTheSettings:
    @pytest.mark.parametrize(
        ("line", "sentence"),
        [
            ('municipalities = ["08216"]', "six digits"),
            ('licence = "http://example.jp"', "https address"),
            ('licence = "https://example.jp/>; rel=x"', "https address"),
        ],
    )
    def test_what_cannot_be_is_refused_with_its_place(self, tmp_path, line, sentence):
        (tmp_path / "gateway.toml").write_text(f"[open_data]\n{line}\n")
        with pytest.raises(SettingsWrong, match=sentence):
            Settings.load(tmp_path / "gateway.toml", env={})
