"""A camera that sees a QR code: a short film of it, as Chromium's own stand-in for a camera plays it."""

from __future__ import annotations

from pathlib import Path

import segno

WIDTH, HEIGHT, PIXELS_A_MODULE = 640, 480, 8
GREY, DARK, LIGHT = 150, 30, 220  # paper on a desk, not a drawing


def film(text: str, path: Path) -> list[str]:
    """Write a film of `text` to `path`; gives the flags with which a browser takes it for its camera."""
    rows = [list(row) for row in segno.make_qr(text, error="m").matrix_iter(PIXELS_A_MODULE, border=4)]
    left, top = (WIDTH - len(rows)) // 2, (HEIGHT - len(rows)) // 2
    assert left >= 0
    assert top >= 0
    picture = bytearray([GREY]) * (WIDTH * HEIGHT)
    for y, row in enumerate(rows, top):
        start = y * WIDTH + left
        picture[start : start + len(row)] = bytes(DARK if dark else LIGHT for dark in row)
    colourless = bytes([128]) * (WIDTH * HEIGHT // 2)
    frame = b"FRAME\n" + bytes(picture) + colourless
    path.write_bytes(f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F10:1 Ip A1:1 C420jpeg\n".encode() + frame * 3)
    return [
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-video-capture={path}",
    ]
