"""The members' pages: server-rendered, and a client of the gateway's HTTP API and nothing else.

`app` puts the pages together; `api` signs each call; `sealed` keeps the session in the browser without the
browser being able to read it; `words` speaks three languages. Start it with `python -m portal --config …`.
"""
