"""`python -m gateway_saison.sandbox --book FILE --api-key-file FILE [--port N] [--control] [--print-url]`."""

import sys

from gateway.testkit.sandbox.cli import run_sandbox
from gateway_saison.sandbox.site import make_server

sys.exit(run_sandbox("saison", make_server))
