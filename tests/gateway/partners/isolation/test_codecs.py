"""Every value that crosses the line, there and back; and nothing but Malformed for whatever else comes."""

from __future__ import annotations

import contextlib
import dataclasses
import inspect
import json
import typing
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gateway
from gateway import (
    JST,
    Balances,
    Debited,
    DebitLine,
    Declined,
    DeclineReason,
    ExchangeId,
    Label,
    NoRecord,
    Secret,
    WalletId,
    model,
)
from gateway.hookspecs import PartnerHooks
from gateway.partners.isolation import messages
from gateway.partners.isolation.codecs import MAX_INTEGER, codec_of
from gateway.partners.isolation.frames import Malformed
from gateway.partners.isolation.hook_values import ROWS, hooks

ORDER, POINTS = ExchangeId("e"), WalletId("w")
NOON = datetime(2026, 12, 1, 12, tzinfo=JST)
OFFSETS = st.integers(-23 * 60, 23 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))

st.register_type_strategy(str, st.text())
st.register_type_strategy(int, st.integers(-MAX_INTEGER, MAX_INTEGER))
st.register_type_strategy(float, st.floats(-1e15, 1e15, allow_nan=False))
st.register_type_strategy(datetime, st.datetimes(timezones=OFFSETS))
st.register_type_strategy(Secret, st.text().map(Secret))
st.register_type_strategy(
    messages.Json,
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    ),
)

VALUES = [
    it for _, it in inspect.getmembers(model, dataclasses.is_dataclass) if it.__module__ == model.__name__
]
MESSAGES = [*typing.get_args(messages.ToPlugin), *typing.get_args(messages.FromPlugin)]
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


def wrong(value: typing.Any) -> typing.Any:
    """A value of another type than the annotation says, as a plugin without a type checker gives it."""
    return value


def there_and_back(kind, value):
    return codec_of(kind).decode(json.loads(json.dumps(codec_of(kind).encode(value))))


class TestThereAndBack:
    @pytest.mark.parametrize("kind", VALUES, ids=lambda kind: kind.__name__)
    @given(data=st.data())
    @settings(max_examples=40, deadline=None)
    def test_every_value_of_the_model_is_the_same_afterwards(self, kind, data):
        value = data.draw(st.from_type(kind))
        assert there_and_back(kind, value) == value

    @pytest.mark.parametrize("kind", MESSAGES, ids=lambda kind: kind.__name__)
    @given(data=st.data())
    @settings(max_examples=25, deadline=None)
    def test_every_message_is_the_same_afterwards(self, kind, data):
        side = messages.ToPlugin if kind in typing.get_args(messages.ToPlugin) else messages.FromPlugin
        value = data.draw(st.from_type(kind))
        assert there_and_back(side, value) == value

    def test_all_that_the_package_exports_as_a_value_is_among_them(self):
        exported = {
            it
            for name in gateway.__all__
            if dataclasses.is_dataclass(it := getattr(gateway, name)) and it.__module__ == model.__name__
        }
        assert exported <= set(VALUES)
        assert len(VALUES) > 20

    @pytest.mark.parametrize("name", [it for it in vars(PartnerHooks) if not it.startswith("_")])
    def test_every_hook_has_codecs_for_its_arguments_and_its_answer(self, name):
        if name != "partner_profile":
            assert hooks()[name].parameters.keys() == set(
                inspect.signature(getattr(PartnerHooks, name)).parameters
            ) - {"self"}

    def test_of_two_answers_the_class_is_told(self):
        answers = hooks()["debit"].answer
        declined = Declined(exchange_id=ORDER, reason=DeclineReason.REFUSED, text=Label("いいえ", "no"))
        assert answers.encode(declined)["is"] == "Declined"
        assert answers.decode(answers.encode(declined)) == declined

    def test_a_moment_in_japan_keeps_its_zone_and_another_its_offset(self):
        codec = codec_of(datetime)
        assert codec.decode(codec.encode(NOON)).tzinfo is JST
        assert codec.decode(codec.encode(NOON.astimezone(UTC))).utcoffset() == timedelta(0)

    def test_rows_go_one_by_one_and_never_as_the_answer(self):
        with pytest.raises(Malformed):
            hooks()[ROWS].answer.encode([])


