"""The commands for a partner's engineer: write a plugin, prove that it keeps the contract, see it work.

They need no gateway.toml and no database; everything stays in the plugin's own folder.
"""

from __future__ import annotations

import asyncio
import base64
import json
import shlex
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from difflib import get_close_matches
from importlib.resources import files
from importlib.resources.abc import Traversable
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markdown import Markdown

from gateway import scaffold
from gateway.errors import GatewayError
from gateway.model import LinkKind
from gateway.partners.loading.checks import HOOKS
from httpkit.named_files import FileUnusable, read_named_file

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

app = typer.Typer(no_args_is_help=True, add_completion=False)


class CannotRun(GatewayError):
    """A command that cannot be carried out as it was typed; the text says what to type instead."""


Folder = Annotated[
    Path | None,
    typer.Option("--in", help="The plugin's folder; default: this one, or gateway-<partner> in it."),
]


@app.command("new-partner")
def new_partner(
    partner: Annotated[str, typer.Argument(help="The partner's id, such as acme.")],
    link: Annotated[LinkKind, typer.Option(help="How the partner knows whose points move.")],
    into: Annotated[Path, typer.Option(help="Where the folder is made.")] = Path(),
) -> None:
    """Write a complete plugin for a new partner, green at once against a fake partner of its own."""
    folder = scaffold.write(partner, link, into)
    typer.echo(f"{folder} is written. What it still needs from you, in reading order:")
    for todo in scaffold.todos(folder):
        typer.echo(f"  {todo}")
    typer.echo(f"\nNext:\n  cd {shlex.quote(str(folder))}\n  pip install -e '.[test]'")
    typer.echo(f"  point-gateway contract {partner}")


@app.command()
def contract(
    partner: Annotated[str, typer.Argument(help="The partner's id.")],
    folder: Folder = None,
    badge: Annotated[Path | None, typer.Option(help="Write the reached level as an SVG.")] = None,
    report: Annotated[Path | None, typer.Option(help="Write what was proven as an HTML page.")] = None,
    level: Annotated[str | None, typer.Option(help="Fail below this level: ume, take or matsu.")] = None,
    inside_only: Annotated[
        bool,
        typer.Option(
            "--inside-only",
            help="Start no process of the plugin's own: quicker while you write, and proves no level.",
        ),
    ] = False,
    live: Annotated[
        bool,
        typer.Option("--live", help="Make one small exchange against the partner's test system instead."),
    ] = False,
    config: Annotated[
        Path | None,
        typer.Option(help="With --live: a gateway.toml whose table for this partner names the test system."),
    ] = None,
    return_url: Annotated[
        str, typer.Option(help="With --live: where the partner sends the browser back to.")
    ] = "https://gateway.example/returns/live?state=live",
    proof: Annotated[Path | None, typer.Option(help="Write what was proven, signed with --key.")] = None,
    key: Annotated[
        Path | None, typer.Option(help="The operator's private key (PEM, Ed25519); made if it is not there.")
    ] = None,
) -> None:
    """Run the plugin's contract tests and tell its level: 梅, 竹 or 松."""
    if find_spec("pytest_asyncio") is None or find_spec("respx") is None:
        raise CannotRun("the contract kit is not installed; pip install 'point-gateway[testkit]'")
    if (proof is None) != (key is None):
        raise CannotRun("a proof is signed: write both --proof FILE and --key FILE")
    if live:
        if proof is None or key is None or config is None:
            raise CannotRun("--live needs --config gateway.toml, --proof FILE and --key FILE")
        _prove_live(partner, config, return_url, proof, key)
        return
    home = _home(partner, folder)
    asked = [str(home / "tests" / "test_contract.py")]
    with tempfile.TemporaryDirectory() as scratch:
        result = Path(scratch) / "result.json" if proof is not None else None
        for option, value in (
            ("badge", badge and badge.resolve()),
            ("report", report and report.resolve()),
            ("level", level),
            ("result", result),
            ("only", "inside" if inside_only else None),
        ):
            if value:
                asked.append(f"--contract-{option}={value}")
        settings = ["--rootdir", str(home)]
        if (home / "pyproject.toml").is_file():  # a plugin in another language may have none
            settings += ["-c", str(home / "pyproject.toml")]
        command = [sys.executable, "-m", "pytest", "-q", "--tb=short", "-rN", *settings, *asked]
        typer.echo(f"$ python -m {shlex.join(command[2:])}")
        code = subprocess.run(command, check=False, cwd=home).returncode  # noqa: S603  our own arguments
        if result is not None and proof is not None and key is not None and result.exists():
            _write_contract_proof(partner, json.loads(result.read_text("utf-8")), proof, key)
    raise typer.Exit(code)


