"""Reads a bank's result file of a transfer run (総合振込の結果) and holds it against the file that was sent. Pure.

No association of banks fixes such a file. What banks give back are the records that were sent, with a code of their own in a
place of their own; both stand in the bank's sheet and are the city's settings. So a record is known by what was sent:
account, sum and customer code. Names are not compared: banks write their own.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from gateway.cities.settlement import zengin
from gateway.cities.settlement.settlement_settings import ResultWord, SettlementSettings
from gateway.errors import ProblemError

END_MARK: Final = "\x1a"
_HEADER: Final = "1210"


class ResultMatch(StrEnum):
    """How a record of a result file stands to the file that was sent."""

    SAME = "same"
    OTHER_SUM = "other_sum"
    OTHER_ACCOUNT = "other_account"
    NOT_SENT = "not_sent"
    TWICE = "twice"
    UNKNOWN_CODE = "unknown_code"


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferRecord:
    """A data record's fields that tell one transfer from another. `yen` is in whole yen."""

    bank_code: str
    branch_code: str
    kind: str
    number: str
    yen: int
    reference: str

    @property
    def account(self) -> tuple[str, ...]:
        return self.bank_code, self.branch_code, self.kind, self.number

    @property
    def masked(self) -> str:
        return f"{self.bank_code}-{self.branch_code} ****{self.number[-3:]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunHeader:
    """What tells one run from another: who pays, from which account, on which day (MMDD)."""

    client_code: str
    transfer_on: str
    bank_code: str
    branch_code: str
    kind: str
    number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultRecord:
    """`place` counts the file's transfers from 1; `sent` is the place in the file that was sent, None where none fits."""

    place: int
    record: TransferRecord
    code: str
    word: ResultWord | None
    match: ResultMatch
    sent: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferRun:
    """A file of transfers, read: its header, its transfers, and each data record as it stands in the file."""

    header: RunHeader
    transfers: tuple[TransferRecord, ...]
    lines: tuple[str, ...]


def read_run(file: bytes) -> TransferRun:
    """Read a file of 120 characters a record, with or without line ends and an end mark.

    Raises ProblemError `bank-result-unreadable` (422), naming the record and what is wrong with it.
    """
    records = _records(file)
    if not records[0].startswith(_HEADER):
        raise _unreadable(1, "it is no header of a transfer run (総合振込, 種別 21)")
    if records[-1][0] != "9" or len(records) < 3 or records[-2][0] != "8":
        raise _unreadable(len(records), "the file has no trailer and end record; it was cut off")
    data = records[1:-2]
    for place, record in enumerate(data, 2):
        if record[0] != "2":
            raise _unreadable(place, "it is no data record; a file holds one run only")
    transfers = tuple(_transfer(record, place) for place, record in enumerate(data, 2))
    trailer = records[-2]
    if trailer[1:19] != f"{len(data):06}{sum(each.yen for each in transfers):012}":
        raise _unreadable(len(records) - 1, "its count and sum are not those of the data records")
    return TransferRun(header=_header(records[0]), transfers=transfers, lines=tuple(data))


def match_results(
    result: TransferRun, sent: TransferRun, settings: SettlementSettings
) -> tuple[ResultRecord, ...]:
    """Hold each record of a result file against the run that was sent, which has the same header."""
    start = settings.result_column - 1
    words, places = settings.result_words, _Places(sent.transfers)
    matched: list[ResultRecord] = []
    for place, (record, line) in enumerate(zip(result.transfers, result.lines, strict=True), 1):
        code = line[start : start + settings.result_length]
        position, match = places.place_of(record)
        word = words.get(code)
        if match is ResultMatch.SAME and word is None:
            match = ResultMatch.UNKNOWN_CODE
        matched.append(
            ResultRecord(place=place, record=record, code=code, word=word, match=match, sent=position)
        )
    return _without_contradictions(matched)


def _without_contradictions(matched: Sequence[ResultRecord]) -> tuple[ResultRecord, ...]:
    """Where a file has more records of a transfer than were sent, and not all say the same of it, none of them counts."""
    said: defaultdict[TransferRecord, set[str]] = defaultdict(set)
    for each in matched:
        said[each.record].add(each.code)
    in_doubt = {
        each.record for each in matched if each.match is ResultMatch.TWICE and len(said[each.record]) > 1
    }
    return tuple(
        replace(each, match=ResultMatch.TWICE) if each.record in in_doubt else each for each in matched
    )


class _Places:
    """Where in the file that was sent a record stands; each place is given away once."""

    def __init__(self, sent: Sequence[TransferRecord]) -> None:
        self._same: defaultdict[TransferRecord, list[int]] = defaultdict(list)
        for place, each in enumerate(sent):
            self._same[each].append(place)
        self._left = {record: iter(places) for record, places in self._same.items()}
        # A text for payees may be the same in all records: what fits several places is of none of them.
        self._by_account = _unique((each.reference, each.account) for each in sent)
        self._by_sum = _unique((each.reference, each.yen) for each in sent)

    def place_of(self, record: TransferRecord) -> tuple[int | None, ResultMatch]:
        if record in self._left:
            place = next(self._left[record], None)
            if place is None:
                return self._same[record][-1], ResultMatch.TWICE
            return place, ResultMatch.SAME
        if (by_account := self._by_account.get((record.reference, record.account))) is not None:
            return by_account, ResultMatch.OTHER_SUM
        if (by_sum := self._by_sum.get((record.reference, record.yen))) is not None:
            return by_sum, ResultMatch.OTHER_ACCOUNT
        return None, ResultMatch.NOT_SENT


def _unique(keys: Iterable[tuple[object, ...]]) -> dict[tuple[object, ...], int]:
    """The place of each key that stands at one place only."""
    places: defaultdict[tuple[object, ...], list[int]] = defaultdict(list)
    for place, key in enumerate(keys):
        places[key].append(place)
    return {key: where[0] for key, where in places.items() if len(where) == 1}


def _records(file: bytes) -> list[str]:
    try:
        text = file.decode("cp932")
    except UnicodeDecodeError:
        raise _unreadable(1, "it is no text in JIS; give the file as the bank's site saved it") from None
    plain = text.replace("\r", "").rstrip(END_MARK + "\n ")
    lines = plain.split("\n")
    if len(lines) == 1:
        lines = [plain[start : start + zengin.LENGTH] for start in range(0, len(plain), zengin.LENGTH)]
    if not lines:
        raise _unreadable(1, "the file is empty")
    # The end record is a 9 and spaces, which some programs cut off.
    lines[-1] = lines[-1].ljust(zengin.LENGTH)
    for place, line in enumerate(lines, 1):
        if len(line) != zengin.LENGTH:
            raise _unreadable(place, f"it has {len(line)} characters instead of {zengin.LENGTH}")
    return lines


def _header(record: str) -> RunHeader:
    return RunHeader(
        client_code=record[4:14],
        transfer_on=record[54:58],
        bank_code=record[58:62],
        branch_code=record[77:80],
        kind=record[95],
        number=record[96:103],
    )


def _transfer(record: str, place: int) -> TransferRecord:
    yen = record[80:90]
    if not re.fullmatch(r"[0-9]{10}", yen):
        raise _unreadable(place, "its sum is no number")
    return TransferRecord(
        bank_code=record[1:5],
        branch_code=record[20:23],
        kind=record[42],
        number=record[43:50],
        yen=int(yen),
        reference=record[91:111],
    )


def _unreadable(place: int, text: str) -> ProblemError:
    return ProblemError("bank-result-unreadable", f"Record {place}: {text}.", record=place)
