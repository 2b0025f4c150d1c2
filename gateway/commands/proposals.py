"""`point-gateway proposals …`: what the platform's staff have proposed, and deciding it with one's own credentials.

A command that ends, reverses or corrects an exchange, opens a partner again, or makes a key or a secret proposes it. Somebody else decides:
here, or on the platform's pages. Whoever does either signs in with login, password and the code of the
authenticator app; the machine's own user decides nothing.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, Any, Final, TypeVar

import typer

from gateway.cities.platform_deeds import installing
from gateway.cities.proposals.proposal_rows import Proposal, ProposalState
from gateway.cities.proposals.proposals import Decision
from gateway.cities.staff.staff import StaffSignedIn
from gateway.cities.staff.staff_rows import StaffSession
from gateway.commands.shared import Config, Reason, prompt, read_store_of, settings_of, with_services
from gateway.errors import ProblemError
from gateway.platform.roles import Role
from gateway.platform.typed_text import plain_width
from gateway.services import Services

T = TypeVar("T")
CLIENT: Final = "command-line"
"""Stands in a session for the client program that began it."""

proposals = typer.Typer(
    no_args_is_help=True, help="What waits for a second person of the platform; deciding it."
)
Login = Annotated[
    str, typer.Option("--login", envvar="POINT_GATEWAY_LOGIN", prompt=True, help="Yours, at the platform.")
]
LoginOfTwo = Annotated[
    str,
    typer.Option(
        "--login",
        envvar="POINT_GATEWAY_LOGIN",
        help="Yours, at the platform; asked for as soon as the platform has two persons.",
    ),
]
Which = Annotated[str, typer.Argument(help="The proposal's id, or its beginning.")]
ALONE: Final = (
    "decided by you alone: the platform has fewer than two persons with passwords of their own. Until then nobody can end,"
    " reverse or correct an exchange or let a paused partner go on (`point-gateway staff add platform …`); from the"
    " second person on this takes two"
)


def with_person(config: Path | None, login: str, work: Callable[[Services, StaffSession], Awaitable[T]]) -> T:
    """Ask for the password and the code, sign in, run `work` as that person, and sign out.

    Raises ProblemError as a sign-in on the pages does, `role-not-allowed` for who is not of the platform.
    """
    password = prompt("password")
    code = plain_width(prompt("code of the authenticator app"))

    async def signed_in(services: Services) -> T:
        staff = services.city.staff
        begun = await staff.sign_in(login, password, client_id=CLIENT, source=CLIENT)
        if isinstance(begun, StaffSignedIn) or not begun.by_totp:
            if isinstance(begun, StaffSignedIn):
                await staff.sign_out(begun.token.reveal(), client_id=CLIENT)
            raise ProblemError(
                "second-factor-missing", "set up an authenticator app on the platform's pages first"
            )
        proven = await staff.prove_by_totp(begun.challenge.token.reveal(), code, client_id=CLIENT)
        try:
            session = proven.session
            if session.role is not Role.PLATFORM or session.first_password:
                raise ProblemError("role-not-allowed", "this is for the platform's staff")
            return await work(services, session)
        finally:
            await staff.sign_out(proven.token.reveal(), client_id=CLIENT)

    return with_services(config, signed_in)


def propose(
    config: Path | None, login: str, work: Callable[[Services, StaffSession], Awaitable[Proposal]]
) -> None:
    """Sign in, propose, and print what now waits for somebody else."""
    proposal = with_person(config, login, work)
    typer.echo(as_json(proposal))
    say_who_decides(proposal)


def say_who_decides(proposal: Proposal) -> None:
    typer.echo(f"somebody else decides: point-gateway proposals approve {proposal.proposal_id}", err=True)


def takes_two(config: Path | None) -> bool:
    """Whether the platform has two persons by now; where not, whoever is at the machine installs it alone, and is told so."""
    by_two = not read_store_of(settings_of(config), installing.is_installing)
    if not by_two:
        typer.echo(ALONE, err=True)
    return by_two


def login_of(login: str) -> str:
    """The login that was named, else the one that is typed now."""
    return login or str(typer.prompt("login", err=True))


def as_json(proposal: Proposal, **more: str) -> str:
    values: dict[str, Any] = {
        "proposal_id": proposal.proposal_id,
        "deed": proposal.deed.value,
        "state": proposal.state.value,
        "points": proposal.points,
        **proposal.facts,
        "why": proposal.reason,
        "proposed_by": proposal.proposed_by_name,
        "proposed_at": proposal.proposed_at.isoformat(),
        "ends_at": proposal.ends_at.isoformat(),
        "decision_reason": proposal.decision_reason,
        "digest": proposal.digest,
    }
    return json.dumps(values | more, ensure_ascii=False, indent=2)


@proposals.command("list")
def list_proposals(
    login: Login,
    ended: Annotated[bool, typer.Option(help="Those that were decided, withdrawn or have run out.")] = False,
    config: Config = None,
) -> None:
    """List what waits for a second person of the platform; `yours` may be decided by you."""
    states = set(ProposalState) - {ProposalState.WAITING} if ended else {ProposalState.WAITING}

    async def work(services: Services, who: StaffSession) -> list[str]:
        page = await services.city.proposals.list_by_state(who, states)
        return [
            f"{listed.proposal.proposal_id}  {listed.proposal.deed.value:17}  {listed.proposal.state.value:11}"
            f"  {listed.proposal.proposed_by_name}  {listed.proposal.subject}"
            f"{'  yours' if listed.may_decide else ''}"
            for listed in page.proposals
        ]

    lines = with_person(config, login, work)
    for line in lines:
        typer.echo(line)
    typer.echo(f"{len(lines)} proposals")


@proposals.command("show")
def show(proposal_id: Which, login: Login, config: Config = None) -> None:
    """Show a proposal whole; its `digest` stands for all of it."""
    typer.echo(as_json(with_person(config, login, lambda services, who: _find(services, who, proposal_id))))


@proposals.command("approve")
def approve(
    proposal_id: Which,
    login: Login,
    digest: Annotated[
        str, typer.Option(help="Of what you have seen; default: it is shown, and you are asked.")
    ] = "",
    reason: Annotated[str, typer.Option("--reason", help="Kept with the decision.")] = "",
    config: Config = None,
) -> None:
    """Say yes to what somebody else has proposed: it is carried out, whole or not at all."""

    async def work(services: Services, who: StaffSession) -> Decision:
        proposal = await _find(services, who, proposal_id)
        if not digest:
            typer.echo(as_json(proposal), err=True)
            typer.confirm("Approve exactly this?", abort=True, err=True)
        return await services.city.proposals.approve(
            who, proposal.proposal_id, digest or proposal.digest, reason
        )

    decision = with_person(config, login, work)
    typer.echo(as_json(decision.proposal, **_shown_once(decision)))


@proposals.command("send-back")
def send_back(proposal_id: Which, login: Login, reason: Reason, config: Config = None) -> None:
    """Send a proposal back to its author; nothing happens."""

    async def work(services: Services, who: StaffSession) -> Proposal:
        proposal = await _find(services, who, proposal_id)
        return await services.city.proposals.send_back(who, proposal.proposal_id, reason)

    typer.echo(as_json(with_person(config, login, work)))


@proposals.command("withdraw")
def withdraw(proposal_id: Which, login: Login, reason: Reason, config: Config = None) -> None:
    """Take back what you have proposed yourself."""

    async def work(services: Services, who: StaffSession) -> Proposal:
        proposal = await _find(services, who, proposal_id)
        return await services.city.proposals.withdraw(who, proposal.proposal_id, reason)

    typer.echo(as_json(with_person(config, login, work)))


def _shown_once(decision: Decision) -> dict[str, str]:
    """What the decision has made, which no later command shows."""
    shown: dict[str, str] = {}
    if decision.first_password is not None:
        shown["first_password"] = decision.first_password.password.reveal()
    if decision.new_secret is not None:
        shown |= {"key_id": decision.new_secret.key_id, "secret": decision.new_secret.secret.reveal()}
    return shown


async def _find(services: Services, who: StaffSession, typed: str) -> Proposal:
    """The proposal of this id, or the one that waits whose id begins so. Raises ProblemError `unknown-proposal`."""
    if len(typed) < 32:
        page = await services.city.proposals.list_by_state(who, {ProposalState.WAITING})
        found = [each.proposal for each in page.proposals if each.proposal.proposal_id.startswith(typed)]
        if len(found) == 1:
            return found[0]
        raise ProblemError("unknown-proposal", f"{len(found)} waiting proposals begin with {typed}")
    return (await services.city.proposals.get(who, typed)).proposal
