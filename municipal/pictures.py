"""The pictures of the pages: QR codes, as every site draws them."""

from __future__ import annotations

from pagekit.qr import qr

__all__ = ["qr"]
