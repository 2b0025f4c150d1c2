"""Every error has one stable code and both sentences, and the documentation names them all."""

import inspect
import re
import sys
from pathlib import Path

import pytest

from card import errors, pcsc, refusals

DOCS = (Path(__file__).parents[2] / "docs" / "card.md").read_text()


def leaves(module, root):
    kinds = [kind for _, kind in inspect.getmembers(module, inspect.isclass) if issubclass(kind, root)]
    return [
        kind for kind in kinds if not any(other is not kind and issubclass(other, kind) for other in kinds)
    ]


WORDS = leaves(errors, errors.CardError) + leaves(refusals, refusals.LoginRefused)


@pytest.mark.parametrize("kind", WORDS, ids=lambda kind: kind.__name__)
def test_each_error_speaks_both_languages_and_is_documented(kind):
    assert re.search("[ぁ-ん]", kind.ja)
    assert re.search("[a-z]", kind.en)
    assert not re.search("[ぁ-ん]", kind.en)
    assert f"`{kind.code}`" in DOCS


def test_no_two_errors_share_a_code():
    codes = [kind.code for kind in WORDS]
    assert len(set(codes)) == len(codes) > 30


def test_the_documentation_names_no_code_that_is_not_there():
    tables = DOCS.partition("| code | what it means |")[2].partition("Each is a class")[0]
    tables += DOCS.partition("Status 403")[2].partition("After any 503")[0]
    named = {code for code in re.findall(r"`([a-z_]+)`", tables) if "_" in code}
    assert named == {kind.code for kind in WORDS}


@pytest.mark.parametrize(
    ("result", "meaning"),
    [
        (0x8010000C, errors.NoCard),
        (0x80100016, errors.CardRemoved),
        (0x80100069, errors.CardRemoved),
        (0x80100068, errors.CardReset),
        (0x8010000B, errors.ReaderBusy),
        (0x8010001D, errors.PcscUnavailable),
        (0x80100003, errors.PcscUnavailable),
        (0x8010002E, errors.NoReader),
        (0x80100017, errors.NoReader),
        (0x80100066, errors.CardMute),
        (0x8010000D, errors.ReaderFault),
    ],
)
def test_every_result_of_pcsc_has_a_meaning_also_as_windows_writes_it(result, meaning):
    for written in (result, result - (1 << 32)):
        with pytest.raises(meaning) as exception_info:
            pcsc._check(written, "testing")
        assert f"0x{result:08X}" in str(exception_info.value)
    pcsc._check(0, "testing")


def test_without_pyscard_the_package_still_imports_and_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "smartcard.scard", None)
    with pytest.raises(errors.PcscUnavailable, match="point-gateway\\[reader\\]"):
        pcsc.readers()
