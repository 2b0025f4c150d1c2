"""The log as it is written: one line of JSON each, with its ids, without secrets."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import threading
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
import structlog

from gateway import Secret
from gateway.platform.logs import PartnerLog, configure
from httpkit.repeat_limit import RepeatLimit


@pytest.fixture
def written():
    root = logging.getLogger()
    before = root.handlers[:], root.level
    stream = io.StringIO()
    yield stream
    root.handlers[:], root.level = before
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


def lines(stream):
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_is_json_with_time_level_ids_and_values(written):
    configure("info", "json", written)
    structlog.contextvars.bind_contextvars(request_id="r-1", exchange_id="x-1")
    structlog.get_logger(part="test").info("partner_call", hook="debit", name="どんぐり")
    (line,) = lines(written)
    at = line.pop("at")
    moment = datetime.fromisoformat(at)  # RFC 3339, with its offset, wherever the machine stands
    assert moment.utcoffset() == timedelta(0)
    assert abs(datetime.now(UTC) - moment) < timedelta(minutes=1)
    assert line == {
        "event": "partner_call", "level": "info", "request_id": "r-1", "exchange_id": "x-1",
        "part": "test", "hook": "debit", "name": "どんぐり",
    }  # fmt: skip


def test_secrets_are_stars_whatever_way_they_come(written):
    configure("debug", "json", written)
    structlog.get_logger().debug(
        "signed_in", pin="1234", nested={"Authorization": "Bearer sesame"}, held=Secret("sesame")
    )
    (line,) = lines(written)
    assert (line["pin"], line["nested"], line["held"]) == ("***", {"Authorization": "***"}, "***")


def test_the_text_of_an_exception_is_left_out_and_its_places_stay(written):
    configure("info", "json", written)
    try:
        try:
            raise ValueError("sesame")
        except ValueError as fault:
            raise RuntimeError("sesame") from fault
    except RuntimeError as fault:
        structlog.get_logger().error("crashed", exc_info=True)
        structlog.get_logger().error("crashed", exc_info=fault)
    first, second = lines(written)
    assert first["exception"] == second["exception"]
    assert first["exception"][0].startswith("RuntimeError at test_logs.py:")
    assert first["exception"][1].startswith("ValueError at test_logs.py:")
    assert "sesame" not in written.getvalue()


def test_lines_below_the_level_are_not_written(written):
    configure("warning", "json", written)
    structlog.get_logger().info("quiet")
    logging.getLogger("other").info("quiet")
    assert lines(written) == []


def test_the_standard_librarys_loggers_write_in_the_same_form(written):
    configure("info", "json", written)
    logging.getLogger("other").warning("something", extra={"password": "sesame"})
    (line,) = lines(written)
    assert (line["event"], line["level"]) == ("something", "warning")


def test_the_http_clients_own_lines_with_whole_urls_stay_out(written):
    configure("debug", "json", written)
    logging.getLogger("httpx").info("GET https://acorn.example/?key=sesame")
    logging.getLogger("httpcore.http11").debug("headers")


def test_for_a_person_at_a_console_lines_are_plain(written):
    configure("info", "console", written)
    try:
        raise ValueError("sesame")
    except ValueError:
        structlog.get_logger().error("crashed", exc_info=True)
    assert "crashed" in written.getvalue()
    assert "sesame" not in written.getvalue()


def test_values_that_json_does_not_know_are_written_as_text(written):
    configure("info", "json", written)
    structlog.get_logger().info("x", when=object)
    assert lines(written)[0]["when"] == "<class 'object'>"


@pytest.mark.parametrize("level", ["debug", "info", "warning", "error"])
def test_a_plugins_log_names_its_partner_and_hides_its_secrets(log, level):
    plugin_log = PartnerLog(log, "acorn", lambda: ("sesame",))
    getattr(plugin_log, level)("asked with sesame", key="sesame", n=1, partner="oak")
    assert log.lines == [(level, "asked with ***", {"key": "***", "n": 1, "partner": "acorn"})]


class Stream(io.StringIO):
    """Counts how often it is written to, which is a call of the system each time."""

    writings = 0

    def write(self, text: str) -> int:
        self.writings += 1
        return super().write(text)


async def test_what_is_told_in_one_turn_is_written_at_its_end_in_one_writing(
    written,
):  # the fixture puts back what was configured before
    stream = Stream()
    configure("info", "json", stream)
    for number in range(5):
        structlog.get_logger().info("told", number=number)
    assert stream.getvalue() == ""
    await asyncio.sleep(0)
    assert [line["number"] for line in lines(stream)] == [0, 1, 2, 3, 4]
    assert stream.writings == 1


@pytest.mark.parametrize("how", ["warning", "error", "library", "thread", "ended"])
async def test_what_cannot_wait_is_written_at_once_and_after_what_waited(written, how):
    configure("info", "json", written)
    structlog.get_logger().info("before")
    if how == "library":
        logging.getLogger("somewhere").info("now")
    elif how == "thread":
        thread = threading.Thread(target=lambda: structlog.get_logger().info("now"))
        thread.start()
        thread.join()
    elif how == "ended":
        structlog.get_config()["logger_factory"]().flush()  # as at the end of the program
    else:
        getattr(structlog.get_logger(), how)("now")
    assert [line["event"] for line in lines(written)] == ["before"] + ["now"] * (how != "ended")


def test_a_value_that_cannot_be_told_takes_no_other_line_with_it(written):
    class Untold:
        def __str__(self):
            raise ZeroDivisionError

    configure("info", "json", written)
    for value in ("before", Untold(), "after"):
        structlog.get_logger().info("told", value=value)
    first, broken, last = lines(written)
    assert (first["value"], last["value"]) == ("before", "after")
    assert broken == {"event": "line not told", "level": "error", "fault": broken["fault"]}


def test_half_a_character_is_told_and_harms_no_line(written):
    configure("info", "json", written)
    structlog.get_logger().info("half", name="\ud800")
    structlog.get_logger().info("whole", name="どんぐり")
    assert [line["name"] for line in lines(written)] == ["\ud800", "どんぐり"]


def test_a_loop_that_stopped_before_its_turn_ended_keeps_no_later_line_back(written):
    configure("info", "json", written)
    stopped, later = asyncio.new_event_loop(), asyncio.new_event_loop()
    stopped.call_soon(structlog.get_logger().info, "one")
    stopped.stop()  # after a single turn
    stopped.run_forever()
    stopped.close()
    later.run_until_complete(_tell("two"))
    later.run_until_complete(asyncio.sleep(0))
    later.close()
    assert [line["event"] for line in lines(written)] == ["one", "two"]


async def _tell(what):
    structlog.get_logger().info(what)


class TestEqualLines:
    """`socket.accept() out of system resource` came half a million times in half a minute."""

    def events(self, written, log_once):
        configure("info", "json", written)
        for number in range(500):
            log_once(number)
        return [line["event"] for line in lines(written)]

    def test_of_a_flood_of_errors_the_first_are_written(self, written):
        log = structlog.get_logger()
        events = self.events(written, lambda number: log.error("no room", request_id=str(number)))
        assert events == ["no room"] * 20

    def test_those_of_the_libraries_too(self, written):
        log = logging.getLogger("asyncio")
        events = self.events(written, lambda _: log.error("socket.accept() out of system resource"))
        assert len(events) == 20

    @pytest.mark.parametrize(
        "facts", [{"event": "no room", "same": False}, {"event": "security.sign_in_failed"}]
    )
    def test_different_ones_and_security_events_are_all_written(self, written, facts):
        log = structlog.get_logger()

        def log_once(number):
            log.error(facts["event"], exchange_id=str(number) if "same" in facts else "1")

        assert len(self.events(written, log_once)) == 500

    def test_how_many_were_left_out_is_told(self, written, monkeypatch):
        time = SimpleNamespace(now=0.0)
        monkeypatch.setattr("gateway.platform.logs.RepeatLimit", lambda: RepeatLimit(lambda: time.now))
        self.events(written, lambda _: structlog.get_logger().error("no room"))
        time.now = 10.0
        structlog.get_logger().error("another")
        another, left_out = sorted(lines(written)[20:], key=lambda line: line["event"])
        assert another["event"] == "another"
        assert (left_out["event"], left_out["of"], left_out["number"]) == (
            "equal lines left out",
            "no room",
            480,
        )
        assert left_out["at"].endswith("Z")
