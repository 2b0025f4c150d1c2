"""Signing in with a My Number card (JPKI), from the card reader to the server's verdict.

Two halves that share only `client_data` and `algorithms`:

* at the member's desk - `apdu`, `connection`, `pcsc`, `jpki`, `fake`, `agent`;
* at the server - `verify`, with `challenges`, `trust`, `certificate`, `revocation`, `second_opinion`.

The package knows nothing of the gateway, of points or of members: it turns a card and a PIN into a signature,
and a signature into an opaque account key.
"""
