"""The contract kit is as content, and as strict, with an API that is unlike the scaffold's.

A fresh scaffold becomes the plugin of an electricity company: forms go out, XML comes back, every request carries an
access token that runs out, and less than five units are not exchanged.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gateway import LinkKind, scaffold
from gateway.testkit.contract.unknown_words import in_unknown_words
from tests.testkit.contract_runs import Run

CLIENT = """
from datetime import datetime, timedelta
from urllib.parse import urlsplit
from xml.etree import ElementTree

from gateway import JsonAnswer, OutcomeUnknown, PartnerUnavailable, Secret


class AcmeClient:
    def __init__(self, setup):
        self._http, self._clock, self._log = setup.http, setup.clock, setup.log
        self._api_key = setup.settings.secret("api_key")
        self.base_url = setup.settings.text("base_url")
        self.host = urlsplit(self.base_url).netloc
        self._token, self._good_until = None, None

    async def send(self, method, path, body=None, *, about=None):
        headers = {"Authorization": f"Bearer {(await self._access()).reveal()}"}
        form = None if body is None else {name: str(value) for name, value in body.items()}
        answer = await self._http.request(method, self.base_url + path, headers=headers, form=form)
        if answer.status == 401:
            self._token = None
        if answer.status == 503 and method == "GET":
            raise PartnerUnavailable("acme asks for patience", answer.retry_after_s)
        if answer.status != 200 or not answer.headers.get("content-type", "").startswith("application/xml"):
            raise OutcomeUnknown("acme's answer is no XML")
        try:
            root = ElementTree.fromstring(answer.body)
        except ElementTree.ParseError:
            raise OutcomeUnknown("acme's answer is no XML") from None
        fields = {it.tag: it.text for it in root}
        if (fields.get("points") or "").isdigit():
            fields["points"] = int(fields["points"])
        told = JsonAnswer(fields, partner="acme", asked=path.rsplit("/", 1)[0])
        for name, expected in (about or {}).items():
            if told.text(name) != expected:
                raise told.unclear(f"{name} is another one")
        return told

    async def _access(self):
        if self._token is None or self._clock() >= self._good_until:
            credentials = {"grant_type": "client_credentials", "client_secret": self._api_key.reveal()}
            answer = await self._http.post(f"{self.base_url}/oauth/token", form=credentials)
            told = JsonAnswer.read(answer, partner="acme", asked="/oauth/token")
            self._token = Secret(told.text("access_token"))
            self._good_until = self._clock() + timedelta(seconds=told.whole("expires_in") - 30)
        return self._token
"""
IN_XML = """

def form(request):
    return {name: int(value) if name == "points" else value for name, value in parse_qsl(request.content.decode())}


def xml(fields):
    told = "".join(f"<{name}>{value}</{name}>" for name, value in fields.items())
    return httpx.Response(200, text=f"<answer>{told}</answer>", headers={"content-type": "application/xml"})
"""
TOKEN = """
    def is_well(self) -> None:
        told = {"access_token": self.hands_out("kit-access-token"), "expires_in": 300}
        self.router.post("/oauth/token").respond(json=told)
"""


def other(into: Path) -> Path:
    """The scaffold's plugin for a partner whose API is another."""
    folder = scaffold.write("acme", LinkKind.ACCOUNT, into)
    (folder / "gateway_acme" / "client.py").write_text(CLIENT, "utf-8")
    change(
        folder / "gateway_acme" / "rates.py",
        "cost_per_unit=100,",
        "cost_per_unit=100,\n            min_units=5,",
    )
    server = folder / "tests" / "acme_server.py"
    text = server.read_text("utf-8").replace("import json\n", "from urllib.parse import parse_qsl\n")
    text = text.replace("import FakePartner\n", f"import FakePartner\n{IN_XML}")
    text = text.replace("\n    def is_well(self) -> None:\n", TOKEN)
    text = text.replace("json.loads(request.content)", "form(request)")
    text = re.sub(r"httpx\.Response\(200, json=(.*)\)", r"xml(\1)", text)
    text = re.sub(
        r"(get|post)\((.*)\)\.respond\(json=(?!told\))(.*)\)", r"\1(\2).mock(return_value=xml(\3))", text
    )
    server.write_text(text, "utf-8")
    return folder


def change(file: Path, old: str, new: str) -> None:
    text = file.read_text("utf-8")
    assert old in text, old
    file.write_text(text.replace(old, new), "utf-8")


