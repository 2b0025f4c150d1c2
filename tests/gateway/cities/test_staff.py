"""Staff sign in with a second factor, over HTTP; what a lost, guessed or forgotten one opens."""

import asyncio
from datetime import timedelta

import pytest

from gateway.platform import audit_log

from .conftest import KASAMA, MITO, NOON, PASSWORD, totp_at
from .passkey import SoftPasskey

AGAIN = {"password": PASSWORD}


async def sign_in(site, login, password=PASSWORD):
    return await site.call("POST", "/v1/staff/sessions", json={"login": login, "password": password})


async def with_totp(site, role="administrator", login="sato"):
    """Hire, sign in, set up an app; gives (staff id, token, seed)."""
    staff_id = await site.hire(role, login)
    token = (await sign_in(site, login))[1]["token"]
    seed = (await site.call("POST", "/v1/staff/me/totp/begin", token, json=AGAIN))[1]["seed"]
    status, _ = await site.call(
        "POST", "/v1/staff/me/totp", token, json={"code": totp_at(seed, site.clock())}
    )
    assert status == 204
    return staff_id, token, seed


async def test_without_a_second_factor_staff_may_only_set_one_up(site):
    await site.hire("administrator", "sato")
    status, begun = await sign_in(site, "SATO")
    assert status == 201
    assert begun["session"]["strong"] is False
    status, refused = await site.call("GET", "/v1/city/staff", begun["token"])
    assert (status, refused["type"]) == (403, "/docs/problems/second-factor-missing")


async def test_a_confirmed_app_makes_the_session_strong_and_is_asked_for_next_time(site):
    _, token, seed = await with_totp(site)
    assert (await site.call("GET", "/v1/city/staff", token))[0] == 200
    status, half = await sign_in(site, "sato")
    assert (status, half["token"], half["by_totp"], half["by_passkey"]) == (201, None, True, False)
    site.set_clock(NOON + timedelta(minutes=2))
    proof = {"sign_in_token": half["sign_in_token"], "code": totp_at(seed, site.clock())}
    status, whole = await site.call("POST", "/v1/staff/sessions/totp", json=proof)
    assert (status, whole["session"]["strong"]) == (201, True)
    again = await site.call("POST", "/v1/staff/sessions/totp", json=proof)
    assert again[1]["type"].endswith("sign-in-ended")


async def test_a_code_opens_once_even_within_its_thirty_seconds(site):
    _, _, seed = await with_totp(site)
    site.set_clock(NOON + timedelta(minutes=2))
    code = totp_at(seed, site.clock())
    outcomes = []
    for _ in range(2):
        half = (await sign_in(site, "sato"))[1]
        proof = {"sign_in_token": half["sign_in_token"], "code": code}
        outcomes.append((await site.call("POST", "/v1/staff/sessions/totp", json=proof))[0])
    assert outcomes == [201, 401]


async def test_guessing_codes_locks_also_over_new_sign_ins(site):
    await with_totp(site)
    site.set_clock(NOON + timedelta(minutes=2))
    answers = []
    for _ in range(7):
        half = (await sign_in(site, "sato"))[1]
        proof = {"sign_in_token": half["sign_in_token"], "code": "000000"}
        answers.append((await site.call("POST", "/v1/staff/sessions/totp", json=proof))[0])
    assert answers[0] == 401
    assert answers[-1] == 429


async def test_a_passkey_is_set_up_and_signs_in(site):
    await site.hire("viewer", "suzuki")
    token = (await sign_in(site, "suzuki"))[1]["token"]
    begun = (await site.call("POST", "/v1/staff/me/passkeys/begin", token, json=AGAIN))[1]
    passkey = SoftPasskey("https://city.example")
    values = {"token": begun["token"], "credential": passkey.create(begun["options"]), "name": "私の電話"}
    status, kept = await site.call("POST", "/v1/staff/me/passkeys", token, json=values)
    assert status == 201, kept
    half = (await sign_in(site, "suzuki"))[1]
    assert half["by_passkey"] is True
    proof = {"sign_in_token": half["sign_in_token"], "credential": passkey.get(half["passkey_options"])}
    status, whole = await site.call("POST", "/v1/staff/sessions/passkey", json=proof)
    assert (status, whole["session"]["strong"]) == (201, True), whole


