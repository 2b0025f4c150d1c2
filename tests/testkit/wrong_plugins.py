"""Wrong versions of Hikari's plugin, each with the test of the kit that finds it and what it says.

The kinds are those of mistakes that engineers made with real interfaces. `UNKNOWABLE` are those that no kit can find
without the partner's own documents: docs/contract-kit.md lists them with the reason.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Wrong:
    """Each of `changes` is made at its one place; `test` must fail and say `says`."""

    test: str
    says: str
    changes: tuple[tuple[str, str], ...]


def wrong(test: str, says: str, *changes: tuple[str, str]) -> Wrong:
    return Wrong(test, says, changes)


UNCLEAR = "test_an_unclear_answer_is_unknown_and_was_sent_once"
DOCUMENTED = "test_documented_answers_mean_what_the_documents_say"
LATER = "test_a_decision_that_comes_later_is_in_progress"
REFUSED = "test_a_debit_that_was_refused_is_found_as_refused"
TAKEN_AT = "test_a_debit_is_told_at_the_time_when_it_was_taken"
LOOK_UP = "test_a_look_up_that_answers_about_another_exchange_is_no_answer"
UNCLEAR_LOOK_UP = "test_an_unclear_look_up_is_no_answer"
ANOTHER = "test_an_answer_about_another_exchange_is_unknown"
SHOWS = "test_a_yes_shows_what_was_taken"
SIXTEEN = "test_sixteen_orders_at_once_stay_apart"
TWO = "test_two_members_at_once_stay_apart_in_every_hook"
EACH_TIME = "test_balances_are_asked_for_each_time"
THEIR_OWN = "test_each_member_sees_their_own_points"
SOMEBODY = "test_balances_of_somebody_else_are_not_believed"
UNCLEAR_BALANCE = "test_an_unclear_balance_is_not_believed"
DAY = "test_a_day_is_listed_with_every_debit"
ONLY_TAKEN = "test_a_day_lists_only_what_was_taken"
UNCLEAR_DAY = "test_an_unclear_day_is_no_day"
GIVEN_BACK = "test_a_day_tells_what_was_given_back"
PART = "test_a_part_is_given_back_as_a_part"
BACK_REFUSED = "test_a_reversal_that_is_refused_is_declined"
BACK_LATER = "test_a_reversal_that_is_decided_later_is_in_progress"
BACK_UNCLEAR = "test_a_reversal_without_a_clear_answer_is_unknown"
BACK_FOUND = "test_a_reversal_is_found_or_admitted_to_be_unknown"
BACK_ANOTHER = "test_an_answer_about_another_reversal_is_unknown"
BACK_AMOUNT = "test_a_reversal_of_another_amount_is_unknown"
ADDED = "test_a_member_who_is_added_to_the_return_is_not_believed"
PERSON = "test_nothing_of_a_person_is_in_a_log_an_error_or_a_label"
SECRET = "test_no_secret_is_in_a_log_a_repr_or_an_error"
TOKEN = "test_an_access_token_is_renewed_in_time"
PROMISES = "test_promises_can_be_kept"
LOOP = "test_the_loop_is_never_held_up"
LINKED = "test_a_member_leaves_and_comes_back_linked"
PATIENCE = "test_a_partner_that_asks_for_patience_is_given_it"
CONNECTION = "test_a_connection_is_proven_and_a_broken_one_is_told"

FOUND = "        return _debit(exchange_id, answer)\n"
DEBIT_SENT = (
    '        answer = await self._send("POST", "/v2/debits", body=body, member=order.account.token)\n'
)
BLOCKS = '        __import__("time").sleep(0.09)\n'
ID_CHECK = '    if debit.get("id") != exchange_id:\n'
BALANCE = '        told = _object(answer, 200)\n        if told.get("member")'
GOOD_UNTIL = 'timedelta(seconds=told.whole("expires_in") - 30)'
ROWS = "            for row in rows:\n"
WAITING_BACK = (
    '            case 202, "WAITING":\n                return InProgress(exchange_id=reversal.exchange_id)\n'
)
REVERSED_NOW = (
    'Reversed(reversal_id=reversal.reversal_id, reference="r", at=reversal.at, lines=reversal.lines)\n'
)

WRONG = {
    # --- what is asked about later ---
    "pending is debited when it is asked about": wrong(
        LATER,
        "neither a debit nor given up",
        (
            FOUND,
            (
                "        found = _debit(exchange_id, answer)\n"
                "        if isinstance(found, InProgress):\n"
                "            return Debited(exchange_id=exchange_id, reference='r', at=self._clock(),"
                " lines=(DebitLine(wallet=BASE, amount=200),), service_id='kit-member-1')\n"
                "        return found\n"
            ),
        ),
    ),
    "pending is refused when it is asked about": wrong(
        LATER,
        "return InProgress",
        (
            FOUND,
            (
                "        found = _debit(exchange_id, answer)\n"
                "        if isinstance(found, InProgress):\n"
                "            return Declined(exchange_id=exchange_id, reason=DeclineReason.REFUSED)\n"
                "        return found\n"
            ),
        ),
    ),
    "pending is not there": wrong(
        LATER,
        "return InProgress",
        (
            FOUND,
            (
                "        found = _debit(exchange_id, answer)\n"
                "        return NoRecord(exchange_id=exchange_id) if isinstance(found, InProgress) else found\n"
            ),
        ),
    ),
    "refused is debited when it is asked about": wrong(
        REFUSED,
        "nothing was taken",
        (
            FOUND,
            (
                "        found = _debit(exchange_id, answer)\n"
                "        if isinstance(found, Declined):\n"
                "            return Debited(exchange_id=exchange_id, reference='r', at=self._clock(),"
                " lines=(DebitLine(wallet=BASE, amount=200),), service_id='kit-member-1')\n"
                "        return found\n"
            ),
        ),
    ),
    "refused is not there": wrong(
        REFUSED,
        "return Declined with the reason",
        (
            FOUND,
            (
                "        found = _debit(exchange_id, answer)\n"
                "        return NoRecord(exchange_id=exchange_id) if isinstance(found, Declined) else found\n"
            ),
        ),
    ),
    "another's row is believed": wrong(LOOK_UP, "compare the id", (ID_CHECK, "    if False:\n")),
    "another's row is believed by debit": wrong(ANOTHER, "compare the id", (ID_CHECK, "    if False:\n")),
    "not found about another is believed": wrong(
        LOOK_UP, "compare the id", ("_error(answer, about=exchange_id)", "_error(answer)")
    ),
    "ids are compared without regard to case": wrong(
        ANOTHER,
        "compare ids as they are",
        (ID_CHECK, '    if str(debit.get("id")).lower() != exchange_id.lower():\n'),
    ),
    "an id is compared by its beginning": wrong(
        LOOK_UP,
        "compare the id",
        (ID_CHECK, '    if not str(debit.get("id")).startswith(exchange_id[:12]):\n'),
    ),
    "a debit is of the moment at which it is asked about": wrong(
        TAKEN_AT,
        "read Debited.at from the answer",
        ('at=_moment(debit, "at"),', "at=__import__('datetime').datetime(2026, 8, 2, tzinfo=JST),"),
    ),
    "a time of Japan is read as one of UTC": wrong(
        TAKEN_AT,
        "with the zone that the partner documents",
        (
            'at=_moment(debit, "at"),',
            'at=_moment(debit, "at").replace(tzinfo=__import__("datetime").UTC),',
        ),
    ),
    "any 404 is not found": wrong(
        UNCLEAR_LOOK_UP,
        "only the partner's documented word means NoRecord",
        (
            'if answer.status == 404 and _error(answer, about=exchange_id) == "NO_SUCH_DEBIT":',
            "if answer.status == 404:",
        ),
    ),
    "what was not found once is never looked for again": wrong(
        "test_a_debit_is_found",
        "return Debited with the partner's reference",
        (
            "            return NoRecord(exchange_id=exchange_id)\n",
            (
                "            self.__dict__.setdefault('_missing', set()).add(exchange_id)\n"
                "        if exchange_id in self.__dict__.get('_missing', ()):\n"
                "            return NoRecord(exchange_id=exchange_id)\n"
            ),
        ),
    ),
    "the state is never read": wrong(
        UNCLEAR,
        "debit.state",
        (
            '    match debit.get("state"):\n',
            '    match "DONE" if "number" in debit else debit.get("state"):\n',
        ),
    ),
    "the state is read by a part of its word": wrong(
        UNCLEAR,
        "debit.state",
        (
            '        case "DONE":\n            return Debited(',
            '        case str(word) if "DONE" in word:\n            return Debited(',
        ),
    ),
    "whatever is not refused or waiting is done": wrong(
        UNCLEAR,
        "debit.state",
        (
            '        case "DONE":\n            return Debited(',
            '        case state if state not in ("WAITING", "REFUSED"):\n            return Debited(',
        ),
    ),
    # --- the partner's own errors ---
    "a documented 409 is a no": wrong(
        DOCUMENTED,
        "IdReused",
        (
            "            return IdReused(exchange_id=order.exchange_id)\n",
            "            return Declined(exchange_id=order.exchange_id, reason=DeclineReason.REFUSED)\n",
        ),
    ),
    "any 409 is an id that was used": wrong(
        UNCLEAR,
        "409",
        ('if answer.status == 409 and _error(answer) == "ID_USED":', "if answer.status == 409:"),
    ),
    "a documented 429 is a no": wrong(
        DOCUMENTED,
        "429",
        (
            "            return NotProcessed(exchange_id=order.exchange_id, retry_after=wait)\n",
            "            return Declined(exchange_id=order.exchange_id, reason=DeclineReason.LIMIT_REACHED)\n",
        ),
    ),
    "any 429 did nothing": wrong(
        UNCLEAR,
        "429",
        ('if answer.status == 429 and _error(answer) == "SLOW_DOWN":', "if answer.status == 429:"),
    ),
    "after a 429 the debit is sent again": wrong(
        DOCUMENTED,
        "sent the order again",
        (DEBIT_SENT, DEBIT_SENT + "        if answer.status == 429:\n    " + DEBIT_SENT),
    ),
    "after a 401 the debit is sent again with a new token": wrong(
        DOCUMENTED,
        "sent the order again",
        (
            DEBIT_SENT,
            DEBIT_SENT
            + "        if answer.status == 401:\n            self._good_until = self._clock()\n    "
            + DEBIT_SENT,
        ),
    ),
    "a system error in a 200 is a no": wrong(
        DOCUMENTED,
        "debit() ended with Declined",
        (
            DEBIT_SENT,
            DEBIT_SENT
            + "        if _error(answer) is not None and answer.status == 200:\n            return Declined(exchange_id=order.exchange_id, reason=DeclineReason.REFUSED)\n",
        ),
    ),
    "after a system error the debit is sent under another key": wrong(
        DOCUMENTED,
        "sent the order again",
        (
            DEBIT_SENT,
            DEBIT_SENT
            + "        if _error(answer) == 'E999':\n            body = {**body, 'id': order.exchange_id + '-2'}\n    "
            + DEBIT_SENT,
        ),
    ),
    "a system error in a 200 is not found": wrong(
        DOCUMENTED,
        "find_debit()",
        (
            FOUND,
            "        if _error(answer) is not None:\n            return NoRecord(exchange_id=exchange_id)\n"
            + FOUND,
        ),
    ),
    "taken in is debited": wrong(
        LATER,
        "return InProgress",
        (
            '        case "WAITING":\n            return InProgress(exchange_id=exchange_id)\n',
            '        case "WAITING":\n            return Debited(exchange_id=exchange_id, reference="r", at=datetime.now(JST), lines=(DebitLine(wallet=BASE, amount=200), DebitLine(wallet=BONUS, amount=100)), service_id="kit-member-1")\n',
        ),
    ),
    "the status is not looked at": wrong(
        UNCLEAR,
        "500 with",
        (
            "    if answer.status not in statuses:\n",
            '    if answer.status not in statuses and "error" in str(answer.body):\n',
        ),
    ),
    "any answer below 500 is read": wrong(
        UNCLEAR, "409 with", ("    if answer.status not in statuses:\n", "    if answer.status >= 500:\n")
    ),
    # --- what a yes proves ---
    "the amount is copied from the order": wrong(
        SHOWS,
        "another amount",
        (
            "        return _debit(order.exchange_id, answer)\n",
            "        debited = _debit(order.exchange_id, answer)\n        return __import__('dataclasses').replace(debited, lines=order.lines) if isinstance(debited, Debited) else debited\n",
        ),
    ),
    "the account is copied from the order": wrong(
        SHOWS,
        "another account",
        (
            "        return _debit(order.exchange_id, answer)\n",
            "        debited = _debit(order.exchange_id, answer)\n        return __import__('dataclasses').replace(debited, service_id=order.account.service_id) if isinstance(debited, Debited) else debited\n",
        ),
    ),
    # --- state of one member on self ---
    "the member is kept on self across a request": wrong(
        SIXTEEN,
        "keep nothing of an order on self",
        (
            DEBIT_SENT,
            '        self._member = order.account.token\n        await self._send("GET", "/v2/ping")\n        answer = await self._send("POST", "/v2/debits", body=body, member=self._member)\n',
        ),
    ),
    "the order is kept on self across a request": wrong(
        SIXTEEN,
        "keep nothing of an order on self",
        (
            DEBIT_SENT,
            '        self._body = body\n        await self._send("GET", "/v2/ping")\n        answer = await self._send("POST", "/v2/debits", body=self._body, member=order.account.token)\n',
        ),
    ),
    "the answer is kept on self across a request": wrong(
        SIXTEEN,
        "keep nothing of an order on self",
        (
            DEBIT_SENT,
            DEBIT_SENT
            + '        self._answer = answer\n        await self._send("GET", "/v2/ping")\n        answer = self._answer\n',
        ),
    ),
    "the visit is kept on self between two hooks": wrong(
        TWO,
        "keep nothing of a call or of a member on self",
        (
            '        body = {"visit": request.exchange_id,',
            '        self._visit = request.exchange_id\n        body = {"visit": request.exchange_id,',
        ),
        (
            '        if returned.query.get("visit") != returned.exchange_id:',
            '        if returned.query.get("visit") != self._visit:',
        ),
    ),
    "the member of the last balance pays": wrong(
        TWO,
        "keep nothing of a call or of a member on self",
        (
            "        if account.token is None:\n            raise LinkEnded\n",
            "        if account.token is None:\n            raise LinkEnded\n        self._account = account\n",
        ),
        (
            DEBIT_SENT,
            '        member = self.__dict__.get("_account", order.account).token\n        answer = await self._send("POST", "/v2/debits", body=body, member=member)\n',
        ),
    ),
    "the link of the last return is given": wrong(
        TWO,
        "keep nothing of a call or of a member on self",
        (
            '        member = _part(told, "member")\n',
            '        self._linked = _part(told, "member")\n        await self._send("GET", "/v2/ping")\n        member = self._linked\n',
        ),
    ),
    # --- balances ---
    "a balance is kept for ever": wrong(
        EACH_TIME,
        "keep no balance",
        (
            '        answer = await self._send("GET", path, member=account.token)\n',
            '        kept = self.__dict__.setdefault("_kept", {})\n        if path not in kept:\n            kept[path] = await self._send("GET", path, member=account.token)\n        answer = kept[path]\n',
        ),
    ),
    "the balance of another programme": wrong(
        THEIR_OWN,
        "another wallet, programme or group",
        (
            '            available={line.wallet: line.amount for line in _lines(told, "programmes", zero=True)},',
            '            available={{BASE: BONUS, BONUS: BASE}[line.wallet]: line.amount for line in _lines(told, "programmes", zero=True)},',
        ),
    ),
    "a balance that is a little less": wrong(
        THEIR_OWN,
        "nothing added or left out",
        (
            "            available={line.wallet: line.amount for",
            "            available={line.wallet: line.amount // 10 * 10 for",
        ),
    ),
    "the member in a balance is not looked at": wrong(
        SOMEBODY, "compare the member", ('if told.get("member") != account.service_id:', "if False:")
    ),
    "the member is compared without regard to case": wrong(
        SOMEBODY,
        "another case",
        (
            'if told.get("member") != account.service_id:',
            'if str(told.get("member")).lower() != account.service_id.lower():',
        ),
    ),
    "any error is an ended link": wrong(
        UNCLEAR_BALANCE,
        "LinkEnded only for",
        ('if answer.status == 410 and _error(answer) == "LINK_ENDED":', "if answer.status >= 400:"),
    ),
    "no programmes are no points": wrong(
        UNCLEAR_BALANCE,
        "raise unless the answer is a documented one",
        (
            BALANCE,
            '        try:\n            told = _object(answer, 200)\n        except OutcomeUnknown:\n            told = {"member": account.service_id, "programmes": [], "asOf": self._clock().isoformat()}\n        if told.get("member")',
        ),
    ),
    # --- the day's list ---
    "an error is an empty day": wrong(
        UNCLEAR_DAY,
        "raise unless the whole day is there",
        (
            '            answer = _object(await self._send("GET", "/v2/debits", params=params), 200)\n',
            '            try:\n                answer = _object(await self._send("GET", "/v2/debits", params=params), 200)\n            except Exception:\n                return []\n',
        ),
    ),
    "half a day is a day": wrong(
        UNCLEAR_DAY,
        "raise unless the whole day is there",
        (
            '            answer = _object(await self._send("GET", "/v2/debits", params=params), 200)\n',
            '            try:\n                answer = _object(await self._send("GET", "/v2/debits", params=params), 200)\n            except Exception:\n                if not cursor:\n                    raise\n                return records\n',
        ),
    ),
    "only the first page is read": wrong(
        DAY, "page by page", ('            cursor = _text(answer, "next")\n', "            return records\n")
    ),
    "pending rows are debits": wrong(
        ONLY_TAKEN,
        "read the status of each row",
        (
            '                    case "DONE":\n                        records',
            '                    case "DONE" | "WAITING":\n                        records',
        ),
        ('                    case "WAITING" | "REFUSED":\n', '                    case "REFUSED":\n'),
    ),
    "failed rows are debits": wrong(
        ONLY_TAKEN,
        "read the status of each row",
        (
            '                    case "DONE":\n                        records',
            '                    case "DONE" | "REFUSED":\n                        records',
        ),
        ('                    case "WAITING" | "REFUSED":\n', '                    case "WAITING":\n'),
    ),
    "rows of an unknown state are passed over": wrong(
        UNCLEAR_DAY,
        "raise unless the whole day is there",
        (
            '                        raise OutcomeUnknown("hikari lists a state that it does not document")\n',
            "                        continue\n",
        ),
    ),
    "the day is asked for in UTC": wrong(
        DAY,
        "with the first or the last hour of the day in Japan",
        ("datetime.combine(day, time(0), JST)", "datetime.combine(day, time(0), __import__('datetime').UTC)"),
    ),
    "the day is cut in UTC": wrong(
        DAY,
        "with the first or the last hour of the day in Japan",
        (
            ROWS,
            "            rows = [row for row in rows if datetime.fromisoformat(row['at']).date() == day]\n"
            + ROWS,
        ),
    ),
    "a day and a half is asked for": wrong(
        DAY,
        "ask for 00:00 to 24:00",
        ("(start + timedelta(days=1)).isoformat()", "(start + timedelta(days=1, hours=12)).isoformat()"),
    ),
    "times are read in the wrong zone": wrong(
        DAY,
        "at another time",
        ("    return moment.astimezone(JST)\n", "    return moment.replace(tzinfo=JST)\n"),
    ),
    "what was given back is left out": wrong(
        GIVEN_BACK,
        "fill DebitRecord.given_back",
        ('        given_back=_lines(row, "refunded"),\n', "        given_back=(),\n"),
    ),
    # --- giving back ---
    "the whole debit is given back for a part": wrong(
        PART,
        "send reversal.lines",
        ("        for line in reversal.lines:\n", "        for line in reversal.debit.lines or ():\n"),
    ),
    "the exchange id is the key of a reversal": wrong(
        PART,
        "not the exchange id",
        ('"refundId": reversal.reversal_id', '"refundId": reversal.exchange_id'),
        (
            '(refund.get("id"), refund.get("debit")) != (reversal.reversal_id, reversal.exchange_id)',
            'refund.get("debit") != reversal.exchange_id',
        ),
    ),
    "a pending refund is given back": wrong(
        BACK_LATER,
        "return InProgress",
        (WAITING_BACK, f'            case 202, "WAITING":\n                return {REVERSED_NOW}'),
    ),
    "a refused refund is given back": wrong(
        BACK_REFUSED,
        "Reversed for its yes only",
        (
            '            case 200, "REFUSED":\n                return Declined(exchange_id=reversal.exchange_id, reason=DeclineReason.REFUSED)\n',
            f'            case 200, "REFUSED":\n                return {REVERSED_NOW}',
        ),
    ),
    "any 200 is given back": wrong(
        BACK_UNCLEAR,
        "200 with",
        (
            '        refund = _part(_object(answer, 200, 201, 202), "refund")\n',
            f'        if answer.status in (200, 201) and b"REFUSED" not in answer.body:\n            return {REVERSED_NOW}        refund = _part(_object(answer, 200, 201, 202), "refund")\n',
        ),
    ),
    "any 4xx is a refused refund": wrong(
        BACK_UNCLEAR,
        "the partner answered 40",
        (
            '        refund = _part(_object(answer, 200, 201, 202), "refund")\n',
            '        if 400 <= answer.status < 500:\n            return Declined(exchange_id=reversal.exchange_id, reason=DeclineReason.REFUSED)\n        refund = _part(_object(answer, 200, 201, 202), "refund")\n',
        ),
    ),
    "a refund is sent again after a 500": wrong(
        BACK_UNCLEAR,
        "sent the order again",
        (
            '        answer = await self._send("POST", path, body=body)\n        refund',
            '        answer = await self._send("POST", path, body=body)\n        if answer.status == 500:\n            answer = await self._send("POST", path, body=body)\n        refund',
        ),
    ),
    "the state of a refund is not read": wrong(
        BACK_UNCLEAR, "refund.state", ('            case 201, "DONE":\n', "            case 201, _:\n")
    ),
    "the refund of another is believed": wrong(
        BACK_ANOTHER,
        "compare the ids",
        (
            '        if (refund.get("id"), refund.get("debit")) != (reversal.reversal_id, reversal.exchange_id):\n',
            "        if False:\n",
        ),
    ),
    "the amount that was given back is not compared": wrong(
        BACK_AMOUNT,
        "compare the amount",
        (
            '                if {it.wallet: it.amount for it in _lines(refund, "items")} != amounts:\n',
            "                if False:\n",
        ),
        (
            '                    lines=_lines(refund, "items"),\n                )\n            case 202',
            "                )\n            case 202",
        ),
    ),
    "any 404 is a refund that is not there": wrong(
        BACK_FOUND,
        "only the documented words",
        (
            'if answer.status == 404 and _error(answer, about=reversal.reversal_id) == "NO_SUCH_REFUND":',
            "if answer.status == 404:",
        ),
    ),
    "a refund that is not there is given back": wrong(
        BACK_FOUND,
        "return NoRecord",
        (
            (
                'if answer.status == 404 and _error(answer, about=reversal.reversal_id) == "NO_SUCH_REFUND":\n'
                "            return NoRecord(exchange_id=reversal.exchange_id)\n"
            ),
            (
                'if _error(answer) == "NO_SUCH_REFUND":\n'
                '            return Reversed(reversal_id=reversal.reversal_id, reference="r", at=reversal.at)\n'
            ),
        ),
    ),
    "the refund that is found is another's": wrong(
        BACK_FOUND,
        "about another reversal",
        (
            '        if refund.get("id") != reversal.reversal_id or refund.get("debit") != reversal.exchange_id:\n',
            "        if False:\n",
        ),
    ),
    "a refund in any state was given back": wrong(
        BACK_FOUND, "refund.state", ('        if refund.get("state") != "DONE":\n', "        if False:\n")
    ),
    # --- returns ---
    "the member is taken from the return": wrong(
        ADDED,
        "never from the browser",
        (
            '            service_id=_text(member, "id"),\n',
            '            service_id=returned.query.get("customer") or _text(member, "id"),\n',
        ),
    ),
    "the token is taken from the return": wrong(
        ADDED,
        "never from the browser",
        (
            '            token=Secret(_text(member, "token")),\n',
            '            token=Secret(returned.query.get("memberToken") or _text(member, "token")),\n',
        ),
    ),
    "the name is taken from the return": wrong(
        ADDED,
        "never from the browser",
        (
            '            shown_as=_text(member, "display"),\n',
            '            shown_as=returned.query.get("shown", _text(member, "display")),\n',
        ),
    ),
    # --- persons ---
    "a name is logged": wrong(
        PERSON,
        "a name of a member stands in a line of its log",
        (
            '        member = _part(told, "member")\n',
            '        member = _part(told, "member")\n        self._log.info("linked", who=member.get("name"))\n',
        ),
    ),
    "a mail address is shown": wrong(
        PERSON,
        "a mail address of a member",
        (
            '            shown_as=_text(member, "display"),\n',
            '            shown_as=_text(member, "email"),\n',
        ),
    ),
    "a name is shown": wrong(
        PERSON,
        "a name of a member",
        ('            shown_as=_text(member, "display"),\n', '            shown_as=_text(member, "name"),\n'),
    ),
    "an error quotes the answer": wrong(
        PERSON,
        "of a member stands in",
        (
            '        raise OutcomeUnknown(f"hikari answered with status {answer.status}")\n',
            '        raise OutcomeUnknown(f"hikari answered {answer.status}: {answer.body.decode()}")\n',
        ),
    ),
    "answers are logged": wrong(
        PERSON,
        "stands in a line of its log",
        (
            'self._log.info("hikari_asked", method=method, status=answer.status)',
            'self._log.info("hikari_asked", method=method, answer=answer.body.decode("utf-8", "replace"))',
        ),
    ),
    # --- access tokens ---
    "a token is used after its end": wrong(
        TOKEN, "whose time is over", (GOOD_UNTIL, 'timedelta(seconds=told.whole("expires_in") * 12)')
    ),
    "a token is never renewed": wrong(TOKEN, "whose time is over", (GOOD_UNTIL, "timedelta(days=3650)")),
    "the request for a token is repeated inside a debit": wrong(
        TOKEN,
        "was sent again",
        (
            '            told = JsonAnswer.read(answer, partner="hikari", asked="/token")\n',
            '            if answer.status != 200:\n                answer = await self._http.post(f"{LOGIN}/token", form=form)\n            told = JsonAnswer.read(answer, partner="hikari", asked="/token")\n',
        ),
    ),
    "without a token it is a no": wrong(
        TOKEN,
        "nobody said no",
        (
            DEBIT_SENT,
            f"        try:\n            await self._access()\n        except OutcomeUnknown:\n            return Declined(exchange_id=order.exchange_id, reason=DeclineReason.REFUSED)\n{DEBIT_SENT}",
        ),
    ),
    "an access token is logged": wrong(
        SECRET,
        "keep it in a Secret",
        (
            'self._log.info("hikari_asked", method=method, status=answer.status)',
            'self._log.info("hikari_asked", headers=headers)',
        ),
    ),
    # --- promises ---
    "debits hide for no time at all": wrong(
        PROMISES,
        "debits_may_hide_for",
        ("debits_may_hide_for=timedelta(minutes=5)", "debits_may_hide_for=timedelta(0)"),
    ),
    "a campaign ends at midnight in UTC": wrong(
        PROMISES,
        "midnight in another zone",
        (
            "            cost_per_unit=50,\n",
            '            cost_per_unit=50,\n            ends_at=datetime(2099, 1, 1, tzinfo=__import__("datetime").UTC),\n',
        ),
    ),
    # --- blocking ---
    **{
        f"{hook} blocks": wrong(LOOP, f"{hook}() held up everybody", (start, start + BLOCKS))
        for hook, start in {
            "reverse_debit": "    async def reverse_debit(self, reversal: Reversal) -> ReverseAnswer:\n",
            "debits_on": "    async def debits_on(self, day: date) -> Sequence[DebitRecord]:\n",
            "begin_handoff": "    async def begin_handoff(self, request: HandoffRequest) -> Handoff:\n",
            "complete_handoff": "    async def complete_handoff(self, returned: HandoffReturn) -> LinkedAccount:\n",
            "balances": "    async def balances(self, account: LinkedAccount) -> Balances:\n",
            "find_debit": "    async def find_debit(self, exchange_id: ExchangeId) -> FindAnswer:\n",
            "wallet_priority": "    def wallet_priority(self, destination: Destination, at: datetime) -> Sequence[WalletId]:\n",
        }.items()
    },
    # --- others ---
    "the connection is proven without its word": wrong(
        CONNECTION, "is content with", ('        if answer.get("ok") is not True:\n', "        if False:\n")
    ),
    "any truth is true": wrong(
        CONNECTION, "is content with", ('answer.get("ok") is not True', 'not answer.get("ok")')
    ),
    "a retry-after is kept to oneself": wrong(
        PATIENCE,
        "Retry-After",
        ('"hikari asks for patience", answer.retry_after_s', '"hikari asks for patience"'),
    ),
}

UNKNOWABLE = {
    "an unknown reason of a no is a no": (
        'REASONS.get(debit.get("code", 0))',
        'REASONS.get(debit.get("code", 0), DeclineReason.REFUSED)',
    ),
    "keys are promised for too long": (
        "debits_may_hide_for=timedelta(minutes=5)",
        "debits_may_hide_for=timedelta(minutes=5), keys_kept_for=timedelta(days=366)",
    ),
    "more is promised than the partner keeps": (
        "arrives_within=timedelta(days=1)",
        "arrives_within=timedelta(minutes=1)",
    ),
}
