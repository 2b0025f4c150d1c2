"""`point-gateway-card`: the card agent's command line.

point-gateway-card serve --origin https://portal.example     listen for that site's pages
point-gateway-card doctor                                    say what is seen and what to do
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from card.agent.hardening import forbid_core_dumps
from card.agent.server import PORT, Agent, serve

if TYPE_CHECKING:
    from card.agent.card_session import CardSession

# A traceback with local variables would be one more place for a PIN to turn up.
app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


@app.command("serve")
def serve_command(
    origin: Annotated[
        list[str],
        typer.Option(
            help="A site that may ask, as the browser writes it; repeat for more.",
            envvar="POINT_GATEWAY_CARD_ORIGINS",
        ),
    ],
    port: Annotated[int, typer.Option(help="The port on 127.0.0.1.", min=1, max=65535)] = PORT,
) -> None:
    """Wait for the pages of the allowed sites, until told to stop."""
    from card.agent.card_session import CardSession
    from card.agent.prompt import best_prompt
    from card.errors import NoPrompt
    from card.pcsc import jpki_card

    forbid_core_dumps()
    try:
        desk = CardSession(jpki_card, best_prompt())
    except NoPrompt as none:
        _stop(f"{none.sentence_ja}\n{none.sentence_en}")
    try:
        asyncio.run(_serve(desk, origin, port))
    except ValueError as slip:
        _stop(f"--origin: {slip}")
    except OSError as taken:
        _stop(
            f"127.0.0.1:{port}: {taken.strerror or taken}; is another agent running? Use --port for another."
        )


async def _serve(desk: CardSession, origins: list[str], port: int) -> None:
    stop = asyncio.Event()
    with contextlib.suppress(NotImplementedError):  # Windows: Ctrl-C arrives as KeyboardInterrupt instead
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
    runner = await serve(Agent(desk, origins, port=port), port=port)
    typer.echo(f"http://127.0.0.1:{port}  {', '.join(origins)}")
    try:
        await stop.wait()
    finally:
        await runner.cleanup()


@app.command()
def doctor() -> None:
    """Say what is seen - PC/SC, readers, card, tries left, certificate - and what to do. Costs no try."""
    from card.agent.doctor import examine

    forbid_core_dumps()
    findings = examine(datetime.now(UTC))
    for finding in findings:
        typer.echo(f"{'✓' if finding.good else '✗'} {finding.what}")
        if not finding.good:
            typer.echo(f"    {finding.ja}\n    {finding.en}")
    raise typer.Exit(0 if all(finding.good for finding in findings) else 1)


@app.command("pin-window", hidden=True)
def pin_window() -> None:
    """The PIN window itself; a packaged agent starts itself this way."""
    from card.agent.window import main

    forbid_core_dumps()
    sys.exit(main())


def _stop(message: str) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(2)


if __name__ == "__main__":
    app()