class TestStrict:
    @pytest.mark.parametrize("name", sorted(hooks()))
    @given(plain=PLAIN)
    @settings(max_examples=60, deadline=None)
    def test_no_answer_makes_anything_but_malformed(self, name, plain):
        with contextlib.suppress(Malformed):
            hooks()[name].answer.decode(plain)

    @given(data=st.data(), damage=PLAIN)
    @settings(max_examples=300, deadline=None)
    def test_a_message_with_one_damaged_value_makes_a_message_or_malformed(self, data, damage):
        kind = data.draw(st.sampled_from(MESSAGES))
        side = messages.ToPlugin if kind in typing.get_args(messages.ToPlugin) else messages.FromPlugin
        plain = codec_of(side).encode(data.draw(st.from_type(kind)))
        plain[data.draw(st.sampled_from([*plain, "strange"]))] = damage
        with contextlib.suppress(Malformed):
            codec_of(side).decode(plain)

    @pytest.mark.parametrize(
        "changes",
        [
            {"reference": 1},
            {"reference": None},
            {"reference": "\ud800"},
            {"at": "2026-12-01T12:00:00"},
            {"at": "noon"},
            {"at": 0},
            {"lines": [{"wallet": "w", "amount": 1.0}]},
            {"lines": [{"wallet": "w", "amount": True}]},
            {"lines": [{"wallet": "w", "amount": 2**63}]},
            {"lines": [{"wallet": "w"}]},
            {"lines": {"wallet": "w", "amount": 1}},
            {"lines": [None]},
            {"another": 1},
            {"is": "DebitOrder"},
            {"is": "Reversed"},
            {"is": None},
            {"is": ["Debited"]},
        ],
    )
    def test_a_yes_that_is_not_exactly_one_is_none(self, changes):
        codec = hooks()["debit"].answer
        line = DebitLine(wallet=POINTS, amount=1)
        plain = codec.encode(Debited(exchange_id=ORDER, reference="r", at=NOON, lines=(line,)))
        codec.decode(plain)
        with pytest.raises(Malformed):
            codec.decode(plain | changes)

    def test_a_field_that_it_needs_may_not_be_left_out_and_another_may(self):
        codec = codec_of(Debited)
        plain = codec.encode(Debited(exchange_id=ORDER, reference="r", at=NOON))
        assert codec.decode({key: plain[key] for key in ("exchange_id", "reference", "at")}).lines is None
        with pytest.raises(Malformed):
            codec.decode({key: plain[key] for key in ("exchange_id", "at")})

    @pytest.mark.parametrize(
        ("kind", "value"),
        [
            (Balances, Balances(available=wrong({POINTS: 1.5}), as_of=NOON)),
            (Balances, Balances(available={POINTS: True}, as_of=NOON)),
            (Balances, Balances(available={}, as_of=datetime(2026, 1, 1))),
            (Debited, Debited(exchange_id=ORDER, reference="r", at=NOON, lines=wrong([]))),
            (Debited, NoRecord(exchange_id=ORDER)),
            (Declined, Declined(exchange_id=ORDER, reason=wrong("refused by us"))),
            (timedelta, 5),
            (Secret, "open"),
            (str, "half \udfff"),
        ],
    )
    def test_what_the_model_does_not_know_is_not_written_either(self, kind, value):
        with pytest.raises(Malformed):
            codec_of(kind).encode(value)

    def test_a_type_without_a_codec_is_found_when_the_program_is_written(self):
        for kind in (object, int | str, dict[str, int], typing.Mapping[int, str]):
            with pytest.raises(TypeError):
                codec_of(kind)


def test_a_secret_prints_as_stars_afterwards_too():
    hello = messages.Hello(
        protocols=(1,),
        partner="acorn",
        now=NOON,
        code=messages.Code(),
        settings={},
        secrets={"key": Secret("sesame")},
        missing={},
        places={},
    )
    assert "sesame" not in repr(there_and_back(messages.ToPlugin, hello))