@pytest.mark.timeout(600)
def test_a_partner_of_forms_and_xml_with_access_tokens_passes(tmp_path: Path, contract_of: Run) -> None:
    ran = contract_of(other(tmp_path))
    assert ran.returncode == 0, ran.stdout
    assert "acme reaches 梅 (ume)" in ran.stdout


ENCODED = """

def xml(fields):
    told = "".join(f"<{name}>{value}</{name}>" for name, value in fields.items())
    text = f'<?xml version="1.0" encoding="CHARSET"?><answer>{told}</answer>'
    kind = "application/xml; charset=CHARSET"
    return httpx.Response(200, content=text.encode("CHARSET"), headers={"content-type": kind})
"""


def in_charset(into: Path, charset: str) -> Path:
    """Its partner writes XML in this charset, which Python's parser does not know."""
    folder = other(into)
    change(
        folder / "gateway_acme" / "client.py",
        "ElementTree.fromstring(answer.body)",
        f'ElementTree.fromstring(answer.body.decode("{charset}").partition("?>")[2])',
    )
    change(
        folder / "gateway_acme" / "client.py",
        "        except ElementTree.ParseError:",
        "        except (ElementTree.ParseError, UnicodeDecodeError):",
    )
    server = folder / "tests" / "acme_server.py"
    change(server, IN_XML[IN_XML.index("def xml") :], ENCODED.strip().replace("CHARSET", charset) + "\n")
    return folder


@pytest.mark.timeout(600)
@pytest.mark.parametrize("charset", ["Shift_JIS", "EUC-JP"])
def test_a_partner_of_another_charset_passes(charset: str, tmp_path: Path, contract_of: Run) -> None:
    ran = contract_of(in_charset(tmp_path, charset))
    assert ran.returncode == 0, ran.stdout
    assert "acme reaches 梅 (ume)" in ran.stdout


@pytest.mark.parametrize(("charset", "read_as"), [("Shift_JIS", "cp850"), ("EUC-JP", 'utf-8", "replace')])
def test_a_wrong_charset_is_caught(charset: str, read_as: str, tmp_path: Path, contract_of: Run) -> None:
    folder = in_charset(tmp_path, charset)
    change(folder / "gateway_acme" / "client.py", f'decode("{charset}")', f'decode("{read_as}")')
    test = "test_a_member_leaves_and_comes_back_linked"
    ran = contract_of(folder, "-k", test)
    assert f"failed: {test}: acme: `shown_as` has characters that the partner did not send" in ran.stdout


def test_an_unknown_word_in_another_charset_is_caught(tmp_path: Path, contract_of: Run) -> None:
    folder = in_charset(tmp_path, "Shift_JIS")
    _, (file, old, new, test) = next(iter(MISTAKES.items()))
    change(folder / "gateway_acme" / file, old, new)
    ran = contract_of(folder, "-k", test)
    assert f"failed: {test}: acme: the partner answered" in ran.stdout


MISTAKES = {
    "an unknown word in XML is a no": (
        "plugin.py",
        'case "declined" if (reason := DECLINES.get(answer.text("reason"))) is not None:',
        'case _ if (reason := DECLINES.get("refused")) is not None:',
        "test_an_unclear_answer_is_unknown_and_was_sent_once",
    ),
    "a second try with a new access token": (
        "client.py",
        "            self._token = None\n",
        "            self._token = None\n            return await self.send(method, path, body, about=about)\n",
        "test_an_unclear_answer_is_unknown_and_was_sent_once",
    ),
    "the member in the XML is not looked at": (
        "plugin.py",
        ' or answer.text("member") != account.service_id',
        "",
        "test_balances_of_somebody_else_are_not_believed",
    ),
    "an access token is logged": (
        "client.py",
        "            self._good_until",
        '            self._log.info("signed_in", token=self._token.reveal())\n            self._good_until',
        "test_no_secret_is_in_a_log_a_repr_or_an_error",
    ),
    "what is not decided yet is not there": (
        "plugin.py",
        'if answer.text("result") == "not_found":',
        'if answer.text("result") in ("not_found", "in_progress"):',
        "test_a_decision_that_comes_later_is_in_progress",
    ),
    "the exchange in the XML is not looked at": (
        "plugin.py",
        '            about={"exchange_id": order.exchange_id},\n',
        "",
        "test_an_answer_about_another_exchange_is_unknown",
    ),
}


