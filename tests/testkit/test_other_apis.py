"""The contract kit is as content, and as strict, with an API that is unlike the scaffold's.

A fresh scaffold becomes the plugin of an electricity company: forms go out, XML comes back, every request carries an
access token that runs out, and less than five units are not exchanged.
"""

from __future__ import annotations

import re
from pathlib import Path

from gateway import LinkKind, scaffold
from tests.testkit.test_mutants import contract_of

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
        told = {"access_token": "kit-access-token", "expires_in": 300}
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


def test_a_partner_of_forms_and_xml_with_access_tokens_passes(tmp_path: Path) -> None:
    ran = contract_of(other(tmp_path))
    assert ran.returncode == 0, ran.stdout
    assert "acme reaches 梅 (ume)" in ran.stdout
