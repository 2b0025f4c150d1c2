"""Every deed and every fact of an audit log has a name in both languages."""

import ast
import re
from dataclasses import fields
from pathlib import Path

import gateway
from gateway.cities.settlement.settlement_settings import SettlementSettings
from gateway.cities.spending.pay_card_limits import limits_facts
from gateway.cities.spending.pay_card_rows import CardLimits
from gateway.model import Label
from gateway.platform.audit_actions import AuditAction, label_of
from gateway.platform.audit_facts import (
    FACT_LABELS,
    FACT_VALUE_LABELS,
    ExportedList,
    fact_label,
    fact_value_label,
)

CITIES = Path(gateway.__file__).parent / "cities"
JAPANESE = re.compile(r"[ぁ-んァ-ヶ一-龠]")


def test_each_name_is_there_in_both_languages_and_stands_for_one_thing():
    tables = (
        [action.label for action in AuditAction],
        list(FACT_LABELS.values()),
        [exported.label for exported in ExportedList],
        [label for labels in FACT_VALUE_LABELS.values() for label in labels.values()],
    )
    for labels in tables:
        for label in labels:
            assert JAPANESE.search(label.ja), label
            assert label.en.isascii(), label
            assert label.en[0].isupper(), label
    for labels in tables[:3]:
        assert len({label.ja for label in labels}) == len({label.en for label in labels}) == len(labels)


def test_a_word_of_a_newer_release_is_its_own_name():
    assert label_of("shop painted") == Label("shop painted", "shop painted")
    assert fact_label("colour") == Label("colour", "colour")
    assert fact_value_label("list", "colours") is None


def test_facts_have_names_for_exactly_the_words_that_are_written():
    """The words under which facts are stored, as the sources of the cities have them."""
    written = set()
    for path in CITIES.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if _is_about_facts(node):
                written |= {
                    key.value
                    for facts in ast.walk(node)
                    if isinstance(facts, ast.Dict)
                    for key in facts.keys
                    if isinstance(key, ast.Constant)
                }
    # Settings have a fact for each of their fields.
    written |= {"bank_sheet", *(each.name for each in fields(SettlementSettings))} - {"version"}
    written |= set(limits_facts(CardLimits(), CardLimits()))
    written |= {f"privacy_{text}{when}" for text in ("ja", "en", "easy") for when in ("", "_before")}
    written |= {"stops_from", "stops_until"}
    assert written == set(FACT_LABELS)


def _is_about_facts(node: ast.AST) -> bool:
    """A call that writes into the log, or the making of its facts."""
    if isinstance(node, ast.Call):
        return getattr(node.func, "id", getattr(node.func, "attr", "")) in ("write_audit", "_audit")
    if isinstance(node, ast.AnnAssign):
        return getattr(node.target, "id", "") == "facts"
    return isinstance(node, ast.FunctionDef) and node.name == "_facts"
