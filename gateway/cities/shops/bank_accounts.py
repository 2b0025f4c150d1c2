"""Bank accounts of shops and of the city: checked when they are written down, kept sealed, shown masked."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from gateway.cities.settlement import zengin
from gateway.errors import ProblemError
from gateway.platform.encryption import Vault

ORDINARY, CURRENT, SAVINGS, OTHER = 1, 2, 4, 9
"""預金種目: 普通, 当座, 貯蓄, その他."""

KIND_NAMES: Final = {ORDINARY: "普通", CURRENT: "当座", SAVINGS: "貯蓄", OTHER: "その他"}
_DIGITS: Final = {"bank_code": 4, "branch_code": 3, "number": 7}


@dataclass(frozen=True, slots=True, kw_only=True)
class BankAccount:
    """One account. Names are kept as the transfer file writes them: half-width kana, capitals and digits.

    Raises ProblemError `bad-bank-account` (422), naming the field, for anything that a transfer file could not carry.
    """

    bank_code: str
    bank_name: str
    branch_code: str
    branch_name: str
    kind: int
    number: str = field(repr=False)
    holder: str = field(repr=False)

    def __post_init__(self) -> None:
        for name, digits in _DIGITS.items():
            if not re.fullmatch(rf"[0-9]{{{digits}}}", getattr(self, name)):
                raise _bad(name, f"give {digits} half-width digits")
        if self.kind not in KIND_NAMES:
            raise _bad("kind", "give 1 (普通), 2 (当座), 4 (貯蓄) or 9 (その他)")
        for name, longest in (("bank_name", 15), ("branch_name", 15), ("holder", 30)):
            written = _written(name, getattr(self, name))
            if not 0 < len(written) <= longest:
                raise _bad(name, f"give 1 to {longest} characters, counting each sound mark as one")
            object.__setattr__(self, name, written)

    @property
    def masked(self) -> str:
        """The account as a page or log may show it."""
        return f"{self.bank_code}-{self.branch_code} ****{self.number[-3:]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Payer:
    """Who pays: the ten digits that the city's bank has given it (委託者コード), its name, its account."""

    client_code: str
    account: BankAccount

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[0-9]{10}", self.client_code):
            raise _bad("client_code", "give 10 half-width digits")
        if self.account.kind not in (ORDINARY, CURRENT):
            raise _bad("kind", "a city pays from an account of kind 1 (普通) or 2 (当座)")


def encrypt_account(vault: Vault, code: str, shop_id: str, account: BankAccount) -> bytes:
    return vault.encrypt(account_text(account), purpose="bank", bound_to=f"{code}/{shop_id}")


def decrypt_account(vault: Vault, code: str, shop_id: str, sealed: bytes) -> BankAccount:
    return read_account(vault.decrypt(sealed, purpose="bank", bound_to=f"{code}/{shop_id}"))


def encrypt_payer(vault: Vault, code: str, payer: Payer) -> bytes:
    return vault.encrypt(json.dumps(asdict(payer)), purpose="payer", bound_to=code)


def decrypt_payer(vault: Vault, code: str, sealed: bytes) -> Payer:
    stored = json.loads(vault.decrypt(sealed, purpose="payer", bound_to=code))
    return Payer(client_code=stored["client_code"], account=_account(stored["account"]))


def account_text(account: BankAccount) -> str:
    """An account as it is sealed; `read_account` gives the same value again."""
    return json.dumps(asdict(account))


def read_account(text: str) -> BankAccount:
    return _account(json.loads(text))


def _account(stored: dict[str, Any]) -> BankAccount:
    return BankAccount(**stored)


def _written(name: str, text: str) -> str:
    try:
        return zengin.half_width(text)
    except ValueError as fault:
        raise _bad(name, str(fault)) from None


def _bad(field_name: str, text: str) -> ProblemError:
    return ProblemError("bad-bank-account", f"{field_name}: {text}", field=field_name)
