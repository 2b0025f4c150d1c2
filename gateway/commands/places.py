"""`point-gateway places …`: point services and support events, for demonstrations and first steps."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from gateway.commands.shared import Config, in_store_of, settings_of
from gateway.configured import clock_of
from gateway.model import JST
from gateway.points import directory, support_events
from gateway.points.support_events import SupportEvent

places = typer.Typer(no_args_is_help=True, help="Point services and support events.")


@places.command("add-service")
def add_service(
    municipality: str,
    point_service: str,
    name: str,
    config: Config = None,
    direct: Annotated[bool, typer.Option(help="Open for direct exchange from partners.")] = False,
    kana: Annotated[str, typer.Option(help="How the name is read, with a space between words.")] = "",
) -> None:
    """Register a municipality's point service (笠間応援ポイント)."""
    settings = settings_of(config)
    now = clock_of(settings)()
    in_store_of(
        settings,
        lambda conn: directory.register_service(
            conn,
            municipality,
            point_service,
            name=name,
            open_for_direct_exchange=direct,
            at=now,
            name_kana=kana,
        ),
    )
    typer.echo(f"{name} ({municipality}/{point_service}) is registered")


@places.command("add-event")
def add_event(event_id: str, name: str, starts: datetime, ends: datetime, config: Config = None) -> None:
    """Register a support event (特定支援イベント) that takes points from `starts` until before `ends` (JST)."""
    event = SupportEvent(
        event_id=event_id, name=name, starts_at=starts.replace(tzinfo=JST), ends_at=ends.replace(tzinfo=JST)
    )
    in_store_of(settings_of(config), lambda conn: support_events.register(conn, event))
    typer.echo(f"{name} ({event_id}) is registered")