async def test_a_passkey_that_is_known_is_added_by_nobody_again(site):
    passkey, outcomes = SoftPasskey("https://city.example"), []
    for login in ("suzuki", "sato"):
        await site.hire("viewer", login)
        token = (await sign_in(site, login))[1]["token"]
        begun = (await site.call("POST", "/v1/staff/me/passkeys/begin", token, json=AGAIN))[1]
        values = {"token": begun["token"], "credential": passkey.create(begun["options"]), "name": "電話"}
        outcomes.append(await site.call("POST", "/v1/staff/me/passkeys", token, json=values))
    assert [status for status, _ in outcomes] == [201, 401]
    assert outcomes[1][1]["type"].endswith("second-factor-wrong")


@pytest.mark.parametrize("wrong", ["origin", "key", "challenge"])
async def test_a_passkey_of_another_place_key_or_challenge_is_refused(site, wrong):
    await site.hire("viewer", "suzuki")
    token = (await sign_in(site, "suzuki"))[1]["token"]
    begun = (await site.call("POST", "/v1/staff/me/passkeys/begin", token, json=AGAIN))[1]
    passkey = SoftPasskey("https://city.example")
    values = {"token": begun["token"], "credential": passkey.create(begun["options"]), "name": "電話"}
    await site.call("POST", "/v1/staff/me/passkeys", token, json=values)
    half = (await sign_in(site, "suzuki"))[1]
    options = half["passkey_options"]
    if wrong == "origin":
        passkey.origin = "https://city.example.evil.example"
    elif wrong == "key":
        passkey.new_key()
    else:
        options = {**options, "challenge": "AAAA" + options["challenge"][4:]}
    proof = {"sign_in_token": half["sign_in_token"], "credential": passkey.get(options)}
    status, refused = await site.call("POST", "/v1/staff/sessions/passkey", json=proof)
    assert (status, refused["type"]) == (401, "/docs/problems/second-factor-wrong")


async def test_a_first_password_opens_nothing_but_its_own_change(site):
    boss = await site.staff_token("administrator")
    wanted = {"login": "Tanaka@Kasama", "display_name": "田中", "role": "operator"}
    status, added = await site.decided("/v1/city/staff", boss, wanted)
    assert (status, added["staff"]["login"]) == (200, "tanaka@kasama")
    first = added["first_password"]
    token = (await sign_in(site, "tanaka@kasama", first))[1]["token"]
    status, refused = await site.call("GET", "/v1/city/staff", token)
    assert refused["type"].endswith("role-not-allowed")
    change = {"current": first, "new": PASSWORD}
    assert (await site.call("PUT", "/v1/staff/me/password", token, json=change))[0] == 204
    assert (await sign_in(site, "tanaka@kasama", first))[0] == 401
    assert (await sign_in(site, "tanaka@kasama"))[1]["session"]["first_password"] is False


async def test_unknown_logins_and_wrong_passwords_have_the_same_words(site):
    await site.hire("viewer", "suzuki")
    wrong = await sign_in(site, "suzuki", "not the password")
    nobody = await sign_in(site, "nobody", "not the password")
    assert wrong[0] == nobody[0] == 401
    assert wrong[1]["detail"] == nobody[1]["detail"]