@pytest.mark.parametrize(("file", "old", "new", "test"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_caught_there_too(
    file: str, old: str, new: str, test: str, tmp_path: Path, contract_of: Run
) -> None:
    folder = other(tmp_path)
    change(folder / "gateway_acme" / file, old, new)
    ran = contract_of(folder, "-k", test)
    assert ran.returncode == 1, ran.stdout + ran.stderr
    assert f"failed: {test}: acme: " in ran.stdout
    assert "Traceback" not in ran.stdout


def later(into: Path) -> Path:
    """Its partner takes every order in, with 202, and tells what became of it when it is asked."""
    folder = other(into)
    change(folder / "gateway_acme" / "client.py", "answer.status != 200", "answer.status not in (200, 202)")
    server = folder / "tests" / "acme_server.py"
    change(
        server, "    declines = tuple(_WORDS)\n", "    declines = tuple(_WORDS)\n    always_later = True\n"
    )
    text = server.read_text("utf-8")
    debit, entry = text.index("    def _debit("), text.index("    def _entry(")
    text = text[:debit] + TAKEN_IN + text[entry:]
    decline, following = text.index("    def will_decline("), text.index("    def will_decide_later(")
    server.write_text(text[:decline] + NOES + text[following:], "utf-8")
    return folder


TAKEN_IN = """
    def _debit(self, request):
        asked = form(request)
        self.takes(asked["exchange_id"], {"points": asked["points"]}, holder=asked["token"])
        return self._in(asked["exchange_id"])

    def _in(self, exchange_id):
        answer = xml({"result": "in_progress", "exchange_id": exchange_id})
        answer.status_code = 202
        return answer

"""
NOES = """
    def will_decline(self, reason):
        def later(request):
            exchange_id = form(request)["exchange_id"]
            told = {"result": "declined", "exchange_id": exchange_id, "reason": _WORDS[reason]}
            self.router.get(f"/v1/debits/{exchange_id}").mock(return_value=xml(told))
            return self._in(exchange_id)

        self.router.post("/v1/debits").mock(side_effect=later)

"""


@pytest.mark.timeout(600)
def test_a_partner_that_always_decides_later_passes(tmp_path: Path, contract_of: Run) -> None:
    ran = contract_of(later(tmp_path))
    assert ran.returncode == 0, ran.stdout
    assert "acme reaches 梅 (ume)" in ran.stdout


def test_an_order_that_was_only_taken_in_is_not_debited(tmp_path: Path, contract_of: Run) -> None:
    folder = later(tmp_path)
    change(folder / "gateway_acme" / "plugin.py", 'case "debited":', 'case "debited" | "in_progress":')
    change(folder / "gateway_acme" / "plugin.py", 'answer.text("reference")', '"R-1"')
    change(folder / "gateway_acme" / "plugin.py", 'answer.moment("at")', "datetime.now().astimezone()")
    ran = contract_of(folder, "-k", "test_a_yes_is_debited")
    assert ran.returncode == 1, ran.stdout
    assert "return InProgress for the word with which it takes an order in" in ran.stdout


def test_an_annotation_of_a_name_that_is_not_there_is_one_sentence(tmp_path: Path, contract_of: Run) -> None:
    folder = other(tmp_path)
    change(
        folder / "gateway_acme" / "plugin.py",
        "from datetime import datetime, timedelta",
        "from datetime import timedelta",
    )
    ran = contract_of(folder, "-k", "test_arguments_are_annotated_as_in_the_hooks")
    assert "is annotated with datetime, which its file does not have; import datetime" in ran.stdout


@pytest.mark.parametrize(
    ("yes", "no", "expected"),
    [
        (b'{"code": "00", "id": "a1"}', b'{"code": "51", "id": "a1"}', [b'{"code": "99", "id": "a1"}']),
        (b"code=OK&ref=7", b"code=NG&text=sorry", [b"code=kit_unknown&ref=7"]),
        (b'<a s="OK"><r>7</r></a>', b'<a s="NG"></a>', [b'<a s="kit_unknown"><r>7</r></a>']),
        (b"<html>", b"NG", []),
    ],
    ids=["JSON", "a form", "XML", "neither"],
)
def test_the_word_of_a_yes_becomes_one_that_nobody_knows(
    yes: bytes, no: bytes, expected: list[bytes]
) -> None:
    made = [
        body.removeprefix(b"<?xml version='1.0' encoding='utf-8'?>\n")
        for _, body in in_unknown_words(yes, no)
    ]
    assert made == expected


def test_what_is_another_in_every_yes_is_left_alone() -> None:
    yes, again, no = (
        b'{"ok": "y", "asked": "r1"}',
        b'{"ok": "y", "asked": "r2"}',
        b'{"ok": "n", "asked": "r3"}',
    )
    assert [name for name, _ in in_unknown_words(yes, no, again)] == ["a yes with an unknown word in ok"]
