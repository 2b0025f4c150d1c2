"""Bank accounts: of each shop, and the one from which the city pays."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import BeforeValidator, Field, StringConstraints

from gateway.api.city.fields import Line
from gateway.api.city.proposal_fields import PROPOSING, ProposalView
from gateway.api.city.shops import ShopPath
from gateway.api.city.staff_request import StaffRequest
from gateway.api.fields import View
from gateway.cities.proposals.proposal_rows import Proposal
from gateway.cities.shops import bank_register
from gateway.cities.shops.bank_accounts import BankAccount, Payer
from gateway.http.authentication import AuthLevel
from gateway.http.inputs import Strict, whole_number
from gateway.http.routing import Api, TypedResponse
from gateway.platform.invisible_chars import ONE_LINE, ONE_LINE_OR_NONE
from gateway.platform.roles import Action

api = Api()
STAFF: Final = AuthLevel.STAFF

BankName = Annotated[str, StringConstraints(min_length=1, max_length=60, pattern=ONE_LINE)]
ListedName = Annotated[str, StringConstraints(max_length=60, pattern=ONE_LINE_OR_NONE)]


class BankAccountTyped(Strict):
    """Names in kana, letters and digits; they are kept as transfer files write them. Left empty, they are the list's.

    kind: 1 普通, 2 当座, 4 貯蓄, 9 その他. `unlisted` sends what the list of banks lacks or has another name for: names are
    given then, and whoever decides is told.
    """

    bank_code: Annotated[str, StringConstraints(pattern=r"^[0-9]{4}$")]
    bank_name: ListedName = ""
    branch_code: Annotated[str, StringConstraints(pattern=r"^[0-9]{3}$")]
    branch_name: ListedName = ""
    kind: Annotated[Literal[1, 2, 4, 9], BeforeValidator(whole_number)]
    number: Annotated[str, StringConstraints(pattern=r"^[0-9]{7}$"), Field(repr=False)]
    holder: BankName
    unlisted: bool = False

    def account(self) -> BankAccount:
        """Held against the list of banks. Raises ProblemError: `bank-not-listed`, `bad-bank-account` (422)."""
        names = self.bank_name, self.branch_name
        if not self.unlisted:
            names = bank_register.listed_names(self.bank_code, names[0], self.branch_code, names[1])
        return BankAccount(
            bank_code=self.bank_code, bank_name=names[0], branch_code=self.branch_code, branch_name=names[1],
            kind=self.kind, number=self.number, holder=self.holder,
        )  # fmt: skip


class BankAccountWanted(BankAccountTyped):
    reason: Line = ""


class PayerWanted(BankAccountWanted):
    client_code: Annotated[str, StringConstraints(pattern=r"^[0-9]{10}$")]


class BankView(View):
    bank_code: str
    bank_name: str
    branch_code: str
    branch_name: str
    kind: int
    number_ends_with: str
    holder: str

    @classmethod
    def of(cls, account: BankAccount) -> BankView:
        return cls(
            bank_code=account.bank_code,
            bank_name=account.bank_name,
            branch_code=account.branch_code,
            branch_name=account.branch_name,
            kind=account.kind,
            number_ends_with=account.number[-3:],
            holder=account.holder,
        )


class PayerOf(View):
    """From where the city pays; both are null as long as nobody has said it."""

    account: BankView | None
    client_code: str | None

    @classmethod
    def of(cls, payer: Payer | None) -> PayerOf:
        if payer is None:
            return cls(account=None, client_code=None)
        return cls(account=BankView.of(payer.account), client_code=payer.client_code)


class BankOf(View):
    """Null as long as nobody has said where to pay."""

    account: BankView | None


@api.get(
    "/v1/city/shops/{shop_id}/bank-account",
    tag="shops",
    caller=STAFF,
    action=Action.KEEP_BANKS,
    path=ShopPath,
    returns={200: BankOf},
    refuses=("unknown-shop",),
)
async def get_shop_bank(call: StaffRequest[None, None, ShopPath]) -> TypedResponse:
    """Where a shop is paid; of the number only the end."""
    account = await call.services.city.shops.bank(call.staff.municipality, call.path.shop_id)
    return TypedResponse(200, BankOf(account=BankView.of(account) if account else None))


@api.put(
    "/v1/city/shops/{shop_id}/bank-account",
    tag="shops",
    caller=STAFF,
    action=Action.KEEP_BANKS,
    path=ShopPath,
    body=BankAccountWanted,
    returns={202: ProposalView, 200: BankOf},
    refuses=("unknown-shop", "bad-bank-account", "bank-not-listed", *PROPOSING),
)
async def set_shop_bank(
    call: StaffRequest[BankAccountWanted, None, ShopPath],
) -> TypedResponse:
    """Propose where a shop is paid (202): a first account counts at once, a change from the next closing on."""
    account = call.body.account()
    proposal = await call.services.city.shops.set_bank(
        call.staff, call.path.shop_id, account, call.body.reason
    )
    if isinstance(proposal, Proposal):
        return TypedResponse(202, ProposalView.of(proposal))
    return TypedResponse(200, BankOf(account=BankView.of(account)))


@api.get(
    "/v1/city/bank-account",
    tag="settlement",
    caller=STAFF,
    action=Action.KEEP_BANKS,
    returns={200: PayerOf},
)
async def get_payer(call: StaffRequest) -> TypedResponse:
    """From which account the city pays its shops."""
    payer = await call.services.city.shops.payer(call.staff.municipality)
    return TypedResponse(200, PayerOf.of(payer))


@api.put(
    "/v1/city/bank-account",
    tag="settlement",
    caller=STAFF,
    action=Action.KEEP_BANKS,
    body=PayerWanted,
    returns={202: ProposalView, 200: PayerOf},
    refuses=("bad-bank-account", "bank-not-listed", *PROPOSING),
)
async def set_payer(call: StaffRequest[PayerWanted]) -> TypedResponse:
    """Propose from which account the city pays (202); `client_code` (委託者コード) is the bank's name for the city."""
    payer = Payer(client_code=call.body.client_code, account=call.body.account())
    proposal = await call.services.city.shops.set_payer(call.staff, payer, call.body.reason)
    if proposal is not None:
        return TypedResponse(202, ProposalView.of(proposal))
    return TypedResponse(200, PayerOf.of(payer))