async def test_staff_of_another_city_do_not_exist(site):
    stranger = await site.hire("viewer", "stranger", MITO)
    boss = await site.staff_token("administrator")
    status, refused = await site.call(
        "POST", f"/v1/city/staff/{stranger}/closure", boss, json={"reason": "退職"}
    )
    assert (status, refused["type"]) == (404, "/docs/problems/unknown-staff")
    listed = (await site.call("GET", "/v1/city/staff", boss))[1]["staff"]
    assert stranger not in [one["staff_id"] for one in listed]


async def test_names_behind_staff_ids_are_told_to_the_own_city_and_nothing_more(site):
    own = await site.hire("operator", "sato")
    stranger = await site.hire("viewer", "stranger", MITO)
    told = (await site.call("GET", "/v1/city/people", await site.staff_token("viewer")))[1]["people"]
    assert own in [one["staff_id"] for one in told]
    assert stranger not in [one["staff_id"] for one in told]
    assert {name for one in told for name in one} == {"staff_id", "display_name"}


async def test_a_city_keeps_its_last_administrator(site):
    boss_id, boss, _ = await with_totp(site)
    other = await site.hire("administrator", "yamada")
    await site.hire("approver", "kacho")
    close = {"reason": "異動"}
    assert (await site.call("POST", f"/v1/city/staff/{boss_id}/closure", boss, json=close))[1][
        "type"
    ].endswith("own-role")
    assert (await site.call("POST", f"/v1/city/staff/{other}/closure", boss, json=close))[0] == 200
    assert (await sign_in(site, "yamada"))[0] == 401


async def test_two_administrators_cannot_close_each_other_at_once(site):
    a, token_a, _ = await with_totp(site, login="a-san")
    b, token_b, _ = await with_totp(site, login="b-san")
    await site.hire("approver", "kacho")
    why = {"reason": "競争"}
    answers = await asyncio.gather(
        site.call("POST", f"/v1/city/staff/{b}/closure", token_a, json=why),
        site.call("POST", f"/v1/city/staff/{a}/closure", token_b, json=why),
    )
    assert sorted(status for status, _ in answers) in ([200, 401], [200, 409])


async def test_a_changed_role_ends_the_sessions(site):
    staff_id, token, _ = await with_totp(site, role="operator", login="tanaka")
    boss = await site.staff_token("administrator")
    change = {"role": "viewer", "reason": "担当替え"}
    assert (await site.call("PUT", f"/v1/city/staff/{staff_id}/role", boss, json=change))[0] == 200
    assert (await site.call("GET", "/v1/staff/me", token))[0] == 401


async def test_a_reset_takes_factors_and_sessions_away_and_is_in_the_log(site):
    staff_id, token, _ = await with_totp(site, role="operator", login="tanaka")
    boss = await site.staff_token("administrator")
    status, reset = await site.decided(f"/v1/city/staff/{staff_id}/reset", boss, {"reason": "電話の紛失"})
    assert status == 200
    assert (await site.call("GET", "/v1/staff/me", token))[0] == 401
    assert (await sign_in(site, "tanaka", reset["first_password"]))[1]["session"]["strong"] is False
    log = (await site.call("GET", "/v1/city/audit", boss))[1]["lines"]
    line = next(one for one in log if one["action"] == "access reset")
    assert (line["subject"], line["reason"]) == ("tanaka", "電話の紛失")
    assert (await site.call("POST", "/v1/city/audit/verification", boss))[1] == {"faults": []}


async def test_a_reset_stands_also_where_a_password_was_being_changed_meanwhile(site, monkeypatch):
    boss, staff_id = await site.staff_token("administrator"), await site.hire("operator", "suzuki")
    token = (await sign_in(site, "suzuki"))[1]["token"]
    hasher, new = site.services.city.context.hasher, "asagao-no-sakima-8"
    hash_at_once = hasher.hash

    async def slow_hash(password):
        if password == new:
            status, _ = await site.decided(f"/v1/city/staff/{staff_id}/reset", boss, {"reason": "盗難の疑い"})
            assert status == 200
        return await hash_at_once(password)

    monkeypatch.setattr(hasher, "hash", slow_hash)
    changed = {"current": PASSWORD, "new": new}
    status, refused = await site.call("PUT", "/v1/staff/me/password", token, json=changed)
    assert (status, refused["type"]) == (403, "/docs/problems/current-password-wrong")
    assert (await sign_in(site, "suzuki", new))[0] == 401


