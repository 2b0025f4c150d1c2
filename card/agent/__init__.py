"""The program beside the browser (マイキーID作成・登録準備ソフト): it owns the reader and the PIN window.

A page can ask it to sign a challenge; only the person at the desk can agree, in a window that no page draws.
"""
