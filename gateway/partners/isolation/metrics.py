"""Numbers about plugins in processes of their own, all measured by the gateway."""

from __future__ import annotations

from typing import Final

from prometheus_client import Counter, Gauge

PLUGIN_UP: Final = Gauge(
    "point_gateway_plugin_up", "1 while the plugin's process takes calls, else 0.", ("partner",)
)
PLUGIN_RESTARTS: Final = Counter(
    "point_gateway_plugin_restarts", "Processes that ended and were started anew, by why.", ("partner", "why")
)
PLUGIN_MEMORY: Final = Gauge(
    "point_gateway_plugin_memory_bytes", "Resident memory of the plugin's process.", ("partner",)
)
PLUGIN_CPU: Final = Counter(
    "point_gateway_plugin_cpu_seconds", "CPU that the plugin's processes have used.", ("partner",)
)
PLUGIN_REQUESTS_REFUSED: Final = Counter(
    "point_gateway_plugin_requests_refused",
    "Requests outside a call or above its share, not sent.",
    ("partner",),
)
PLUGIN_LOG_DROPPED: Final = Counter(
    "point_gateway_plugin_log_dropped", "Lines of the plugin's that were not written.", ("partner",)
)
PLUGIN_LINE_PAUSED: Final = Counter(
    "point_gateway_plugin_line_paused_seconds",
    "How long a plugin that says too much was not read.",
    ("partner",),
)