async def test_half_a_sign_in_ends_with_the_password_it_was_begun_with(site):
    _, token, seed = await with_totp(site)
    site.set_clock(NOON + timedelta(minutes=2))
    half = (await sign_in(site, "sato"))[1]
    changed = {"current": PASSWORD, "new": "asagao-no-sakima-8"}
    assert (await site.call("PUT", "/v1/staff/me/password", token, json=changed))[0] == 204
    proof = {"sign_in_token": half["sign_in_token"], "code": totp_at(seed, site.clock())}
    status, refused = await site.call("POST", "/v1/staff/sessions/totp", json=proof)
    assert (status, refused["type"]) == (401, "/docs/problems/sign-in-ended")


async def test_half_a_sign_in_of_somebody_who_was_closed_meanwhile_is_over(site):
    staff_id, _, seed = await with_totp(site, "operator")
    boss = await site.staff_token("administrator")
    site.set_clock(NOON + timedelta(minutes=2))
    half = (await sign_in(site, "sato"))[1]
    status, _ = await site.call("POST", f"/v1/city/staff/{staff_id}/closure", boss, json={"reason": "退職"})
    assert status == 200
    proof = {"sign_in_token": half["sign_in_token"], "code": totp_at(seed, site.clock())}
    status, refused = await site.call("POST", "/v1/staff/sessions/totp", json=proof)
    assert (status, refused["type"]) == (401, "/docs/problems/sign-in-ended")


async def test_a_session_ends_after_fifteen_idle_minutes_and_after_nine_hours(site):
    await site.hire("viewer", "suzuki")
    token = (await sign_in(site, "suzuki"))[1]["token"]
    for _ in range(3):
        site.set_clock(site.clock() + timedelta(minutes=14))
        assert (await site.call("GET", "/v1/staff/me", token))[0] == 200
    site.set_clock(site.clock() + timedelta(minutes=15, seconds=1))
    assert (await site.call("GET", "/v1/staff/me", token))[0] == 401


async def test_a_member_session_is_no_staff_session_and_the_other_way_round(site):
    _, member = await site.member_token()
    staff = await site.staff_token("administrator")
    assert (await site.call("GET", "/v1/staff/me", member))[1]["type"].endswith("session-ended")
    assert (await site.call("GET", "/v1/me", staff))[1]["type"].endswith("session-ended")


async def test_no_secret_stands_in_the_database(site):
    _, token, seed = await with_totp(site)
    raw = (site.folder / "gateway.db").read_bytes() + (site.folder / "gateway.db-wal").read_bytes()
    for secret in (token, seed, PASSWORD):
        assert secret.encode() not in raw


async def test_every_sign_in_is_in_the_log_of_its_city_only(site):
    await site.hire("viewer", "suzuki")
    await sign_in(site, "suzuki")
    read = site.services.store.read
    own = await read(lambda conn: audit_log.page(conn, KASAMA))
    assert [(one.action, one.subject) for one in own] == [("signed in", "suzuki")]
    assert await read(lambda conn: audit_log.page(conn, MITO)) == []


async def attempt(site, password, source, *devices):
    body = {"login": "sato", "password": password, "source": source, "devices": list(devices)}
    return await site.call("POST", "/v1/staff/sessions", json=body)


