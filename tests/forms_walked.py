"""Every form of a page, sent with each kind of bad input: what the page that follows must keep and say."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Final

from playwright.sync_api import APIRequestContext

BAD: Final = {"empty": "", "too long": "長い" * 300, "unseen": "a\u0007\u202eb"}
SECRET: Final = "open-sesame-17"
_CHANGES: Final = re.compile(
    r'value="[0-9a-f]{64}"|data-token="\w+"|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}'
)
"""Form tokens are masked, and ids drawn, anew on each page."""
_DRAWN: Final = frozenset({"form_token", "id", "exchange_id", "grant_id", "refund_id", "offered", "token"})


@dataclass(slots=True)
class Form:
    """A form as a browser would send it. `typed` are the names of its fields for text, `buttons` of buttons that say something."""

    action: str
    method: str
    values: dict[str, str] = field(default_factory=dict)
    typed: list[str] = field(default_factory=list)
    secret: list[str] = field(default_factory=list)
    buttons: list[str] = field(default_factory=list)
    has_file: bool = False


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._open: Form | None = None
        self._area: str = ""
        self._select: str = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        of = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._open = Form(of.get("action", ""), of.get("method", "get").lower())
            self.forms.append(self._open)
        form, name, value = self._open, of.get("name", ""), of.get("value", "")
        if form is None or (not name and tag != "option"):
            return
        match tag, of.get("type", "text"):
            case "input", "password":
                form.secret.append(name)
            case "input", "file":
                form.has_file = True
            case "input", "radio" | "checkbox":
                if "checked" in of:
                    form.values[name] = value
            case "input", "hidden":
                form.values[name] = value
            case "input", _:
                form.typed.append(name)
                form.values[name] = value
            case "textarea", _:
                form.typed.append(name)
                form.values[name], self._area = "", name
            case "select", _:
                self._select = name
            case "option", _ if self._select and (self._select not in form.values or "selected" in of):
                form.values[self._select] = value
            case "button", _:
                form.values.setdefault(name, value)
                form.buttons.append(name)

    def handle_data(self, data: str) -> None:
        if self._open is not None and self._area:
            self._open.values[self._area] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = None
        elif tag == "textarea":
            self._area = ""
        elif tag == "select":
            self._select = ""


def all_forms_of(page: str) -> list[Form]:
    """Every form of the page, or of a piece of one."""
    parser = _Forms()
    parser.feed(page)
    return parser.forms


def forms_of(page: str) -> list[Form]:
    """The forms of the main part that are sent by POST and take text."""
    forms = all_forms_of(page[page.index("<main") : page.index("</main>")])
    return [form for form in forms if form.method == "post" and (form.typed or form.secret)]


def faults_of(request: APIRequestContext, site: str, path: str, skip: frozenset[str]) -> Iterator[str]:
    """What is wrong with the answers to the forms of one page."""
    for number, form in enumerate(forms_of(request.get(site + path).text())):
        if form.action in skip or form.has_file:
            continue
        for kind, text in BAD.items():
            fresh = forms_of(request.get(site + path).text())[number]
            sent = (
                fresh.values
                | dict.fromkeys(fresh.typed, text)
                | dict.fromkeys(fresh.secret, SECRET if text else "")
            )
            answer = request.post(
                site + fresh.action,
                form={**sent},
                headers={"Origin": site},
                max_redirects=0,  # type: ignore[arg-type]
            )
            where = f"{path} {fresh.action} ({kind})"
            if answer.status != 303:
                yield f"{where}: {answer.status} instead of a redirect"
                continue
            address = answer.headers["location"]
            if "form=" in address:
                yield from (f"{where}: {fault}" for fault in _faults(request, site, address, fresh, sent))


def _faults(
    request: APIRequestContext, site: str, address: str, form: Form, sent: dict[str, str]
) -> Iterator[str]:
    first = request.get(site + address)
    page = first.text()
    if first.status >= 500:
        yield f"status {first.status}"
    if _CHANGES.sub("", page) != _CHANGES.sub("", request.get(site + address).text()):
        yield "a reload shows something else"
    if "<title>エラー：" not in page and "<title>Error: " not in page:
        yield "the title does not say that there is an error"
    if " autofocus" not in page:
        yield "nothing takes the focus"
    again = next((one for one in forms_of(page) if one.action == form.action), None)
    if again is None:
        return
    for name in form.typed:
        kept, text = again.values.get(name, ""), sent[name].strip()
        if kept != text and not (len(kept) >= 200 and text.startswith(kept)):
            yield f"{name} is {kept[:20]!r} instead of {text[:20]!r}"
    for name, value in form.values.items():
        if name not in form.typed and name not in _DRAWN and again.values.get(name) != value:
            yield f"{name} has changed from {value[:40]!r} to {again.values.get(name)!r}"
    if SECRET in page:
        yield "a password stands on the page"
