"""The PIN window: a small Tk program of its own that imports nothing of this package.

A process apart, so that any Python with tkinter on the machine can run it, and so that the PIN's text dies with it.
In: one JSON object on stdin (origin, purpose, tries_left, seconds). Out: the digits on stdout and exit code 0, or
nothing and 1 (cancelled), 2 (nobody typed), 3 (no display).
"""

from __future__ import annotations

import json
import re
import sys
import unicodedata

TITLE = "利用者証明用電子証明書パスワード入力"
_PURPOSES = {
    "point-gateway.login": ("ログイン", "Sign in"),
    "point-gateway.register": ("マイキーIDの作成・登録", "Create a MyKey ID"),
    "point-gateway.relink": ("マイキーIDの再登録", "Link a renewed card"),
}


def main() -> int:
    try:
        import tkinter as tk
        from tkinter import ttk

        root = tk.Tk(className="PointGatewayPin")
    except Exception:  # no tkinter, or no display: the caller falls back to the terminal  # noqa: BLE001
        return 3
    question = json.load(sys.stdin)
    outcome = {"code": 1}
    root.title(TITLE)
    root.resizable(False, False)
    root.attributes("-topmost", True)
    frame = ttk.Frame(root, padding=24)
    frame.grid()
    ja, en = _PURPOSES.get(question["purpose"], ("", ""))
    left = question["tries_left"]
    _line(ttk, frame, f"{ja} / {en}", size=14)
    _line(ttk, frame, f"サイト / Site:  {question['origin']}", size=12)
    _line(
        ttk,
        frame,
        "利用者証明用電子証明書のパスワード(数字4桁)を入力してください。\nEnter the card's 4-digit PIN.",
    )
    warning = "  ⚠ 次に間違えるとロックされます / The next miss locks the card" if left == 1 else ""
    _line(ttk, frame, f"残り回数 / Tries left: {left}{warning}", colour="#b00020" if left == 1 else "")
    digits = ttk.Entry(frame, show="●", width=12, justify="center", font=("TkDefaultFont", 18))
    digits.grid(pady=12)
    complaint = ttk.Label(frame, text="", foreground="#b00020")
    complaint.grid()

    def accept(_event: object = None) -> None:
        typed = unicodedata.normalize("NFKC", digits.get()).strip()
        digits.delete(0, "end")
        if not re.fullmatch("[0-9]{4}", typed):
            complaint["text"] = (
                "数字4桁で入力してください(残り回数は減っていません) / Four digits (no try was used)"
            )
            return
        sys.stdout.write(typed)
        sys.stdout.flush()
        outcome["code"] = 0
        root.destroy()

    def leave(code: int) -> None:
        outcome["code"] = code
        root.destroy()

    buttons = ttk.Frame(frame)
    buttons.grid(pady=(12, 0))
    ttk.Button(buttons, text="OK", command=accept).grid(row=0, column=0, padx=8)
    ttk.Button(buttons, text="キャンセル / Cancel", command=lambda: leave(1)).grid(row=0, column=1, padx=8)
    root.bind("<Return>", accept)
    root.bind("<Escape>", lambda _event: leave(1))
    root.protocol("WM_DELETE_WINDOW", lambda: leave(1))
    root.after(int(question["seconds"] * 1000), lambda: leave(2))
    root.update()
    root.lift()
    digits.focus_force()
    root.mainloop()
    return outcome["code"]


def _line(ttk, frame, text: str, *, size: int = 11, colour: str = "") -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    label = ttk.Label(frame, text=text, font=("TkDefaultFont", size), justify="center", anchor="center")
    if colour:
        label["foreground"] = colour
    label.grid(pady=4)


if __name__ == "__main__":
    sys.exit(main())