async def test_a_strangers_wrong_passwords_lock_the_stranger_and_no_staff_out(site):
    await site.hire("administrator", "sato")
    known = (await attempt(site, PASSWORD, "192.0.2.1"))[1]["device"]
    for _ in range(5):
        assert (await attempt(site, "not the password", "203.0.113.9"))[0] == 401
    assert (await attempt(site, PASSWORD, "203.0.113.9"))[0] == 429
    status, came = await attempt(site, PASSWORD, "192.0.2.1")
    assert (status, came["missed_elsewhere"]) == (201, 5)
    for network in range(50):
        await attempt(site, "not the password", f"2001:db8:0:{network}::/64")
    assert (await attempt(site, PASSWORD, "192.0.2.1"))[0] == 429  # too many networks try at once
    assert (await attempt(site, PASSWORD, "192.0.2.1", known))[0] == 201
    assert (await attempt(site, PASSWORD, "203.0.113.9", known))[0] == 201


async def test_a_reset_lifts_every_lock_also_that_of_the_codes(site):
    boss = await site.staff_token("administrator")
    staff_id, _, _ = await with_totp(site, role="operator")
    site.set_clock(NOON + timedelta(minutes=2))
    for _ in range(5):
        half = (await attempt(site, PASSWORD, ""))[1]
        proof = {"sign_in_token": half["sign_in_token"], "code": "000000"}
        await site.call("POST", "/v1/staff/sessions/totp", json=proof)
    for source in ("", "192.0.2.1"):
        for _ in range(5):
            await attempt(site, "not the password", source)
    _, reset = await site.decided(f"/v1/city/staff/{staff_id}/reset", boss, {"reason": "締め出された"})
    first = reset["first_password"]
    for source in ("", "192.0.2.1"):
        assert (await attempt(site, first, source))[0] == 201
    token = (await attempt(site, first, ""))[1]["token"]
    changed = {"current": first, "new": "tsubaki-no-hana-7"}
    assert (await site.call("PUT", "/v1/staff/me/password", token, json=changed))[0] == 204
    again = {"password": changed["new"]}
    seed = (await site.call("POST", "/v1/staff/me/totp/begin", token, json=again))[1]["seed"]
    code = {"code": totp_at(seed, site.clock())}
    assert (await site.call("POST", "/v1/staff/me/totp", token, json=code))[0] == 204


@pytest.mark.parametrize("seconds", [-30, 30])
async def test_a_code_of_the_half_minute_before_or_after_is_no_code(site, seconds):
    _, _, seed = await with_totp(site)
    site.set_clock(NOON + timedelta(minutes=2))
    half = (await sign_in(site, "sato"))[1]
    code = totp_at(seed, site.clock() + timedelta(seconds=seconds))
    proof = {"sign_in_token": half["sign_in_token"], "code": code}
    assert (await site.call("POST", "/v1/staff/sessions/totp", json=proof))[0] == 401


async def test_a_passkey_that_has_not_verified_its_owner_is_none(site):
    await site.hire("viewer", "suzuki")
    token = (await sign_in(site, "suzuki"))[1]["token"]
    begun = (await site.call("POST", "/v1/staff/me/passkeys/begin", token, json=AGAIN))[1]
    assert begun["options"]["authenticatorSelection"]["userVerification"] == "required"
    passkey = SoftPasskey("https://city.example", verifies=False)
    made = {"token": begun["token"], "credential": passkey.create(begun["options"]), "name": "鍵"}
    assert (await site.call("POST", "/v1/staff/me/passkeys", token, json=made))[0] == 401


