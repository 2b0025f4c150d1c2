"""Point services and support events: what takes points, what does not, and the way that does work."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.pool import StaticPool

from gateway.errors import ProblemError
from gateway.platform import tables
from gateway.points import directory, support_events
from gateway.points.support_events import SupportEvent

NOW = datetime(2018, 7, 1, 12, 0, tzinfo=UTC)
KASAMA, MITO, SAPPORO, SAPPORO_CHUO = "082163", "082015", "011002", "011011"


@pytest.fixture
def conn() -> Iterator[sa.Connection]:
    engine = sa.create_engine("sqlite://", poolclass=StaticPool)
    tables.metadata.create_all(engine)
    with engine.begin() as connection:
        yield connection
    engine.dispose()


def register(conn: sa.Connection, code: str, service: str, *, direct: bool = True) -> directory.PointService:
    return directory.register_service(
        conn, code, service, name=f"{service}ポイント", open_for_direct_exchange=direct, at=NOW
    )


def refusal(call: object, *args: object, **options: object) -> ProblemError:
    with pytest.raises(ProblemError) as refused:
        call(*args, **options)  # type: ignore[operator]
    return refused.value


def open_service(conn: sa.Connection, code: str = KASAMA, service: str = "kasama") -> directory.PointService:
    return directory.require_open(code, service, directory.require_service(conn, code, service))


def test_a_registered_point_service_is_open_and_comes_back_as_it_was(conn: sa.Connection) -> None:
    point_service = directory.register_service(
        conn, KASAMA, "kasama", name=" 笠間応援ポイント ", open_for_direct_exchange=True, at=NOW
    )
    assert point_service.name == "笠間応援ポイント"
    assert open_service(conn) == point_service
    assert point_service.created_at == NOW
    assert point_service.closed_at is None


def test_a_service_not_open_for_direct_exchange_is_refused_with_the_way_that_works(
    conn: sa.Connection,
) -> None:
    register(conn, KASAMA, "kasama", direct=False)
    refused = refusal(open_service, conn)
    assert refused.type == "not-open-for-direct-exchange"
    assert "留保ポイント" in str(refused)
    assert "各自治体ポイントへの移行" in str(refused)
    assert directory.require_service(conn, KASAMA, "kasama").point_service == "kasama"


def test_direct_exchange_is_opened_and_closed(conn: sa.Connection) -> None:
    register(conn, KASAMA, "kasama", direct=False)
    assert directory.set_direct_exchange(conn, KASAMA, "kasama", is_open=True).open_for_direct_exchange
    assert open_service(conn).open_for_direct_exchange
    directory.set_direct_exchange(conn, KASAMA, "kasama", is_open=False)
    assert refusal(open_service, conn).type == "not-open-for-direct-exchange"


@pytest.mark.parametrize("code", ["082164", "", "999999", "08216", "０８２１６３", "016951", "080004"])
def test_an_unknown_municipality_is_refused(conn: sa.Connection, code: str) -> None:
    for call in (open_service, directory.require_service):
        refused = refusal(call, conn, code, "kasama")
        assert refused.type == "unknown-municipality"


def test_a_ward_is_refused_with_the_code_of_its_city(conn: sa.Connection) -> None:
    refused = refusal(directory.require_municipality, SAPPORO_CHUO)
    assert refused.type == "unknown-municipality"
    assert SAPPORO in str(refused)
    assert "札幌市" in str(refused)


def test_an_unknown_point_service_is_refused(conn: sa.Connection) -> None:
    register(conn, MITO, "mito")
    refused = refusal(open_service, conn, KASAMA, "mito")
    assert refused.type == "unknown-point-service"
    assert "笠間市" in str(refused)


def test_a_closed_service_takes_no_more_points_but_is_still_known(conn: sa.Connection) -> None:
    register(conn, KASAMA, "kasama")
    closed = directory.close_service(conn, KASAMA, "kasama", at=NOW + timedelta(days=1))
    assert closed.closed_at == NOW + timedelta(days=1)

    refused = refusal(directory.require_service, conn, KASAMA, "kasama")
    assert refused.type == "unknown-point-service"
    assert "no more points" in str(refused)
    assert (
        refusal(directory.set_direct_exchange, conn, KASAMA, "kasama", is_open=True).type
        == "unknown-point-service"
    )
    assert directory.require_known_service(conn, KASAMA, "kasama") == closed
    assert directory.close_service(conn, KASAMA, "kasama", at=NOW + timedelta(days=9)) == closed


def test_a_closed_service_is_reopened_as_it_was(conn: sa.Connection) -> None:
    before = register(conn, KASAMA, "kasama", direct=False)
    directory.close_service(conn, KASAMA, "kasama", at=NOW)
    assert directory.reopen_service(conn, KASAMA, "kasama") == before
    assert directory.require_service(conn, KASAMA, "kasama") == before


def test_services_are_listed_by_code_prefecture_and_openness(conn: sa.Connection) -> None:
    for code, service, direct in (
        (MITO, "mito", False), (KASAMA, "kasama", True), (KASAMA, "chestnut", False), (SAPPORO, "sapporo", True),
    ):  # fmt: skip
        register(conn, code, service, direct=direct)
    register(conn, KASAMA, "old")
    directory.close_service(conn, KASAMA, "old", at=NOW)

    def ids(**which: object) -> list[str]:
        return [each.point_service for each in directory.list_services(conn, **which)]  # type: ignore[arg-type]

    assert ids() == ["sapporo", "mito", "chestnut", "kasama"]
    assert ids(municipality_code=KASAMA) == ["chestnut", "kasama"]
    assert ids(municipality_code=KASAMA, closed=True) == ["chestnut", "kasama", "old"]
    assert ids(prefecture_code="08") == ids(prefecture_code="080004") == ["mito", "chestnut", "kasama"]
    assert ids(prefecture_code="08", open_for_direct_exchange=True) == ["kasama"]
    assert ids(open_for_direct_exchange=False) == ["mito", "chestnut"]
    assert ids(municipality_code="131016") == []


@pytest.mark.parametrize(
    ("typed", "services"),
    [
        ("", ["sapporo", "mito", "kasama"]),
        ("　", ["sapporo", "mito", "kasama"]),
        ("笠間", ["kasama"]),
        ("かさま", ["kasama"]),
        ("Kasama City", ["kasama"]),
        ("応援", ["mito"]),
        ("札幌", ["sapporo"]),
        ("SAPPORO", ["sapporo"]),
        ("函館", []),
        ("%", []),
    ],
)
def test_services_are_found_by_their_name_or_their_municipalitys(
    conn: sa.Connection, typed: str, services: list[str]
) -> None:
    for code, service, name in (
        (MITO, "mito", "応援ﾎﾟｲﾝﾄ"), (KASAMA, "kasama", "まちのポイント"), (SAPPORO, "sapporo", "雪まつり"),
    ):  # fmt: skip
        directory.register_service(conn, code, service, name=name, open_for_direct_exchange=True, at=NOW)
    assert [each.point_service for each in directory.list_services(conn, named=typed)] == services


def test_a_list_for_a_place_that_does_not_exist_is_refused(conn: sa.Connection) -> None:
    refused = refusal(directory.list_services, conn, prefecture_code="48")
    assert refused.type == "unknown-prefecture"
    assert refusal(directory.list_services, conn, municipality_code="082164").type == "unknown-municipality"


@pytest.mark.parametrize("service", ["", "Kasama", "笠間", "a:b", "-a", "a-", "a" * 41, "a b", "a\n"])
def test_a_bad_id_is_refused_because_account_names_are_made_of_it(conn: sa.Connection, service: str) -> None:
    assert refusal(register, conn, KASAMA, service).type == "bad-point-service"
    assert directory.list_services(conn) == ()


def test_a_service_without_a_name_or_a_second_one_of_the_same_id_is_refused(conn: sa.Connection) -> None:
    refused = refusal(
        directory.register_service, conn, KASAMA, "kasama", name="　", open_for_direct_exchange=True, at=NOW
    )
    assert refused.type == "bad-point-service"
    register(conn, KASAMA, "a")
    register(conn, MITO, "a")
    assert refusal(register, conn, KASAMA, "a").type == "point-service-exists"
    assert refusal(register, conn, SAPPORO_CHUO, "a").type == "unknown-municipality"


def event(event_id: str = "park", **other: object) -> SupportEvent:
    values = {"name": "公園をつくる", "starts_at": NOW, "ends_at": NOW + timedelta(days=30), **other}
    return SupportEvent(event_id=event_id, **values)  # type: ignore[arg-type]


def test_an_event_takes_points_from_its_start_until_just_before_its_end(conn: sa.Connection) -> None:
    park = support_events.register(conn, event(municipality=KASAMA, goal_points=100_000, purpose="遊具"))
    last = park.ends_at - timedelta(microseconds=1)
    assert support_events.require_in_force(conn, "park", NOW) == park
    assert support_events.require_in_force(conn, "park", last) == park

    for at in (NOW - timedelta(microseconds=1), park.ends_at):
        refused = refusal(support_events.require_in_force, conn, "park", at)
        assert refused.type == "event-not-open"
        assert "公園をつくる" in str(refused)
        assert support_events.shown(conn, at) == ()
    assert support_events.require(conn, "park") == park


def test_events_in_force_start_with_the_one_that_ends_first(conn: sa.Connection) -> None:
    for each in (
        event("late"), event("soon", ends_at=NOW + timedelta(days=1)), event("over", starts_at=NOW - timedelta(days=2), ends_at=NOW),
        event("coming", starts_at=NOW + timedelta(days=1)),
    ):  # fmt: skip
        support_events.register(conn, each)
    assert [each.event_id for each in support_events.shown(conn, NOW)] == ["soon", "late"]


def test_an_unknown_event_is_refused(conn: sa.Connection) -> None:
    for refused in (
        refusal(support_events.require, conn, "park"),
        refusal(support_events.require_in_force, conn, "park", NOW),
    ):
        assert refused.type == "unknown-event"


@pytest.mark.parametrize(
    "bad",
    [
        event("Park"),
        event(name=" "),
        event(ends_at=NOW),
        event(goal_points=0),
        event(goal_points=-5),
    ],
)
def test_a_bad_event_is_refused(conn: sa.Connection, bad: SupportEvent) -> None:
    refused = refusal(support_events.register, conn, bad)
    assert refused.type == "bad-event"


def test_an_event_of_no_municipality_or_with_a_taken_id_is_refused(conn: sa.Connection) -> None:
    assert refusal(support_events.register, conn, event(municipality="082164")).type == "unknown-municipality"
    support_events.register(conn, event())
    assert refusal(support_events.register, conn, event()).type == "event-exists"
