"""Staff sign in with a second factor, over HTTP; what a lost, guessed or forgotten one opens."""

import asyncio
from datetime import timedelta

import pytest

from gateway.platform import audit_log

from .conftest import KASAMA, MITO, NOON, PASSWORD, totp_at
from .passkey import SoftPasskey


async def sign_in(site, login, password=PASSWORD):
    return await site.call("POST", "/v1/staff/sessions", json={"login": login, "password": password})


async def with_totp(site, role="administrator", login="sato"):
    """Hire, sign in, set up an app; gives (staff id, token, seed)."""
    staff_id = await site.hire(role, login)
    token = (await sign_in(site, login))[1]["token"]
    seed = (await site.call("POST", "/v1/staff/me/totp/begin", token))[1]["seed"]
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
    begun = (await site.call("POST", "/v1/staff/me/passkeys/begin", token))[1]
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
        begun = (await site.call("POST", "/v1/staff/me/passkeys/begin", token))[1]
        values = {"token": begun["token"], "credential": passkey.create(begun["options"]), "name": "電話"}
        outcomes.append(await site.call("POST", "/v1/staff/me/passkeys", token, json=values))
    assert [status for status, _ in outcomes] == [201, 401]
    assert outcomes[1][1]["type"].endswith("second-factor-wrong")


@pytest.mark.parametrize("wrong", ["origin", "key", "challenge"])
async def test_a_passkey_of_another_place_key_or_challenge_is_refused(site, wrong):
    await site.hire("viewer", "suzuki")
    token = (await sign_in(site, "suzuki"))[1]["token"]
    begun = (await site.call("POST", "/v1/staff/me/passkeys/begin", token))[1]
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
    close = {"reason": "異動"}
    assert (await site.call("POST", f"/v1/city/staff/{boss_id}/closure", boss, json=close))[1][
        "type"
    ].endswith("own-role")
    assert (await site.call("POST", f"/v1/city/staff/{other}/closure", boss, json=close))[0] == 200
    assert (await sign_in(site, "yamada"))[0] == 401


async def test_two_administrators_cannot_close_each_other_at_once(site):
    a, token_a, _ = await with_totp(site, login="a-san")
    b, token_b, _ = await with_totp(site, login="b-san")
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