class TestAnOpenSessionAlone:
    """It makes no lasting way in and takes none away: the password is asked for again, and its misses count."""

    @pytest.mark.parametrize("way", ["passkeys", "totp"])
    async def test_begins_no_second_factor(self, site, way):
        await site.hire("viewer", "suzuki")
        token = (await sign_in(site, "suzuki"))[1]["token"]
        begin = f"/v1/staff/me/{way}/begin"
        assert (await site.call("POST", begin, token))[0] in (415, 422)
        wrong = {"password": "not the password"}
        status, refused = await site.call("POST", begin, token, json=wrong)
        assert (status, refused["type"]) == (403, "/docs/problems/current-password-wrong")
        assert (await site.call("POST", begin, token, json=AGAIN))[0] == 200

    async def test_is_locked_out_of_guessing_and_the_way_in_is_not(self, site):
        await site.hire("viewer", "suzuki")
        token = (await sign_in(site, "suzuki"))[1]["token"]
        wrong = {"password": "not the password"}
        statuses = [
            (await site.call("POST", "/v1/staff/me/passkeys/begin", token, json=wrong))[0] for _ in range(6)
        ]
        assert statuses == [403] * 5 + [429]
        assert (await site.call("POST", "/v1/staff/me/passkeys/begin", token, json=AGAIN))[0] == 429
        assert (await sign_in(site, "suzuki"))[0] == 201

    @pytest.mark.parametrize("way", ["passkeys", "totp"])
    async def test_removes_none(self, site, way):
        _, token, _ = await with_totp(site)
        _, credential_id = await add_passkey(site, token)
        body = {"password": "not the password"} | (
            {"credential_id": credential_id} if way == "passkeys" else {}
        )
        assert (await site.call("POST", f"/v1/staff/me/{way}/removal", token, json=body))[0] == 403
        me = (await site.call("GET", "/v1/staff/me", token))[1]
        assert (me["has_totp"], len(me["passkeys"])) == (True, 1)


async def add_passkey(site, token, name="電話"):
    """Set one up; gives it and its credential id."""
    begun = (await site.call("POST", "/v1/staff/me/passkeys/begin", token, json=AGAIN))[1]
    passkey = SoftPasskey("https://city.example")
    made = {"token": begun["token"], "credential": passkey.create(begun["options"]), "name": name}
    status, kept = await site.call("POST", "/v1/staff/me/passkeys", token, json=made)
    assert status == 201, kept
    return passkey, kept["credential_id"]


class TestAPersonRemovesASecondFactor:
    async def test_a_lost_passkey_signs_in_no_more_and_others_do(self, site):
        await site.hire("operator", "suzuki")
        token = (await sign_in(site, "suzuki"))[1]["token"]
        lost, lost_id = await add_passkey(site, token, "なくした鍵")
        kept, _ = await add_passkey(site, token, "手元の鍵")
        half = (await sign_in(site, "suzuki"))[1]
        removal = {**AGAIN, "credential_id": lost_id}
        assert (await site.call("POST", "/v1/staff/me/passkeys/removal", token, json=removal))[0] == 204
        for passkey, status in ((lost, 401), (kept, 201)):
            proof = {
                "sign_in_token": half["sign_in_token"],
                "credential": passkey.get(half["passkey_options"]),
            }
            assert (await site.call("POST", "/v1/staff/sessions/passkey", json=proof))[0] == status
        again = await site.call("POST", "/v1/staff/me/passkeys/removal", token, json=removal)
        assert (again[0], again[1]["type"]) == (404, "/docs/problems/unknown-passkey")

    async def test_the_last_one_stays(self, site):
        _, token, _ = await with_totp(site)
        status, refused = await site.call("POST", "/v1/staff/me/totp/removal", token, json=AGAIN)
        assert (status, refused["type"]) == (409, "/docs/problems/second-factor-last")
        _, credential_id = await add_passkey(site, token)
        assert (await site.call("POST", "/v1/staff/me/totp/removal", token, json=AGAIN))[0] == 204
        removal = {**AGAIN, "credential_id": credential_id}
        status, refused = await site.call("POST", "/v1/staff/me/passkeys/removal", token, json=removal)
        assert (status, refused["type"]) == (409, "/docs/problems/second-factor-last")

    async def test_another_persons_passkey_is_none_of_mine(self, site):
        _, token, _ = await with_totp(site)
        await site.hire("viewer", "suzuki")
        other = (await sign_in(site, "suzuki"))[1]["token"]
        _, credential_id = await add_passkey(site, other)
        removal = {**AGAIN, "credential_id": credential_id}
        assert (await site.call("POST", "/v1/staff/me/passkeys/removal", token, json=removal))[0] == 404
        assert len((await site.call("GET", "/v1/staff/me", other))[1]["passkeys"]) == 1

    async def test_the_other_sessions_end_and_the_log_says_so(self, site):
        _, token, seed = await with_totp(site)
        _, credential_id = await add_passkey(site, token, "なくした鍵")
        other = await whole_sign_in(site, seed)
        removal = {**AGAIN, "credential_id": credential_id}
        assert (await site.call("POST", "/v1/staff/me/passkeys/removal", token, json=removal))[0] == 204
        assert (await site.call("GET", "/v1/staff/me", other))[0] == 401
        lines = (await site.call("GET", "/v1/city/audit", token))[1]["lines"]
        assert ("passkey removed", {"name": "なくした鍵"}) in [
            (line["action"], line["facts"]) for line in lines
        ]


