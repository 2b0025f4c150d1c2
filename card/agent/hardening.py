"""Keep the agent's memory, where a PIN passes through, out of files and away from other programs."""

from __future__ import annotations

import ctypes

_PR_SET_DUMPABLE = 4


def forbid_core_dumps() -> bool:
    """No core dump whatever happens, and on Linux no debugger of the same user either. False where unsupported."""
    try:
        import resource
    except ImportError:  # Windows
        return False
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    libc = ctypes.CDLL(None)
    return not hasattr(libc, "prctl") or bool(libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0) == 0)
