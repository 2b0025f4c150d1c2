"""A camera that sees a QR code: a short film of it, as Chromium's own stand-in for a camera plays it."""

from __future__ import annotations

import re
from pathlib import Path

import segno
from playwright.sync_api import Page

Modules = list[list[bool]]
WIDTH, HEIGHT, PIXELS_A_MODULE = 640, 480, 8
GREY, DARK, LIGHT = 150, 30, 220  # paper on a desk, not a drawing


def printed(text: str) -> Modules:
    """A code on paper."""
    return [[bool(dark) for dark in row] for row in segno.make_qr(text, error="m").matrix_iter(border=4)]


def on_screen(page: Page) -> Modules:
    """The code that a page shows, as it is drawn there."""
    side = int(str(page.get_attribute("svg.qr", "viewBox")).split()[2])
    rows = [[False] * side for _ in range(side)]
    for x, y, length in re.findall(r"M(\d+) (\d+)h(\d+)v1h-\3z", str(page.get_attribute("svg.qr path", "d"))):
        for dark in range(int(x), int(x) + int(length)):
            rows[int(y)][dark] = True
    return rows


def film(code: Modules, path: Path) -> list[str]:
    """Write a film of the code to `path`; gives the flags with which a browser takes it for its camera."""
    side = len(code) * PIXELS_A_MODULE
    left, top = (WIDTH - side) // 2, (HEIGHT - side) // 2
    assert left >= 0
    assert top >= 0
    picture = bytearray([GREY]) * (WIDTH * HEIGHT)
    for y in range(side):
        row = code[y // PIXELS_A_MODULE]
        line = bytes(DARK if row[x // PIXELS_A_MODULE] else LIGHT for x in range(side))
        start = (top + y) * WIDTH + left
        picture[start : start + side] = line
    colourless = bytes([128]) * (WIDTH * HEIGHT // 2)
    frame = b"FRAME\n" + bytes(picture) + colourless
    path.write_bytes(f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F10:1 Ip A1:1 C420jpeg\n".encode() + frame * 3)
    return [
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-video-capture={path}",
    ]