async def whole_sign_in(site, seed, minutes=2):
    """Sign `sato` in by password and the app's code, some minutes later; gives the token."""
    site.set_clock(NOON + timedelta(minutes=minutes))
    half = (await sign_in(site, "sato"))[1]
    proof = {"sign_in_token": half["sign_in_token"], "code": totp_at(seed, site.clock())}
    return (await site.call("POST", "/v1/staff/sessions/totp", json=proof))[1]["token"]


class TestAPersonSeesAndEndsSessions:
    async def test_each_is_listed_and_one_is_ended_by_its_id(self, site):
        _, token, seed = await with_totp(site)
        other = await whole_sign_in(site, seed)
        listed = (await site.call("GET", "/v1/staff/me/sessions", token))[1]["sessions"]
        assert sorted(each["current"] for each in listed) == [False, True]
        session_id = next(each["session_id"] for each in listed if not each["current"])
        assert (await site.call("DELETE", f"/v1/staff/me/sessions/{session_id}", token))[0] == 204
        assert (await site.call("GET", "/v1/staff/me", other))[0] == 401
        assert (await site.call("DELETE", f"/v1/staff/me/sessions/{session_id}", token))[0] == 404

    async def test_all_others_end_and_so_does_what_is_half_begun(self, site):
        _, token, seed = await with_totp(site)
        other = await whole_sign_in(site, seed)
        site.set_clock(NOON + timedelta(minutes=4))
        half = (await sign_in(site, "sato"))[1]
        ended = await site.call("DELETE", "/v1/staff/me/sessions", token)
        assert ended == (200, {"ended": 1})
        assert (await site.call("GET", "/v1/staff/me", other))[0] == 401
        proof = {"sign_in_token": half["sign_in_token"], "code": totp_at(seed, site.clock())}
        assert (await site.call("POST", "/v1/staff/sessions/totp", json=proof))[0] == 401
        assert (await site.call("GET", "/v1/staff/me", token))[0] == 200

    async def test_another_persons_session_is_not_found(self, site):
        _, token, _ = await with_totp(site)
        await site.hire("viewer", "suzuki")
        other = (await sign_in(site, "suzuki"))[1]["token"]
        session_id = (await site.call("GET", "/v1/staff/me/sessions", other))[1]["sessions"][0]["session_id"]
        assert (await site.call("DELETE", f"/v1/staff/me/sessions/{session_id}", token))[0] == 404
        assert (await site.call("GET", "/v1/staff/me", other))[0] == 200

    async def test_an_idle_one_is_listed_no_more(self, site):
        _, token, seed = await with_totp(site)
        site.set_clock(NOON + timedelta(minutes=16))
        token = await whole_sign_in(site, seed, 16)
        listed = (await site.call("GET", "/v1/staff/me/sessions", token))[1]["sessions"]
        assert [each["current"] for each in listed] == [True]
