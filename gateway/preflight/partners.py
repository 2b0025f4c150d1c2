"""The partners: each plugin is loaded, all its settings are read, and the partner answers."""

from __future__ import annotations

import structlog

from gateway.errors import GatewayError
from gateway.partners import registry
from gateway.partners.partner import Partner
from gateway.plugin_interfaces import Clock
from gateway.preflight.finding import Finding, ok, refused, warning
from gateway.settings import Settings


async def check_partners(settings: Settings, clock: Clock) -> list[Finding]:
    """Load every enabled partner and ask it whether it is there. One that is away is a warning: the others serve."""
    loaded = await registry.load(
        settings, clock=clock, log=structlog.get_logger(), isolation=registry.IN_SERVICE
    )
    try:
        findings = [refused("partners", plugin.sentence) for plugin in loaded.refused]
        findings += [warning("partners", sentence) for sentence in loaded.unread]
        findings += [await _answers(partner) for partner in loaded.partners.values()]
        findings += [
            warning("partners", f"{id_}: is installed and not used; add [partners.{id_}] to use it")
            for id_ in loaded.idle
        ]
    finally:
        await loaded.aclose()
    if not loaded.partners and not loaded.refused:
        findings.append(
            warning("partners", "no partner is set up, so nothing can be exchanged; add [partners.<id>]")
        )
    return findings


async def _answers(partner: Partner) -> Finding:
    try:
        await partner.check_connection()
    except GatewayError as fault:
        return warning(
            "partners", f"{partner.id}: does not answer as it should: {fault}; see its base_url and its key"
        )
    try:
        files = "; its SFTP server lets us in" if await partner.check_sftp() else ""
    except GatewayError as fault:
        return warning("partners", f"{fault}; see [partners.{partner.id}.sftp]")
    return ok("partners", f"{partner.id}: answers{files}")
