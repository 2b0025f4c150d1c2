"""Passwords: which are accepted; hashing that leaves the loop free, is bounded, and hides who exists."""

import asyncio
import threading
from collections.abc import Iterator

import pytest

from gateway.errors import ProblemError
from gateway.members.passwords import PasswordHasher, check_new_password

GOOD = "correct horse battery"


@pytest.fixture
def hasher() -> Iterator[PasswordHasher]:
    password_hasher = PasswordHasher(time_cost=1, memory_kib=64)
    yield password_hasher
    password_hasher.close()


@pytest.mark.parametrize(
    "password",
    [
        GOOD,
        "ぱすわーど の ながい ぶん",
        "x7#Kq2!mNp",
        "a" * 60 + GOOD + "b" * 47,
        "tH1s is n0t common",
        "82739450182736450918",
    ],
)
def test_a_password_of_10_to_128_characters_is_accepted(password: str) -> None:
    check_new_password(password, mykey_id="KAXAMA99")


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("", "short"),
        ("x7#Kq2!mN", "short"),
        (GOOD + "x" * 108, "long"),
        ("my id is kaxama99 indeed", "mykey-id"),
        ("KAXA MA99 KAXA", "mykey-id"),
        ("ＫＡＸＡＭＡ９９です", "mykey-id"),
        ("password12", "common"),
        ("ｐａｓｓｗｏｒｄ１２", "common"),
        ("Password2018!", "common"),
        ("1234567890", "common"),
        ("0987654321", "common"),
        ("qwertyuiop", "common"),
        ("poiuytrewq", "common"),
        ("1q2w3e4r5t", "common"),
        ("aaaaaaaaaa", "common"),
        ("1212121212", "common"),
        ("abc1abc1abc1", "common"),
        ("testtest2018", "common"),
        ("sakurasakura", "common"),
        ("abcdefghijkl", "common"),
        ("4821-5930-11", "common"),
        ("123456789a", "common"),
        ("q1w2e3r4t5y6", "common"),
        ("basketball", "common"),
        ("christopher", "common"),
        ("manchester", "common"),
        ("michaeljordan", "common"),
        ("letmein2024", "common"),
        ("1234qwerasdf", "common"),
        ("iloveyou12", "common"),
        ("P@ssw0rd!2024", "common"),
        ("Samantha12", "common"),
        ("zaq12wsxcde", "common"),
        ("summer2024!", "common"),
        ("qweasdzxc1", "common"),
        ("sunflower1", "common"),
        ("tanakatarou", "common"),
        ("yamadahanako", "common"),
        ("sakura2024", "common"),
        ("kasamaibaraki", "common"),
        ("doraemon1234", "common"),
        ("19880401tanaka", "common"),
        ("basketball" * 6, "common"),
    ],
)
def test_a_password_that_anyone_would_try_is_refused_with_its_reason(password: str, why: str) -> None:
    with pytest.raises(ProblemError) as refused:
        check_new_password(password, mykey_id="KAXAMA99")
    assert refused.value.type == "password-unfit"
    assert refused.value.facts["why"] == why


async def test_the_right_password_is_right_and_another_is_wrong(hasher: PasswordHasher) -> None:
    kept = await hasher.hash(GOOD)
    assert kept.startswith("$argon2id$")
    assert GOOD not in kept
    assert (await hasher.verify(kept, GOOD)).right
    assert not (await hasher.verify(kept, GOOD + "!")).right
    assert await hasher.hash(GOOD) != kept


async def test_a_password_is_the_same_from_every_keyboard(hasher: PasswordHasher) -> None:
    kept = await hasher.hash("パスワードが長いです")
    assert (await hasher.verify(kept, "ﾊﾟｽﾜｰﾄﾞが長いです")).right


async def test_an_unknown_member_is_wrong_even_with_the_password_that_nobody_has(
    hasher: PasswordHasher,
) -> None:
    assert not (await hasher.verify(None, GOOD)).right
    assert not (await hasher.verify(None, "a password that nobody has")).right


