"""`python -m gateway_airline_miles.sandbox --book FILE --api-key-file FILE [--port N] [--control] [--print-url]`."""

import sys

from gateway.testkit.sandbox.cli import run_sandbox
from gateway_airline_miles.sandbox.site import make_server

sys.exit(run_sandbox("airline_miles", make_server))
