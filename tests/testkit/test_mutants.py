"""The contract kit catches the classic mistakes: each is made in a fresh scaffold, and the kit says what to change."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from gateway import LinkKind, scaffold
from tests.testkit.contract_runs import Run


@dataclass(frozen=True)
class Mutant:
    """`old` becomes `new` in `file`; the kit must fail `test` and say `remedy`."""

    file: str
    old: str
    new: str
    test: str
    remedy: str
    link: LinkKind = LinkKind.ACCOUNT
    also: tuple[tuple[str, str], ...] = ()


SEND = "answer = await self._http.request(method, self.base_url + path, headers=headers, json=body)"
DEBITED = "return _read_debit(order.exchange_id, answer)"

MUTANTS = {
    "a retry loop": Mutant(
        "client.py",
        SEND,
        "from gateway import OutcomeUnknown\n"
        "        for _ in range(3):\n"
        "            try:\n"
        f"                {SEND}\n"
        "                break\n"
        "            except OutcomeUnknown:\n"
        "                continue\n"
        "        else:\n"
        '            raise OutcomeUnknown("three times")',
        "test_a_lost_reply_is_unknown_and_was_sent_once",
        "send it once and let OutcomeUnknown pass",
    ),
    "a second try after a refused connection": Mutant(
        "client.py",
        SEND,
        "from gateway import NotSent\n"
        "        try:\n"
        f"            {SEND}\n"
        "        except NotSent:\n"
        f"            {SEND}",
        "test_a_refused_connection_is_not_sent",
        "send it once and let NotSent pass",
    ),
    "anything but a yes is a no": Mutant(
        "plugin.py",
        'raise OutcomeUnknown("acme says neither yes nor no")',
        "return Declined(exchange_id=exchange_id, reason=DeclineReason.REFUSED)",
        "test_an_unclear_answer_is_unknown_and_was_sent_once",
        "raise OutcomeUnknown",
    ),
    "the key is missing": Mutant(
        "plugin.py",
        '"exchange_id": order.exchange_id,\n                "token"',
        '"exchange_id": __import__("uuid").uuid4().hex,\n                "token"',
        "test_the_exchange_id_is_the_idempotency_key",
        "send order.exchange_id as the idempotency key",
    ),
    "404 is read as declined": Mutant(
        "plugin.py",
        'answer = await self._client.send(\n            "POST",\n            "/v1/debits",',
        'answer = await self._unless_404(\n            order,\n            "POST",\n            "/v1/debits",',
        "test_an_unclear_answer_is_unknown_and_was_sent_once",
        "only the partner's documented words",
    ),
    "an exception is swallowed": Mutant(
        "plugin.py",
        '        answer = await self._client.send(\n            "POST",\n            "/v1/debits",',
        '        answer = await self._or_no(\n            order,\n            "POST",\n            "/v1/debits",',
        "test_a_lost_reply_is_unknown_and_was_sent_once",
        "let OutcomeUnknown pass: the points may have been taken",
    ),
    "a secret is logged": Mutant(
        "client.py",
        SEND,
        f'self._log.info("asking", headers=str(headers))\n        {SEND}',
        "test_no_secret_is_in_a_log_a_repr_or_an_error",
        "keep it in a Secret",
    ),
    "a secret is printed": Mutant(
        "client.py",
        SEND,
        f"print(headers)\n        {SEND}",
        "test_no_secret_is_in_a_log_a_repr_or_an_error",
        "keep it in a Secret",
    ),
    "a secret is kept in the open": Mutant(
        "plugin.py",
        "        self._client = AcmeClient(setup)\n",
        '        self._client = AcmeClient(setup)\n        self._key = setup.settings.secret("api_key").reveal()\n',
        "test_no_secret_is_in_a_log_a_repr_or_an_error",
        "keep it in a Secret",
    ),
    "a call blocks the loop": Mutant(
        "client.py",
        SEND,
        f'__import__("time").sleep(0.08)\n        {SEND}',
        "test_the_loop_is_never_held_up",
        "await instead of waiting",
    ),
    "amounts are floats": Mutant(
        "plugin.py",
        '"points": order.amounts[POINTS],',
        '"points": order.amounts[POINTS] * 1.0,',
        "test_a_yes_is_debited",
        "points are whole numbers",
    ),
    "units are sent instead of points": Mutant(
        "plugin.py",
        '"points": order.amounts[POINTS],',
        '"points": order.lines[0].units,',
        "test_a_yes_is_debited",
        "send order.amounts",
    ),
    "the wrong wallet": Mutant(
        "rates.py",
        "wallet=POINTS,",
        'wallet=WalletId("pionts"),',
        "test_the_gateway_takes_the_plugin",
        "the profile has no such wallet",
    ),
    "a rate that has expired": Mutant(
        "rates.py",
        "sample=True,\n        )",
        'sample=True,\n            ends_at=__import__("datetime").datetime(2020, 1, 1, tzinfo=__import__("gateway").JST),\n        )',
        "test_a_yes_is_debited",
        "correct starts_at and ends_at, or add the rate that follows",
    ),
    "a rate that ends in a month and nobody says so": Mutant(
        "plugin.py",
        "        return RATES\n",
        "        from dataclasses import replace\n"
        "        end = at + timedelta(days=30)\n"
        "        return RateTable(rates=tuple(replace(rate, ends_at=end) for rate in RATES.rates), notes=RATES.notes)\n",
        "test_rates_are_in_force_for_90_days_or_a_note_names_their_end",
        "or a note to RateTable.notes that names",
    ),
    "a return can be used again": Mutant(
        "plugin.py",
        '        answer = await self._client.send(\n            "POST",\n            "/v1/links",',
        '        answer = await self._remembered(\n            returned,\n            "POST",\n            "/v1/links",',
        "test_a_return_that_was_used_is_refused",
        "prove the code with the partner",
    ),
    "the browser is believed": Mutant(
        "plugin.py",
        '        answer = await self._client.send(\n            "POST",\n            "/v1/links",',
        "        return LinkedAccount(service_id='m', shown_as='m', token=Secret('kit-token-of-m'))\n"
        '        answer = await self._client.send(\n            "POST",\n            "/v1/links",',
        "test_a_member_leaves_and_comes_back_linked",
        "ask the partner who came back",
    ),
    "a return counts for another visit": Mutant(
        "plugin.py",
        'if returned.query.get("visit") != returned.exchange_id:',
        "if False:",
        "test_a_return_for_another_exchange_is_refused",
        "compare the exchange id",
        also=((' or answer.text("visit") != returned.exchange_id', ""),),
    ),
    "another member's balance": Mutant(
        "plugin.py",
        '        answer = await self._client.send("POST", "/v1/balances", {"token": account.token.reveal()})',
        "        self._account = account\n"
        "        await __import__('asyncio').sleep(0)\n"
        "        account = self._account\n"
        '        answer = await self._client.send("POST", "/v1/balances", {"token": account.token.reveal()})',
        "test_each_member_sees_their_own_points",
        "keep nothing of a call on self",
    ),
    "an answer about somebody else is believed": Mutant(
        "plugin.py",
        ' or answer.text("member") != account.service_id',
        "",
        "test_balances_of_somebody_else_are_not_believed",
        "compare the member in the answer",
    ),
    "an answer about another exchange is believed": Mutant(
        "plugin.py",
        '            about={"exchange_id": order.exchange_id},\n',
        "",
        "test_an_answer_about_another_exchange_is_unknown",
        "compare the id in the answer",
    ),
    "whatever is not found was never there": Mutant(
        "plugin.py",
        '        answer = await self._client.send(\n            "GET"',
        '        answer = await self._or_no_record(\n            exchange_id,\n            "GET"',
        "test_an_unclear_look_up_is_no_answer",
        "points would be given back twice",
    ),
    "a client of its own": Mutant(
        "client.py",
        SEND,
        "import httpx\n"
        "        async with httpx.AsyncClient() as client:\n"
        "            told = await client.request(method, self.base_url + path, headers=headers, json=body)\n"
        "        from gateway import HttpAnswer\n"
        "        answer = HttpAnswer(status=told.status_code, headers=dict(told.headers), body=told.content)",
        "test_nobody_is_spoken_to_but_the_declared_hosts",
        "send every request with setup.http",
    ),
    "a connection of its own": Mutant(
        "client.py",
        SEND,
        "import socket\n"
        "        try:\n"
        "            socket.create_connection(('statistics.example', 80), timeout=0.1)\n"
        "        except OSError:\n"
        "            pass\n"
        f"        {SEND}",
        "test_nobody_is_spoken_to_but_the_declared_hosts",
        "only to the hosts of partner_profile()",
    ),
    "terms in one language": Mutant(
        "plugin.py",
        '"An exchange cannot be taken back."',
        '"交換後の取消はできません。"',
        "test_texts_are_in_japanese_and_in_english",
        "write Label(en=…) in English",
    ),
    "an argument of another type": Mutant(
        "plugin.py",
        "async def find_debit(self, exchange_id: ExchangeId)",
        "async def find_debit(self, exchange_id: int)",
        "test_arguments_are_annotated_as_in_the_hooks",
        "write exchange_id: ExchangeId",
    ),
    "a no for the wrong reason": Mutant(
        "plugin.py",
        '"not_enough": DeclineReason.NOT_ENOUGH',
        '"not_enough": DeclineReason.REFUSED',
        "test_an_explicit_no_is_declined",
        "return Declined(reason=DeclineReason.NOT_ENOUGH)",
    ),
    "a connection that is proven by nothing": Mutant(
        "plugin.py",
        '        answer = await self._client.send("GET", "/v1/hello")\n',
        '        return\n        answer = await self._client.send("GET", "/v1/hello")\n',
        "test_a_connection_is_proven_and_a_broken_one_is_told",
        "send a request that needs our credentials",
    ),
    "asking for a value spends the coupon": Mutant(
        "plugin.py",
        '        answer = await self._client.send("POST", "/v1/coupons/value", {"code": coupon.code.reveal()})',
        '        await self._client.send("POST", "/v1/debits",'
        ' {"exchange_id": "x", "code": coupon.code.reveal(), "points": 1})\n'
        '        answer = await self._client.send("POST", "/v1/coupons/value", {"code": coupon.code.reveal()})',
        "test_a_coupons_value_is_told_and_it_is_not_spent",
        "ask, and move nothing",
        link=LinkKind.COUPON,
    ),
    "one coupon's value is another's": Mutant(
        "plugin.py",
        '        answer = await self._client.send("POST", "/v1/coupons/value", {"code": coupon.code.reveal()})',
        "        self._coupon = coupon\n"
        "        await __import__('asyncio').sleep(0)\n"
        "        coupon = self._coupon\n"
        '        answer = await self._client.send("POST", "/v1/coupons/value", {"code": coupon.code.reveal()})',
        "test_each_coupon_has_its_own_value",
        "keep nothing of a call on self",
        link=LinkKind.COUPON,
    ),
    "a coupon's value is kept": Mutant(
        "plugin.py",
        '        answer = await self._client.send("POST", "/v1/coupons/value", {"code": coupon.code.reveal()})',
        "        kept, body = self.__dict__.setdefault('_kept', {}), {'code': coupon.code.reveal()}\n"
        "        if coupon not in kept:\n"
        "            kept[coupon] = await self._client.send('POST', '/v1/coupons/value', body)\n"
        "        answer = kept[coupon]",
        "test_a_coupon_is_asked_about_each_time",
        "ask the partner at each call",
        link=LinkKind.COUPON,
    ),
    "a coupon without an amount is worth a unit": Mutant(
        "plugin.py",
        "return CouponValue(wallet=POINTS, amount=answer.whole(",
        "return CouponValue(wallet=POINTS, amount=1_000 if not answer.has('points') else answer.whole(",
        "test_a_value_that_is_no_number_of_points_is_not_believed",
        "no whole number of points above 0",
        link=LinkKind.COUPON,
    ),
}

# Methods that some of the mutants call; they change nothing while nobody does.
FOR_MUTANTS = """
    async def _unless_404(self, order, method, path, body, *, about):
        try:
            return await self._client.send(method, path, body, about=about)
        except OutcomeUnknown as fault:
            if "404" in str(fault):
                return JsonAnswer({"result": "declined", "reason": "refused"}, partner="acme", asked="")
            raise

    async def _or_no(self, order, method, path, body, *, about):
        try:
            return await self._client.send(method, path, body, about=about)
        except Exception:
            return JsonAnswer({"result": "declined", "reason": "refused"}, partner="acme", asked="")

    async def _or_no_record(self, exchange_id, method, path, *, about):
        try:
            return await self._client.send(method, path, about=about)
        except OutcomeUnknown:
            return JsonAnswer({"result": "not_found"}, partner="acme", asked="")

    async def _remembered(self, returned, method, path, body):
        codes = self.__dict__.setdefault("_codes", {})
        if body["code"] not in codes:
            codes[body["code"]] = await self._client.send(method, path, body)
        return codes[body["code"]]

