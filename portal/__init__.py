"""The members' pages: server-rendered, and a client of the gateway's HTTP API and nothing else.

`app` puts the pages together; what every site stands on is in `pagekit/`. Start it with `python -m portal --config …`.
"""
