"""A partner's plugin in a process of its own: frames and codecs, the sealed child, and what keeps it alive.

`frames`, `codecs`, `messages`, `hook_values`, `sealing` and `child` run in the child too, so they import no library of
the server's.
"""
