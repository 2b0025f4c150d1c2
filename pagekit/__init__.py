"""What a server-rendered site of ours stands on, whoever it is for: members, a city's staff, a shop at its counter.

`visits` holds the rules of every page; `site` puts pages, templates and files together; `api` signs the calls to
the gateway; `sealed` keeps a session in the browser without the browser being able to read it; `words` speaks the
languages. It knows neither members nor staff: what is theirs stands in `portal/` and `municipal/`.
"""