"""


def made(link: LinkKind, into: Path) -> Path:
    folder = scaffold.write("acme", link, into)
    plugin = folder / "gateway_acme" / "plugin.py"
    text = plugin.read_text("utf-8")
    marker = "    @hookimpl\n    def partner_profile"
    assert marker in text
    plugin.write_text(text.replace(marker, FOR_MUTANTS + marker), "utf-8")
    client = folder / "gateway_acme" / "client.py"
    text = client.read_text("utf-8")
    client.write_text(
        text.replace(
            "        self._http = setup.http\n",
            "        self._http = setup.http\n        self._log = setup.log\n",
        ),
        "utf-8",
    )
    return folder


@pytest.mark.timeout(600)
@pytest.mark.parametrize("link", LinkKind)
def test_the_scaffold_with_the_unused_methods_of_the_mutants_is_green(
    link: LinkKind, tmp_path: Path, contract_of: Run
) -> None:
    ran = contract_of(made(link, tmp_path))
    assert ran.returncode == 0, ran.stdout
    assert "acme reaches 梅 (ume)" in ran.stdout


@pytest.mark.parametrize("mutant", MUTANTS.values(), ids=MUTANTS)
def test_a_classic_mistake_is_caught_and_the_remedy_named(
    mutant: Mutant, tmp_path: Path, contract_of: Run
) -> None:
    folder = made(mutant.link, tmp_path)
    file = folder / "gateway_acme" / mutant.file
    text = file.read_text("utf-8")
    for old, new in ((mutant.old, mutant.new), *mutant.also):
        assert text.count(old) == 1
        text = text.replace(old, new)
    file.write_text(text, "utf-8")

    ran = contract_of(folder, "-k", f"{mutant.test} or takes_the_plugin")

    assert ran.returncode == 1, ran.stdout + ran.stderr
    match_ = re.search(rf"failed: {mutant.test}: acme: (.*)", ran.stdout)
    assert match_ is not None, ran.stdout
    assert mutant.remedy in match_[1]
    assert re.search(r"\(gateway_acme/\w+\.py:\d+\)$", match_[1])
    assert "acme reaches なし (none)" in ran.stdout or "acme reaches 梅" in ran.stdout
