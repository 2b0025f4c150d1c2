"""More inputs of the kinds of mistakes in `wrong_plugins`: the same slip in another hook, at another hour, in another word."""

from __future__ import annotations

from tests.testkit.wrong_plugins import Wrong, wrong

MORE_WRONG: dict[str, Wrong] = {
    "an id that is missing is believed": wrong(
        "test_an_answer_about_another_exchange_is_unknown",
        "compare the whole id in the answer with",
        ('    if debit.get("id") != exchange_id:\n', '    if debit.get("id", exchange_id) != exchange_id:\n'),
    ),
    "an id is looked for in ours": wrong(
        "test_an_answer_about_another_exchange_is_unknown",
        "compare the whole id in the answer with",
        ('    if debit.get("id") != exchange_id:\n', '    if str(debit.get("id")) not in exchange_id:\n'),
    ),
    "pending for two days is not there": wrong(
        "test_a_decision_that_comes_later_is_in_progress",
        "return InProgress, however long it takes: an",
        (
            "        return _debit(exchange_id, answer)\n",
            "        found = _debit(exchange_id, answer)\n        first = self.__dict__.setdefault('_first', {}).setdefault(exchange_id, self._clock())\n        if isinstance(found, InProgress) and self._clock() - first > timedelta(days=1):\n            return NoRecord(exchange_id=exchange_id)\n        return found\n",
        ),
    ),
    "asked about for the third time it is refused": wrong(
        "test_a_decision_that_comes_later_is_in_progress",
        "return InProgress, however long it takes: an",
        (
            "        return _debit(exchange_id, answer)\n",
            "        found = _debit(exchange_id, answer)\n        n = self.__dict__.setdefault('_n', {})\n        n[exchange_id] = n.get(exchange_id, 0) + 1\n        if isinstance(found, InProgress) and n[exchange_id] > 2:\n            return Declined(exchange_id=exchange_id, reason=DeclineReason.REFUSED)\n        return found\n",
        ),
    ),
    "what debit heard is remembered for find_debit": wrong(
        "test_a_decision_that_comes_later_is_in_progress",
        "ask the partner at each call and keep no",
        (
            "        return _debit(order.exchange_id, answer)\n",
            "        d = _debit(order.exchange_id, answer)\n        if isinstance(d, InProgress):\n            self.__dict__.setdefault('_d', {})[order.exchange_id] = d\n        return d\n",
        ),
        (
            '        answer = await self._send("GET", f"/v2/debits/{quote(exchange_id, safe=\'\')}")\n',
            "        if exchange_id in self.__dict__.get('_d', {}):\n            return self._d[exchange_id]\n        answer = await self._send('GET', f\"/v2/debits/{quote(exchange_id, safe='')}\")\n",
        ),
    ),
    "pending is kept for ever": wrong(
        "test_a_decision_that_comes_later_is_in_progress",
        "ask the partner at each call and keep no",
        (
            "        return _debit(exchange_id, answer)\n",
            "        found = _debit(exchange_id, answer)\n        seen = self.__dict__.setdefault('_seen', {})\n        if isinstance(found, InProgress):\n            seen[exchange_id] = found\n        return seen.get(exchange_id, found)\n",
        ),
    ),
    "gone is not found": wrong(
        "test_an_unclear_look_up_is_no_answer",
        "raise: only the partner's documented word means",
        (
            'if answer.status == 404 and _error(answer, about=exchange_id) == "NO_SUCH_DEBIT":',
            'if answer.status == 410 or (answer.status == 404 and _error(answer, about=exchange_id) == "NO_SUCH_DEBIT"):',
        ),
    ),
    "a debit without a state is done": wrong(
        "test_an_unclear_answer_is_unknown_and_was_sent_once",
        "raise OutcomeUnknown: only the partner's",
        ('    match debit.get("state"):\n', '    match debit.get("state", "DONE"):\n'),
    ),
    "any error in a 404 is not found": wrong(
        "test_an_unclear_look_up_is_no_answer",
        "raise: only the partner's documented word means",
        (
            'if answer.status == 404 and _error(answer, about=exchange_id) == "NO_SUCH_DEBIT":',
            "if answer.status == 404 and _error(answer, about=exchange_id) is not None:",
        ),
    ),
    "a part of the word is a yes": wrong(
        "test_an_unclear_answer_is_unknown_and_was_sent_once",
        "raise OutcomeUnknown: only the partner's",
        (
            '        case "DONE":\n            return Debited(',
            '        case str(word) if word in "DONE":\n            return Debited(',
        ),
    ),
    "nobody is told how long to wait": wrong(
        "test_documented_answers_mean_what_the_documents_say",
        "give NotProcessed the seconds of",
        (
            "            return NotProcessed(exchange_id=order.exchange_id, retry_after=wait)\n",
            "            return NotProcessed(exchange_id=order.exchange_id)\n",
        ),
    ),
    "a system error is a refund that is not there": wrong(
        "test_a_reversal_is_found_or_admitted_to_be_unknown",
        "raise: only the documented words about this",
        (
            '        answer = await self._send("GET", f"/v2/debits/{debit}/refunds/{refund_id}")\n',
            '        answer = await self._send("GET", f"/v2/debits/{debit}/refunds/{refund_id}")\n        if _error(answer) == "E999":\n            return NoRecord(exchange_id=reversal.exchange_id)\n',
        ),
    ),
    "another's refund that is not there is ours": wrong(
        "test_a_reversal_is_found_or_admitted_to_be_unknown",
        "raise: only the documented words about this",
        (
            '_error(answer, about=reversal.reversal_id) == "NO_SUCH_REFUND"',
            '_error(answer) == "NO_SUCH_REFUND"',
        ),
    ),
    "any error in a 404 is a refund that is not there": wrong(
        "test_a_reversal_is_found_or_admitted_to_be_unknown",
        "raise: only the documented words about this",
        (
            'if answer.status == 404 and _error(answer, about=reversal.reversal_id) == "NO_SUCH_REFUND":',
            "if answer.status == 404 and _error(answer) is not None:",
        ),
    ),
    "a proof that names no visit is believed": wrong(
        "test_an_unclear_proof_is_no_proof",
        "prove the code with the partner, compare the",
        (
            '        told = _object(answer, 200)\n        if told.get("visit") != returned',
            '        told = _object(answer, 200)\n        if told.get("visit", returned.exchange_id) != returned',
        ),
    ),
    "the reversal is kept on self across a request": wrong(
        "test_two_reversals_at_once_stay_apart",
        "keep nothing of a call on self: several run at",
        (
            '        answer = await self._send("POST", path, body=body)\n        refund',
            '        self._r = (path, body, reversal, amounts)\n        await self._send("GET", "/v2/ping")\n        path, body, reversal, amounts = self._r\n        answer = await self._send("POST", path, body=body)\n        refund',
        ),
    ),
    "the refund that is asked about is kept on self": wrong(
        "test_two_reversals_at_once_stay_apart",
        "keep nothing of a call on self: several run at",
        (
            '        answer = await self._send("GET", f"/v2/debits/{debit}/refunds/{refund_id}")\n',
            '        self._r = (debit, refund_id, reversal)\n        await self._send("GET", "/v2/ping")\n        debit, refund_id, reversal = self._r\n        answer = await self._send("GET", f"/v2/debits/{debit}/refunds/{refund_id}")\n',
        ),
    ),
    "the answer about a refund is kept on self": wrong(
        "test_two_reversals_at_once_stay_apart",
        "keep nothing of a call on self: several run at",
        (
            '        answer = await self._send("GET", f"/v2/debits/{debit}/refunds/{refund_id}")\n',
            '        self._fa = await self._send("GET", f"/v2/debits/{debit}/refunds/{refund_id}")\n        await self._send("GET", "/v2/ping")\n        answer = self._fa\n',
        ),
    ),
    "the member is kept on self while a token is fetched": wrong(
        "test_sixteen_orders_at_once_stay_apart",
        "keep nothing of an order on self: several calls",
        (
            '        headers = {"Authorization": f"Bearer {await self._access()}"}\n        if member is not None:\n            headers["X-Member"] = member.reveal()\n',
            '        if member is not None:\n            self._m = member\n        headers = {"Authorization": f"Bearer {await self._access()}"}\n        if member is not None:\n            headers["X-Member"] = self._m.reveal()\n',
        ),
    ),
    "the cursor of a day is kept on self": wrong(
        "test_two_who_ask_for_a_day_at_once_are_told_the_same",
        "keep nothing of a call on self, such as a",
        (
            '            if answer["next"] is None:\n                return records\n            cursor = _text(answer, "next")\n',
            '            if answer["next"] is None:\n                return records\n            self._cursor = _text(answer, "next")\n            await self._send("GET", "/v2/ping")\n            cursor = self._cursor\n',
        ),
    ),
    "the rows of a day stay on self": wrong(
        "test_a_day_is_listed_with_every_debit",
        "give one DebitRecord for each",
        (
            "        records: list[DebitRecord] = []\n",
            '        records = self._records = self.__dict__.get("_records", [])\n',
        ),
    ),
    "a day is asked for once": wrong(
        "test_a_day_is_listed_with_every_debit",
        "give every debit of the day in Japan, 00:00 to",
        (
            "        records: list[DebitRecord] = []\n",
            '        records: list[DebitRecord] = self.__dict__.setdefault("_days", {}).setdefault(day, [])\n        if records:\n            return records\n',
        ),
    ),
    "a balance that names no member is believed": wrong(
        "test_balances_of_somebody_else_are_not_believed",
        "compare the whole id of the member in the",
        (
            'told.get("member") != account.service_id',
            'told.get("member", account.service_id) != account.service_id',
        ),
    ),
    "ten rows are a day": wrong(
        "test_a_day_is_listed_with_every_debit",
        "give every debit of the day in Japan, 00:00 to",
        (
            '            if answer["next"] is None:\n',
            '            if answer["next"] is None or len(records) >= 10:\n',
        ),
    ),
    "two pages are a day": wrong(
        "test_a_day_is_listed_with_every_debit",
        "give every debit of the day in Japan, 00:00 to",
        (
            '            if answer["next"] is None:\n',
            '            if answer["next"] is None or len(records) > 2:\n',
        ),
    ),
    "one debit a moment": wrong(
        "test_a_day_is_listed_with_every_debit",
        "give every debit of the day in Japan, 00:00 to",
        (
            '            if answer["next"] is None:\n                return records\n',
            '            if answer["next"] is None:\n                return list({it.at: it for it in records}.values())\n',
        ),
    ),
    "one debit a member": wrong(
        "test_a_day_is_listed_with_every_debit",
        "give every debit of the day in Japan, 00:00 to",
        (
            '            if answer["next"] is None:\n                return records\n',
            '            if answer["next"] is None:\n                return list({it.service_id: it for it in records}.values())\n',
        ),
    ),
    "rows that cannot be read are left out": wrong(
        "test_an_unclear_day_is_no_day",
        "raise for a row that cannot be read: a debit",
        (
            '                    case "DONE":\n                        records.append(_record(row))\n',
            '                    case "DONE":\n                        try:\n                            records.append(_record(row))\n                        except OutcomeUnknown:\n                            continue\n',
        ),
    ),
    "rows without a state are left out": wrong(
        "test_an_unclear_day_is_no_day",
        "raise unless the whole day is there",
        (
            '                match row.get("state"):\n',
            '                if "state" not in row:\n                    continue\n                match row.get("state"):\n',
        ),
    ),
    "what was given back is left out of the day": wrong(
        "test_a_day_tells_what_was_given_back",
        "fill DebitRecord.given_back with what the",
        (
            '                    case "DONE":\n                        records.append(_record(row))\n',
            '                    case "DONE" if row.get("refunded"):\n                        continue\n                    case "DONE":\n                        records.append(_record(row))\n',
        ),
    ),
    "the first moment of the day is left out": wrong(
        "test_a_day_is_listed_with_every_debit",
        "give every debit of the day in Japan, 00:00 to",
        (
            "            for row in rows:\n",
            '            rows = [row for row in rows if datetime.fromisoformat(row["at"]) > start]\n            for row in rows:\n',
        ),
    ),
    "the last second of the day is left out": wrong(
        "test_a_day_is_listed_with_every_debit",
        "give every debit of the day in Japan, 00:00 to",
        (
            "            for row in rows:\n",
            '            rows = [row for row in rows if datetime.fromisoformat(row["at"]) < start + timedelta(hours=23, minutes=59, seconds=59)]\n            for row in rows:\n',
        ),
    ),
    "what is left after refunds is told as taken": wrong(
        "test_a_day_tells_what_was_given_back",
        "give a DebitRecord for each debit of the",
        (
            '        lines=_lines(row, "items"),\n        at=',
            '        lines=tuple(DebitLine(wallet=l.wallet, amount=l.amount - sum(b.amount for b in _lines(row, "refunded") if b.wallet == l.wallet)) for l in _lines(row, "items") if l.amount > sum(b.amount for b in _lines(row, "refunded") if b.wallet == l.wallet)),\n        at=',
        ),
    ),
    "all of a day is one member's": wrong(
        "test_a_day_is_listed_with_every_debit",
        "read DebitRecord.service_id from the row, as",
        (
            '        service_id=_text(row, "member"),\n    )\n\n\ndef _object',
            '        service_id="kit-member-1",\n    )\n\n\ndef _object',
        ),
    ),
    "not found is an empty day": wrong(
        "test_an_unclear_day_is_no_day",
        "raise unless the whole day is there: a debit",
        (
            '            answer = _object(await self._send("GET", "/v2/debits", params=params), 200)\n',
            '            got = await self._send("GET", "/v2/debits", params=params)\n            if got.status == 404:\n                return []\n            answer = _object(got, 200)\n',
        ),
    ),
    "no body is an empty day": wrong(
        "test_an_unclear_day_is_no_day",
        "raise unless the whole day is there: a debit",
        (
            '            answer = _object(await self._send("GET", "/v2/debits", params=params), 200)\n',
            '            got = await self._send("GET", "/v2/debits", params=params)\n            if not got.body:\n                return []\n            answer = _object(got, 200)\n',
        ),
    ),
    "rows without a state are debits": wrong(
        "test_an_unclear_day_is_no_day",
        "raise unless the whole day is there: a debit",
        ('                match row.get("state"):\n', '                match row.get("state", "DONE"):\n'),
    ),
    "the debit of a refund is not compared": wrong(
        "test_an_answer_about_another_reversal_is_unknown",
        "compare the ids in the answer with those of the",
        (
            '(refund.get("id"), refund.get("debit")) != (reversal.reversal_id, reversal.exchange_id)',
            'refund.get("id") != reversal.reversal_id',
        ),
    ),
    "a refund that names nothing is believed": wrong(
        "test_an_answer_about_another_reversal_is_unknown",
        "compare the whole ids in the answer with those",
        (
            '(refund.get("id"), refund.get("debit")) != (reversal.reversal_id, reversal.exchange_id)',
            '(refund.get("id", reversal.reversal_id), refund.get("debit", reversal.exchange_id)) != (reversal.reversal_id, reversal.exchange_id)',
        ),
    ),
    "a refused refund is waited for": wrong(
        "test_a_reversal_that_is_refused_is_declined",
        "return Declined for the partner's documented",
        (
            '            case 200, "REFUSED":\n                return Declined(exchange_id=reversal.exchange_id, reason=DeclineReason.REFUSED)\n',
            '            case 200, "REFUSED":\n                return InProgress(exchange_id=reversal.exchange_id)\n',
        ),
    ),
    "a pending refund is given back when it is asked about": wrong(
        "test_a_reversal_is_found_or_admitted_to_be_unknown",
        "return InProgress, or Declined for a no, or",
        (
            '        if refund.get("state") != "DONE":\n',
            '        if refund.get("state") not in ("DONE", "WAITING"):\n',
        ),
    ),
    "a refused refund is given back when it is asked about": wrong(
        "test_a_reversal_is_found_or_admitted_to_be_unknown",
        "return InProgress, or Declined for a no, or",
        (
            '        if refund.get("state") != "DONE":\n',
            '        if refund.get("state") not in ("DONE", "REFUSED"):\n',
        ),
    ),
    "a pending refund is not there": wrong(
        "test_a_reversal_is_found_or_admitted_to_be_unknown",
        "return InProgress, or Declined for a no, or",
        (
            '        if refund.get("state") != "DONE":\n',
            '        if refund.get("state") == "WAITING":\n            return NoRecord(exchange_id=reversal.exchange_id)\n        if refund.get("state") != "DONE":\n',
        ),
    ),
    "the debit of a refund that is found is not compared": wrong(
        "test_a_reversal_is_found_or_admitted_to_be_unknown",
        "raise: only the documented words about this",
        (
            '        if refund.get("id") != reversal.reversal_id or refund.get("debit") != reversal.exchange_id:\n',
            '        if refund.get("id") != reversal.reversal_id:\n',
        ),
    ),
    "a member is looked for in a copy of the return": wrong(
        "test_a_member_who_is_added_to_the_return_is_not_believed",
        "take the member, the token and the name from",
        (
            '            service_id=_text(member, "id"),\n',
            '            service_id=dict(returned.query).get("uid") or _text(member, "id"),\n',
        ),
    ),
    "the name is taken from the return in any case": wrong(
        "test_a_member_who_is_added_to_the_return_is_not_believed",
        "take the member, the token and the name from",
        (
            '            shown_as=_text(member, "display"),\n',
            '            shown_as={k.lower(): v for k, v in returned.query.items()}.get("name") or _text(member, "display"),\n',
        ),
    ),
    "any parameter that ends in id is the member": wrong(
        "test_a_member_who_is_added_to_the_return_is_not_believed",
        "take the member, the token and the name from",
        (
            '            service_id=_text(member, "id"),\n',
            '            service_id=next((v for k, v in returned.query.items() if k.lower().endswith("id")), _text(member, "id")),\n',
        ),
    ),
    "a name is logged without its space": wrong(
        "test_nothing_of_a_person_is_in_a_log_an_error_or_a_label",
        "log and show what tells nobody who it is, such",
        (
            'self._log.info("hikari_asked", method=method, status=answer.status)',
            'self._log.info("hikari_asked", who=str((answer.json() if answer.body[:1] == b"{" else {}).get("full_name")).replace(" ", ""))',
        ),
    ),
    "an answer is logged as JSON": wrong(
        "test_no_secret_is_in_a_log_a_repr_or_an_error",
        "keep it in a Secret, and reveal() it only where",
        (
            'self._log.info("hikari_asked", method=method, status=answer.status)',
            'self._log.info("hikari_asked", who=__import__("json").dumps(answer.json() if answer.body[:1] == b"{" else {}))',
        ),
    ),
    "a mail address is logged as a parameter": wrong(
        "test_nothing_of_a_person_is_in_a_log_an_error_or_a_label",
        "log and show what tells nobody who it is, such",
        (
            'self._log.info("hikari_asked", method=method, status=answer.status)',
            'self._log.info("hikari_asked", who=quote(str((answer.json() if answer.body[:1] == b"{" else {}).get("email"))))',
        ),
    ),
    "a telephone number is logged": wrong(
        "test_nothing_of_a_person_is_in_a_log_an_error_or_a_label",
        "log and show what tells nobody who it is, such",
        (
            'self._log.info("hikari_asked", method=method, status=answer.status)',
            'self._log.info("hikari_asked", who=str((answer.json() if answer.body[:1] == b"{" else {}).get("phone")))',
        ),
    ),
    "the partner's text for a no is shown": wrong(
        "test_nothing_of_a_person_is_in_a_log_an_error_or_a_label",
        "log and show what tells nobody who it is, such",
        (
            "            return Declined(exchange_id=exchange_id, reason=reason)\n",
            '            return Declined(exchange_id=exchange_id, reason=reason, text=Label(str(answer.json().get("message") or "x"), "x"))\n',
        ),
    ),
    "answers about refunds are logged": wrong(
        "test_nothing_of_a_person_is_in_a_log_an_error_or_a_label",
        "log and show what tells nobody who it is, such",
        (
            '        answer = await self._send("GET", f"/v2/debits/{debit}/refunds/{refund_id}")\n',
            '        answer = await self._send("GET", f"/v2/debits/{debit}/refunds/{refund_id}")\n        self._log.info("x", body=answer.body.decode())\n',
        ),
    ),
    "a name is read in a charset that has not its letters": wrong(
        "test_a_member_leaves_and_comes_back_linked",
        "decode the partner's answer with the charset",
        (
            '            shown_as=_text(member, "display"),\n',
            '            shown_as=_text(member, "display").encode("ascii", "replace").decode(),\n',
        ),
    ),
    "the request for a token is repeated when its answer is lost": wrong(
        "test_an_access_token_is_renewed_in_time",
        "ask for the token once and raise: the gateway",
        (
            '            answer = await self._http.post(f"{LOGIN}/token", form=form)\n',
            '            try:\n                answer = await self._http.post(f"{LOGIN}/token", form=form)\n            except OutcomeUnknown:\n                answer = await self._http.post(f"{LOGIN}/token", form=form)\n',
        ),
    ),
    "the request for a token is repeated when the partner is busy": wrong(
        "test_an_access_token_is_renewed_in_time",
        "ask for the token once and raise: the gateway",
        (
            '            answer = await self._http.post(f"{LOGIN}/token", form=form)\n',
            '            answer = await self._http.post(f"{LOGIN}/token", form=form)\n            if answer.status == 503:\n                answer = await self._http.post(f"{LOGIN}/token", form=form)\n',
        ),
    ),
    "the request for a token is repeated with another query": wrong(
        "test_an_access_token_is_renewed_in_time",
        "ask for the token once and raise: the gateway",
        (
            '            answer = await self._http.post(f"{LOGIN}/token", form=form)\n',
            '            answer = await self._http.post(f"{LOGIN}/token", form=form)\n            if answer.status != 200:\n                answer = await self._http.post(f"{LOGIN}/token", form=form, params={"again": "1"})\n',
        ),
    ),
    "an old token is used when there is no new one": wrong(
        "test_an_access_token_is_renewed_in_time",
        "raise: nothing was ordered, and nobody said",
        (
            '            told = JsonAnswer.read(answer, partner="hikari", asked="/token")\n',
            '            if answer.status != 200:\n                return self._token.reveal()\n            told = JsonAnswer.read(answer, partner="hikari", asked="/token")\n',
        ),
    ),
    "a member's token is kept by the service id": wrong(
        "test_a_member_who_linked_again_is_asked_with_the_new_token",
        "take the token of the account that was given at",
        (
            '        answer = await self._send("GET", path, member=account.token)\n',
            '        kept = self.__dict__.setdefault("_kept", {}).setdefault(account.service_id, account.token)\n        answer = await self._send("GET", path, member=kept)\n',
        ),
    ),
    "a debit goes out with the token that the balance was asked with": wrong(
        "test_a_member_who_linked_again_is_asked_with_the_new_token",
        "take the token of the account that was given at",
        (
            '        answer = await self._send("POST", "/v2/debits", body=body, member=order.account.token)\n',
            '        kept = self.__dict__.setdefault("_kept", {}).setdefault(order.account.service_id, order.account.token)\n        answer = await self._send("POST", "/v2/debits", body=body, member=kept)\n',
        ),
    ),
    "a rate ends a second before midnight": wrong(
        "test_promises_can_be_kept",
        "write the midnight that follows, so that the",
        (
            "            cost_per_unit=50,\n",
            "            cost_per_unit=50,\n            ends_at=datetime(2099, 1, 1, 23, 59, 59, tzinfo=JST),\n",
        ),
    ),
    "a rate ends a second before midnight, in UTC": wrong(
        "test_promises_can_be_kept",
        "write the midnight that follows, so that the",
        (
            "            cost_per_unit=50,\n",
            '            cost_per_unit=50,\n            ends_at=datetime(2099, 1, 1, 14, 59, 59, tzinfo=__import__("datetime").UTC),\n',
        ),
    ),
    "a rate ends a minute before midnight": wrong(
        "test_promises_can_be_kept",
        "write the midnight that follows, so that the",
        (
            "            cost_per_unit=50,\n",
            "            cost_per_unit=50,\n            ends_at=datetime(2099, 1, 1, 23, 59, tzinfo=JST),\n",
        ),
    ),
    "find_reversal blocks": wrong(
        "test_the_loop_is_never_held_up",
        "await instead of waiting (asyncio.sleep,",
        (
            "    async def find_reversal(self, reversal: Reversal) -> FindReversalAnswer:\n",
            '    async def find_reversal(self, reversal: Reversal) -> FindReversalAnswer:\n        __import__("time").sleep(0.09)\n',
        ),
    ),
    "a no blocks": wrong(
        "test_the_loop_is_never_held_up",
        "await instead of waiting (asyncio.sleep,",
        ('        case "REFUSED" if', '        case "REFUSED" if __import__("time").sleep(0.09) is None and'),
    ),
}