def _write_contract_proof(partner: str, result: Mapping[str, Any], proof: Path, key: Path) -> None:
    from gateway.partners.proof import PluginProof, ProofKind, write_proof

    tested = result["provenance"]
    write_proof(
        proof,
        PluginProof(
            kind=ProofKind.CONTRACT,
            partner=partner,
            level=result["level"],
            exempt=result["exempt"],
            **{
                name: tested[name]
                for name in ("distribution", "version", "wheel", "files", "kit_version", "made_at")
            },
        ),
        _operator_key(key),
    )
    typer.echo(f"{proof} proves the level {result['level']}, with {result['exempt']} exempt")


def _prove_live(partner: str, config: Path, return_url: str, proof: Path, key: Path) -> None:
    from gateway.workbench.bench import open_bench
    from gateway.workbench.live import LiveRun, prove_live
    from httpkit.clock import system_clock

    if not proof.parent.is_dir():
        raise CannotRun(f"{proof.parent} is no folder; make it, or name another --proof")
    private = _operator_key(key)

    async def run() -> Path:
        async with open_bench(partner, "https://gateway.example", config=config) as bench:
            steps = LiveRun(bench=bench, operator=_Terminal(), clock=system_clock, return_url=return_url)
            return await prove_live(steps, proof, private)

    cassette = asyncio.run(run())
    typer.echo(f"{proof} proves it; {cassette} is the recorded test")


class _Terminal:
    """The operator, at this terminal. Ctrl-C and the input's end are a no."""

    def say(self, text: str) -> None:
        typer.echo(text)

    async def confirms(self, question: str) -> bool:
        try:
            with _interruptible():
                return typer.confirm(question, default=False)
        except typer.Abort:
            typer.echo()
            return False

    async def types(self, question: str) -> str:
        try:
            with _interruptible():
                return str(typer.prompt(question))
        except typer.Abort:
            typer.echo()
            return ""


@contextmanager
def _interruptible() -> Iterator[None]:
    """Ctrl-C ends a question at once. `asyncio.run` would only note it, and the question would go on."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _operator_key(path: Path) -> Ed25519PrivateKey:
    """The key that signs proofs; its public half, for `signed_by`, is printed."""
    from gateway.client import load_private_key, new_key_pair

    if not path.exists():
        path.touch(mode=0o600, exist_ok=False)
        path.write_bytes(new_key_pair().private_pem)
    try:
        key = load_private_key(read_named_file(path))
    except FileUnusable as fault:
        raise CannotRun(f"{path} {fault}") from None
    except ValueError:
        raise CannotRun(
            f"{path} is no private Ed25519 key in PEM; name another file, and one is made"
        ) from None
    public = base64.b64encode(key.public_key().public_bytes_raw()).decode()
    typer.echo(f'signed_by = ["{public}"]')
    return key


def _home(partner: str, folder: Path | None) -> Path:
    """The folder of the plugin's distribution. Raises CannotRun, saying where it was looked for."""
    name = f"gateway-{partner.replace('_', '-')}"
    places = [folder] if folder is not None else [Path(), Path(name), Path("plugins", partner)]
    for place in places:
        of_this_partner = place == folder or (place / f"gateway_{partner}").is_dir()
        if of_this_partner and (place / "tests" / "test_contract.py").is_file():
            return place.resolve()
    looked = " or ".join(str(place / "tests" / "test_contract.py") for place in places)
    raise CannotRun(
        f"{partner} has no contract test at {looked} beside a package gateway_{partner}; "
        f"run this in the plugin's folder, or write one with `point-gateway new-partner {partner} --link account`",
    )


@app.command()
def guide(
    page: Annotated[str, typer.Argument(help="A page, such as first-hour or hooks/debit.")] = "first-hour",
) -> None:
    """Show a page of the guide for partners' engineers in this terminal."""
    home: Traversable = files("gateway") / "guide"
    if not home.is_dir():
        home = Path(__file__).parents[2] / "docs"  # in a checkout the guide stands where it is written
    known = {
        "first-hour",
        "going-live",
        "reference",
        "running-a-plugin",
        *(f"hooks/{name}" for name in HOOKS),
    }
    if page not in known:
        near = get_close_matches(page, known, 1)
        meant = f"did you mean {near[0]}?" if near else f"there are {', '.join(sorted(known))}"
        raise CannotRun(f"the guide has no page {page!r}; {meant}")
    Console().print(Markdown((home / f"{page}.md").read_text("utf-8")))


@app.command()
def workbench(
    partner: Annotated[str, typer.Argument(help="The id of an installed plugin.")],
    port: Annotated[int, typer.Option(help="0 takes a free one.")] = 8790,
    config: Annotated[
        Path | None,
        typer.Option(help="A gateway.toml whose table for this partner names the partner's own sandbox."),
    ] = None,
) -> None:
    """Open a local page on one plugin: click through an exchange, break it, see what passes."""
    from gateway.workbench.run import until_stopped

    asyncio.run(until_stopped(partner, port, config, typer.echo))
