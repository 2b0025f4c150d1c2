"""What a city tells members of their data: two persons change it, the log has every word, members read it where they have points."""

from __future__ import annotations

import pytest

from gateway.cities.member_data.privacy_texts import NO_TEXT_VERSION, PrivacyText
from gateway.errors import ProblemError
from gateway.members import member_rows
from gateway.platform import audit_log
from tests.gateway.cities.conftest import KASAMA, MITO, OUEN
from tests.gateway.cities.test_member_data import member, refused

JA = "笠間市は、ポイントのために使います。\n\n<b>ほか</b>には使いません。"
FIRST = PrivacyText(ja=JA, en="Kasama uses it for points.")


async def published(town, text=FIRST):
    boss = await town.who("administrator")
    await town.who("approver")
    await town.decided(await town.city.privacy_texts.propose_text(boss, text, "要綱"))


class TestAChange:
    async def test_takes_another_person(self, town):
        boss = await town.who("administrator")
        await town.who("approver")
        proposal = await town.city.privacy_texts.propose_text(boss, FIRST, "要綱", NO_TEXT_VERSION)
        assert (await town.city.privacy_texts.find(KASAMA)).text is None
        with pytest.raises(ProblemError):
            await town.decided(proposal, "administrator")
        assert (await town.city.privacy_texts.find(KASAMA)).text is None
        await town.decided(proposal)
        now = await town.city.privacy_texts.find(KASAMA)
        assert (now.text, now.changed_at) == (FIRST, town.clock())
        assert (await town.city.privacy_texts.find(MITO)).text is None

    async def test_the_log_has_every_word_before_and_after(self, town):
        await published(town)
        town.clock.forward(days=1)
        await published(town, PrivacyText(ja=JA, easy="かんたん"))
        lines = await town.store.read(lambda conn: audit_log.page(conn, KASAMA))
        new, old = (line.facts for line in lines if line.action == "privacy text changed")
        assert {name: value for name, value in old.items() if name.startswith("privacy")} == {
            "privacy_ja_before": "–", "privacy_ja": JA,
            "privacy_en_before": "–", "privacy_en": "Kasama uses it for points.",
        }  # fmt: skip
        assert {name: value for name, value in new.items() if name.startswith("privacy")} == {
            "privacy_en_before": "Kasama uses it for points.", "privacy_en": "–",
            "privacy_easy_before": "–", "privacy_easy": "かんたん",
        }  # fmt: skip

    async def test_from_what_was_seen_and_to_something_else(self, town):
        await published(town)
        boss = await town.who("administrator")
        propose = town.city.privacy_texts.propose_text
        other = PrivacyText(ja="別の文")
        assert await refused(propose(boss, other, "改正", NO_TEXT_VERSION)) == "changed-meanwhile"
        assert await refused(propose(boss, FIRST, "改正", FIRST.version)) == "nothing-changed"
        assert await refused(propose(boss, other, " ")) == "reason-missing"
        await propose(boss, other, "改正", FIRST.version)
        assert await refused(propose(boss, PrivacyText(ja="また別"), "改正")) == "proposal-pending"

    @pytest.mark.parametrize(
        ("values", "field"),
        [
            ({"ja": ""}, "ja"),
            ({"ja": " \n　", "en": "x"}, "ja"),
            ({"ja": "あ" * 2_001}, "ja"),
            ({"ja": "あ", "easy": "あ" * 2_001}, "easy"),
            ({"ja": "あ", "en": "a\u202eb"}, "en"),
            ({"ja": "あ", "en": "a\x00"}, "en"),
        ],
    )
    def test_what_is_no_text_is_refused_by_field(self, values, field):
        with pytest.raises(ProblemError) as caught:
            PrivacyText(**values)
        assert (caught.value.type, caught.value.facts["field"]) == ("bad-privacy-text", field)

    def test_margins_are_no_part_of_it(self):
        assert PrivacyText(ja="\n あ" + "い" * 1_999 + "　\n").ja == "あ" + "い" * 1_999


class TestAMember:
    async def test_reads_their_own_city_and_the_cities_of_their_points(self, town):
        await published(town)
        found = await member(town, 100)
        read = town.city.privacy_texts.list_for_member
        assert [each.municipality for each in await read(found.member_id)] == [KASAMA]

    async def test_a_default_city_without_points_and_points_that_are_all_held(self, town):
        await published(town)
        found = await member(town)
        read = town.city.privacy_texts.list_for_member
        assert await read(found.member_id) == []
        set_default = {"default_municipality": KASAMA, "default_point_service": OUEN}
        await town.store.run(lambda conn: member_rows.change(conn, found.member_id, **set_default))
        assert [each.municipality for each in await read(found.member_id)] == [KASAMA]
        elsewhere = {"default_municipality": MITO, "default_point_service": "mito"}
        await town.store.run(lambda conn: member_rows.change(conn, found.member_id, **elsewhere))
        assert await read(found.member_id) == []


class TestOverHttp:
    async def test_from_the_form_to_the_member(self, site):
        boss, chief = await site.staff_token("administrator"), await site.staff_token("approver")
        clerk = await site.staff_token("operator")
        path, wanted = "/v1/city/privacy-text", {"ja": JA, "reason": "要綱"}
        assert (await site.call("PUT", path, clerk, json=wanted))[0] == 403
        status, none = await site.call("GET", f"/v1/municipalities/{KASAMA}/privacy-text")
        assert (status, none["ja"], none["changed_at"]) == (200, None, None)
        status, refusal = await site.call("PUT", path, boss, json=wanted | {"ja": " "})
        assert (status, refusal["type"]) == (422, "/docs/problems/bad-privacy-text")
        status, proposal = await site.call("PUT", path, boss, json=wanted)
        assert (status, proposal["deed"], proposal["facts"]["privacy_ja"]) == (202, "privacy_text", JA)
        approval = f"/v1/city/proposals/{proposal['proposal_id']}/approval"
        assert (await site.call("POST", approval, chief, json={"digest": proposal["digest"]}))[0] == 200
        assert (await site.call("GET", path, clerk))[1]["ja"] == JA
        shown = (await site.call("GET", f"/v1/municipalities/{KASAMA}/privacy-text"))[1]
        assert (shown["ja"], shown["en"], shown["easy"], shown["municipality_name"]) == (
            JA,
            None,
            None,
            "笠間市",
        )
        assert (await site.call("GET", "/v1/municipalities/999999/privacy-text"))[0] in {404, 422}
        _, token = await site.member_token()
        assert (await site.call("GET", "/v1/me/privacy-texts", token))[0] == 200
        assert (await site.call("GET", "/v1/me/privacy-texts"))[0] == 401
        assert (await site.call("GET", "/v1/me/privacy-texts", boss))[0] == 401
