"""What a partner answers in other charsets and shapes is read exactly, or not at all."""

from __future__ import annotations

import pytest

from gateway import HttpAnswer
from gateway.plugin_interfaces import encode_form

NAME = "①髙橋　サイトウ～"  # letters that Microsoft's Shift_JIS has and the standard's has not


def answer(body: bytes, content_type: str = "") -> HttpAnswer:
    return HttpAnswer(status=200, headers={"content-type": content_type} if content_type else {}, body=body)


@pytest.mark.parametrize(
    "charset",
    [
        *("Shift_JIS", "shift-jis", "ShiftJIS", "x-sjis", "SJIS", "csShiftJIS", "MS_Kanji", "SJIS-win"),
        *("Windows-31J", "windows31j", "csWindows31J", "MS932", "x-ms-cp932", "CP932"),
    ],
)
def test_shift_jis_is_what_japanese_companies_call_so(charset) -> None:
    sent = NAME.encode("cp932")
    assert answer(sent).text(charset) == NAME
    assert answer(sent, f"text/plain; charset={charset}").text() == NAME
    assert answer(sent, f'text/plain; charset="{charset}"').text() == NAME


def test_euc_jp_and_utf_8_are_read_as_they_are_named() -> None:
    for name in ("EUC-JP", "euc_jp", "x-euc-jp", "eucJP-win", "csEUCPkdFmtJapanese"):
        assert answer("齋藤".encode("euc_jp"), f"text/plain; charset={name}").text() == "齋藤"
    assert answer("齋藤".encode()).text() == "齋藤"


@pytest.mark.parametrize(
    ("body", "charset"),
    [
        (b"\x82", "Shift_JIS"),
        ("齋藤".encode("cp932"), "utf-8"),
        ("齋藤".encode(), "euc-jp"),
        (b"a", "klingon"),
        (b"61", "hex"),  # a codec of Python's, and no charset
    ],
)
def test_what_is_not_in_its_charset_is_not_guessed(body, charset) -> None:
    with pytest.raises(ValueError, match=r"decode|charset"):
        answer(body).text(charset)


class TestXml:
    @pytest.mark.parametrize(
        ("name", "codec"), [("Shift_JIS", "cp932"), ("EUC-JP", "euc_jp"), ("UTF-8", "utf-8")]
    )
    def test_is_read_in_the_charset_of_its_declaration(self, name, codec) -> None:
        text = f'<?xml version="1.0" encoding="{name}"?>\n<answer><name>齋藤</name></answer>'
        assert answer(text.encode(codec)).xml().findtext("name") == "齋藤"

    def test_is_read_in_the_charset_of_the_header_first(self) -> None:
        text = '<?xml version="1.0" encoding="UTF-8"?><answer><name>齋藤</name></answer>'
        read = answer(text.encode("cp932"), "application/xml; charset=Shift_JIS").xml()
        assert read.findtext("name") == "齋藤"

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"<answer>",
            b"<h1>maintenance</h1",
            b'<?xml version="1.0" encoding="Shift_JIS"?><a>\x82</a>',
            b'<!DOCTYPE a [<!ENTITY x "xxxxxxxx">]><a>&x;</a>',
            b'<a xmlns="u">&x;</a>',
        ],
    )
    def test_is_nothing_else(self, body) -> None:
        with pytest.raises(ValueError, match=r"XML|decode"):
            answer(body).xml()


class TestForm:
    def test_comes_back_as_it_was_sent(self) -> None:
        fields = {"name": NAME, "note": "", "sum": "1=2&3"}
        assert answer(encode_form(fields, "shift_jis")).form("shift_jis") == fields

    @pytest.mark.parametrize("body", [b"", b"result", b"a=1&a=2", b"a=%82&b=1", "結果=1".encode()])
    def test_is_nothing_else(self, body) -> None:
        with pytest.raises(ValueError, match=r"."):
            answer(body).form("shift_jis")

    @pytest.mark.parametrize("charset", ["klingon", "hex", "rot13"])
    def test_an_unknown_charset_is_no_charset(self, charset) -> None:
        sent = answer(b"a=%82%a0", f"application/x-www-form-urlencoded; charset={charset}")
        for read in (sent.form, lambda: sent.form(charset), lambda: encode_form({"a": "b"}, charset)):
            with pytest.raises(ValueError, match="the charset is unknown"):
                read()

    def test_a_letter_that_the_charset_has_not_is_not_sent(self) -> None:
        with pytest.raises(ValueError, match="encode"):
            encode_form({"name": "😀"}, "shift_jis")


def test_json_that_is_nested_without_end_is_no_json() -> None:
    with pytest.raises(ValueError, match="nested too deeply"):
        answer(b"[" * 100_000).json()
