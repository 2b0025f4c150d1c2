"""What each deed does when others have decided it: the table from a deed to its command, its ground and its effect.

An effect is one transaction with the decision. It acts in the author's name; who decided stands beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection

from gateway.cities.city_context import CityContext, StaffActor, write_audit
from gateway.cities.grants import grant_projects, grants
from gateway.cities.grants.grant_projects import AddProject, RaiseBudget
from gateway.cities.grants.grants import GrantPoints
from gateway.cities.proposals import deeds
from gateway.cities.proposals.deeds import Deed, DeedRule
from gateway.cities.proposals.proposal_rows import Proposal
from gateway.cities.proposals.propose import Ground
from gateway.cities.shops import shops
from gateway.cities.shops.shops import ChangePayer, ChangeShopAccount
from gateway.cities.staff import staff
from gateway.cities.staff.staff import AddStaff, RaiseRole, ResetStaff, RestartStaff
from gateway.cities.staff.staff_rows import Staff
from gateway.members import lockout


@dataclass(frozen=True, slots=True, kw_only=True)
class Author:
    """In whose name an effect happens."""

    municipality: str
    staff_id: str
    display_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """A proposal that has all its yeses. `hashed` is the hash of a first password, for deeds that make one."""

    context: CityContext
    conn: Connection
    proposal: Proposal
    deciders: Sequence[str]
    hashed: str
    at: datetime

    @property
    def author(self) -> Author:
        proposal = self.proposal
        return Author(
            municipality=proposal.municipality,
            staff_id=proposal.proposed_by,
            display_name=proposal.proposed_by_name,
        )

    @property
    def makers(self) -> list[str]:
        """Who has known the first password, or could have: the author and everybody who decided."""
        return [self.proposal.proposed_by, *self.deciders]


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """`concerns` names the person of staff whose access it changes, who never decides it."""

    command: type[Any]
    ground: Callable[[CityContext, Connection, str, Any], Ground]
    carry_out: Callable[[Decided, Any], Staff | None]
    concerns: Callable[[Any], str | None] = lambda _: None
    makes_password: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeDeedRule:
    """The command that changes the city's own table."""

    rule: DeedRule


def deed_rule_ground(_: CityContext, conn: Connection, code: str, command: ChangeDeedRule) -> Ground:
    """The line of the table that the author saw."""
    rule = deeds.rule_of(conn, code, command.rule.deed)
    return {"persons": rule.persons, "from_points": rule.from_points, "points_a_day": rule.points_a_day}


def change_deed_rule(conn: Connection, who: StaffActor, command: ChangeDeedRule, at: datetime) -> None:
    rule = command.rule
    deeds.save_rule(conn, who.municipality, rule)
    facts: dict[str, str | int] = {
        "deed": rule.deed.value, "persons": rule.persons, "from_points": _sum(rule.from_points),
        "points_a_day": _sum(rule.points_a_day),
    }  # fmt: skip
    write_audit(conn, who, at, "deed rule changed", rule.deed.value, facts=facts)


def _sum(points: int | None) -> str | int:
    """A sum that the table does not set is left out of the log's words."""
    return "" if points is None else points


def _add_project(decided: Decided, command: AddProject) -> None:
    grant_projects.add_project(decided.conn, decided.author, command, decided.at)


def _raise_budget(decided: Decided, command: RaiseBudget) -> None:
    grant_projects.change_budget(decided.conn, decided.author, command, decided.proposal.reason, decided.at)


def _grant(decided: Decided, command: GrantPoints) -> None:
    grants.grant_points(decided.conn, decided.author, command, decided.at)


def _change_shop_account(decided: Decided, command: ChangeShopAccount) -> None:
    shops.change_shop_account(decided.context, decided.conn, decided.author, command, decided.at)


def _change_payer(decided: Decided, command: ChangePayer) -> None:
    shops.change_payer(decided.context, decided.conn, decided.author, command, decided.at)


def _change_deed_rule(decided: Decided, command: ChangeDeedRule) -> None:
    change_deed_rule(decided.conn, decided.author, command, decided.at)


def _add_staff(decided: Decided, command: AddStaff) -> Staff:
    return staff.add_staff(decided.conn, decided.author, command, decided.hashed, decided.at, decided.makers)


def _raise_role(decided: Decided, command: RaiseRole) -> None:
    # No password is made here: only the author is tied to the person.
    makers, why = [decided.proposal.proposed_by], decided.proposal.reason
    staff.change_role(decided.conn, decided.author, command, why, decided.at, makers)


def _reset_staff(decided: Decided, command: ResetStaff) -> Staff:
    person = staff.reset_staff(
        decided.conn,
        decided.author,
        command,
        decided.hashed,
        decided.proposal.reason,
        decided.at,
        decided.makers,
    )
    lockout.reset(decided.conn, staff.password_lock_key(decided.context, person.login))
    return person


def _restart_staff(decided: Decided, command: RestartStaff) -> Staff:
    person = staff.restart_staff(
        decided.conn,
        decided.author,
        command,
        decided.hashed,
        decided.proposal.reason,
        decided.at,
        decided.makers,
    )
    lockout.reset(decided.conn, staff.password_lock_key(decided.context, person.login))
    return person


def _no_ground(_: CityContext, __: Connection, ___: str, ____: Any) -> Ground:
    return {}


def _staff_ground(_: CityContext, conn: Connection, code: str, command: Any) -> Ground:
    return staff.staff_ground(conn, code, command)


def _concerns(command: RaiseRole | ResetStaff | RestartStaff) -> str:
    return command.staff_id


EFFECTS: Final[Mapping[Deed, Effect]] = {
    Deed.GRANT: Effect(
        command=GrantPoints,
        ground=lambda _, conn, code, command: grants.grant_ground(conn, code, command),
        carry_out=_grant,
    ),
    Deed.PROJECT: Effect(command=AddProject, ground=_no_ground, carry_out=_add_project),
    Deed.BUDGET: Effect(
        command=RaiseBudget,
        ground=lambda _, conn, code, command: grant_projects.budget_ground(conn, code, command),
        carry_out=_raise_budget,
    ),
    Deed.SHOP_ACCOUNT: Effect(
        command=ChangeShopAccount, ground=shops.shop_account_ground, carry_out=_change_shop_account
    ),
    Deed.PAYER_ACCOUNT: Effect(command=ChangePayer, ground=shops.payer_ground, carry_out=_change_payer),
    Deed.STAFF: Effect(command=AddStaff, ground=_no_ground, carry_out=_add_staff, makes_password=True),
    Deed.ROLE: Effect(command=RaiseRole, ground=_staff_ground, carry_out=_raise_role, concerns=_concerns),
    Deed.RESET: Effect(
        command=ResetStaff, ground=_staff_ground, carry_out=_reset_staff, concerns=_concerns, makes_password=True
    ),
    Deed.RESTART: Effect(
        command=RestartStaff, ground=_staff_ground, carry_out=_restart_staff, concerns=_concerns,
        makes_password=True,
    ),
    Deed.DEED_RULE: Effect(command=ChangeDeedRule, ground=deed_rule_ground, carry_out=_change_deed_rule),
}  # fmt: skip
"""Every deed has its line; a deed without one would wait for ever."""
