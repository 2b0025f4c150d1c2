"""Files of our own: styles, scripts and pictures, under addresses that change with their content.

So browsers may keep them for ever, and a new version is a new address. Nothing comes from elsewhere.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Final

from aiohttp import hdrs, web

from pagekit.pages import HEADERS

SHARED: Final = Path(__file__).parent / "static"
ROUTE: Final = "/static/{version}/{name:[a-z0-9_./-]+}"
_KINDS: Final = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
}
_PICTURES: Final = {".png": "image/png"}


class Files:
    """A site's own folder first, then the one that all sites share."""

    def __init__(self, folder: Path) -> None:
        self._folders = (folder.resolve(), SHARED.resolve())
        self._addresses: dict[str, str] = {}

    def address(self, name: str) -> str:
        """Where browsers find the file. Raises FileNotFoundError."""
        if name not in self._addresses:
            version = hashlib.sha256(self.content(name)).hexdigest()[:12]
            self._addresses[name] = f"/static/{version}/{name}"
        return self._addresses[name]

    def content(self, name: str) -> bytes:
        """What is in the file. Raises FileNotFoundError."""
        return self._path(name).read_bytes()

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """One file, kept by browsers for a year."""
        name = request.match_info["name"]
        try:
            path = self._path(name)
        except FileNotFoundError:
            raise web.HTTPNotFound from None
        if request.path != self.address(name):
            raise web.HTTPNotFound
        kind = (_KINDS | _PICTURES).get(path.suffix, "application/octet-stream")
        answer = web.Response(
            body=path.read_bytes(), content_type=kind, charset="utf-8" if kind.startswith("text/") else None
        )
        answer.headers.update(HEADERS)
        answer.headers[hdrs.CACHE_CONTROL] = "public, max-age=31536000, immutable"
        if path.suffix in _KINDS:
            answer.enable_compression()
        return answer

    def _path(self, name: str) -> Path:
        for folder in self._folders:
            path = (folder / name).resolve()
            # By its own name alone: each of a stranger's `./././name` would be remembered.
            if str(path) == f"{folder}/{name}" and path.is_file():
                return path
        raise FileNotFoundError(name)