async def test_an_unknown_member_costs_as_many_hashes_as_a_known_one(
    hasher: PasswordHasher, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = await hasher.hash(GOOD)
    looked_at: list[str] = []
    real = hasher._argon.verify

    def counted(hashed: str, password: bytes) -> bool:
        looked_at.append(hashed.rpartition("$")[0].rpartition("$")[0])
        return real(hashed, password)

    monkeypatch.setattr(type(hasher._argon), "verify", lambda _, hashed, password: counted(hashed, password))
    await hasher.verify(kept, "wrong wrong wrong")
    await hasher.verify(None, "wrong wrong wrong")
    assert len(looked_at) == 2
    assert looked_at[0] == looked_at[1] == "$argon2id$v=19$m=64,t=1,p=1"


async def test_a_hash_of_older_parameters_is_renewed_when_the_password_is_right(
    hasher: PasswordHasher,
) -> None:
    kept = await hasher.hash(GOOD)
    assert (await hasher.verify(kept, GOOD)).renewed is None
    stronger = PasswordHasher(time_cost=2, memory_kib=64)
    verdict = await stronger.verify(kept, GOOD)
    assert verdict.right
    assert verdict.renewed is not None
    assert "t=2" in verdict.renewed
    assert (await stronger.verify(verdict.renewed, GOOD)).right
    assert (await stronger.verify(kept, "wrong wrong wrong")).renewed is None
    stronger.close()


@pytest.mark.parametrize("kept", ["", "not a hash", "$argon2id$v=19$m=64,t=1,p=1$damaged"])
async def test_a_damaged_hash_is_a_wrong_password_and_no_crash(hasher: PasswordHasher, kept: str) -> None:
    assert not (await hasher.verify(kept, GOOD)).right


@pytest.mark.parametrize("password", ["x" * 100_000, "\ud800" * 12, "\x00" * 12, ""])
async def test_odd_input_is_a_wrong_password_and_no_crash(hasher: PasswordHasher, password: str) -> None:
    assert not (await hasher.verify(await hasher.hash(GOOD), password)).right


async def test_a_flood_is_answered_busy_and_the_room_comes_back() -> None:
    hasher = PasswordHasher(threads=1, waiting=1, time_cost=1, memory_kib=64)
    gate, started = threading.Event(), threading.Event()

    def slow() -> None:
        started.set()
        gate.wait(10)

    running = asyncio.create_task(hasher._strangers.run(slow))
    await asyncio.to_thread(started.wait, 10)
    waiting = asyncio.create_task(hasher.verify(None, GOOD))
    await asyncio.sleep(0)

    with pytest.raises(ProblemError) as refused:
        await hasher.verify(None, GOOD)
    assert refused.value.type == "busy"
    assert refused.value.facts["retry_after_s"] == 5

    kept = await hasher.hash(GOOD)
    assert (await hasher.verify(kept, GOOD, is_known=True)).right  # strangers fill their own lane only
    gate.set()
    await asyncio.gather(running, waiting)
    assert not (await hasher.verify(None, GOOD)).right
    hasher.close()


async def test_one_network_fills_its_share_of_the_strangers_lane_and_no_more() -> None:
    hasher = PasswordHasher(threads=1, waiting=20, per_source=3, time_cost=1, memory_kib=64)
    gate, started = threading.Event(), threading.Event()

    def slow() -> None:
        started.set()
        gate.wait(10)

    running = asyncio.create_task(hasher._strangers.run(slow))
    await asyncio.to_thread(started.wait, 10)
    crowd = [asyncio.create_task(hasher.verify(None, GOOD, source="2001:db8::/64")) for _ in range(10)]
    await asyncio.sleep(0)
    other = asyncio.create_task(hasher.verify(None, GOOD, source="192.0.2.1"))
    gate.set()
    ended = await asyncio.gather(*crowd, return_exceptions=True)
    assert sum(isinstance(each, ProblemError) for each in ended) == 7
    assert not (await other).right
    await running
    assert not hasher._of_source
    hasher.close()


async def test_a_caller_who_goes_away_gives_the_room_back() -> None:
    hasher = PasswordHasher(threads=1, waiting=0, time_cost=1, memory_kib=64)
    gate = threading.Event()
    gone = asyncio.create_task(hasher._strangers.run(lambda: gate.wait(10)))
    await asyncio.sleep(0)
    gone.cancel()
    with pytest.raises(asyncio.CancelledError):
        await gone
    gate.set()
    for _ in range(1000):
        try:
            assert not (await hasher.verify(None, GOOD)).right
            break
        except ProblemError:
            await asyncio.sleep(0.001)
    else:
        pytest.fail("the place of a caller who went away was never given back")
    hasher.close()


async def test_a_closed_hasher_hashes_no_more_and_says_so_every_time() -> None:
    hasher = PasswordHasher(threads=1, waiting=0, time_cost=1, memory_kib=64)
    hasher.close()
    for _ in range(3):
        with pytest.raises(RuntimeError):
            await hasher.hash(GOOD)


async def test_the_loop_runs_on_while_a_password_is_hashed() -> None:
    hasher = PasswordHasher(threads=1, time_cost=1, memory_kib=64)
    main, seen = threading.get_ident(), []
    await hasher._strangers.run(lambda: seen.append(threading.get_ident()))
    assert seen != [main]
    hasher.close()


def test_every_leaked_password_of_the_list_is_refused() -> None:
    from zxcvbn.frequency_lists import FREQUENCY_LISTS

    leaked = [word for word in FREQUENCY_LISTS["passwords"] if len(word) >= 10]
    assert len(leaked) > 300
    for password in (*leaked[::7], *(word.capitalize() + "1!" for word in leaked[:20])):
        with pytest.raises(ProblemError):
            check_new_password(password)


@pytest.mark.parametrize("password", ["MihonTarou99", "tarou-mihon", "shinjin@kasama1", "Mihon.Tarou!"])
def test_a_persons_own_name_or_login_is_no_password(password: str) -> None:
    with pytest.raises(ProblemError) as refused:
        check_new_password(password, words=["Mihon Tarou", "shinjin@kasama"])
    assert refused.value.facts["why"] == "common"
