"""What a bank's result file says came back (振込不能・組戻し), as one command: two persons decide the whole file's at once.

Each shop's payment is then recorded as by hand, with the bank's code in its reason.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from sqlalchemy import Connection

from gateway.cities.city_context import CityContext, StaffActor
from gateway.cities.proposals import proposal_rows
from gateway.cities.proposals.deeds import Deed
from gateway.cities.proposals.propose import Ground, open_command, read_command
from gateway.cities.settlement import payouts
from gateway.cities.settlement.payout_rows import PayoutState
from gateway.cities.settlement.payouts import RecordPayout
from gateway.cities.settlement.settlement_settings import ResultWord
from gateway.cities.settlement.transfer_fees import FeeBearer

NAMES: Final = {ResultWord.RETURNED: "振込不能", ResultWord.RECALLED: "組戻し"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnedPayment:
    """One shop's payment that came back, with the bank's own code."""

    shop_id: str
    word: ResultWord
    code: str

    def __str__(self) -> str:
        return f"{NAMES[self.word]}（銀行のコード {self.code}）"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordReturns:
    """The command that waits for a second person: all that came back by the result file `file`, in its order.

    `return_fee_yen` is what the bank asked for each of them.
    """

    starts_on: date
    file: int
    returned: tuple[ReturnedPayment, ...]
    return_fee_yen: int = 0
    return_fee_bearer: FeeBearer = FeeBearer.CITY

    def commands(self) -> list[RecordPayout]:
        """The same for each shop."""
        return [
            RecordPayout(
                starts_on=self.starts_on,
                shop_id=each.shop_id,
                state=PayoutState.RETURNED,
                return_fee_yen=self.return_fee_yen,
                return_fee_bearer=self.return_fee_bearer,
            )
            for each in self.returned
        ]


def subject_of(starts_on: date, file: int) -> str:
    """What a proposal of it is about; no shop's payment is named so."""
    return f"{starts_on.isoformat()}#{file}"


def returns_facts(conn: Connection, code: str, command: RecordReturns) -> dict[str, str | int]:
    """Each shop's payment that came back, and the sum of all."""
    lines = [payouts.require_recordable(conn, code, each) for each in command.commands()]
    listed = [
        f"{line.shop_name} {line.transfer_yen:,}円 {each}"
        for line, each in zip(lines, command.returned, strict=True)
    ]
    shown: dict[str, str | int] = {
        "starts_on": command.starts_on.isoformat(), "payout": PayoutState.RETURNED.value, "result_file": command.file,
        "shops_returned": len(lines), "yen": sum(line.transfer_yen for line in lines), "returned": "\n".join(listed),
    }  # fmt: skip
    return shown | payouts.return_fee_facts(command.commands()[0])


def returns_ground(conn: Connection, code: str, command: RecordReturns) -> Ground:
    """What the author saw of each payment. Raises ProblemError as `payouts.require_recordable`."""
    return {
        f"{each.shop_id}/{name}": value
        for each in command.commands()
        for name, value in payouts.payout_ground(conn, code, each).items()
    }


def record_returns(
    conn: Connection, who: StaffActor, command: RecordReturns, reason: str, at: datetime
) -> None:
    """Carry it out, of all or of none. Raises ProblemError as `payouts.require_recordable`."""
    for each, one_shop in zip(command.returned, command.commands(), strict=True):
        payouts.record_payout(conn, who, one_shop, f"{each}{reason}", at)


def list_waiting(context: CityContext, conn: Connection, code: str, starts_on: date) -> frozenset[str]:
    """The shops of a cycle of whose payment a proposal waits, alone or with others of a file."""
    by_hand = payouts.subject_of(RecordPayout(starts_on=starts_on, shop_id="", state=PayoutState.RETURNED))
    by_file = subject_of(starts_on, 0)[:-1]
    subjects = proposal_rows.list_waiting_subjects(conn, code, Deed.PAYOUT)
    waiting = {subject.removeprefix(by_hand) for subject in subjects if subject.startswith(by_hand)}
    for subject in subjects:
        if subject.startswith(by_file):
            waiting.update(_shops_of(context, conn, code, subject))
    return frozenset(waiting)


def _shops_of(context: CityContext, conn: Connection, code: str, subject: str) -> Sequence[str]:
    proposal = proposal_rows.find_waiting(conn, code, Deed.PAYOUT, subject)
    if proposal is None:
        return ()
    command: RecordReturns = read_command(RecordReturns, open_command(context, conn, proposal))
    return [each.shop_id for each in command.returned]
