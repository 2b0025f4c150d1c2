"""One function an operation of the API: each makes a call, and a client sends it.

Made from the gateway's OpenAPI document by `make clients`; not written by hand.
"""

from __future__ import annotations

from datetime import date, datetime
from types import NoneType
from typing import Literal

from msgspec import UNSET, UnsetType

from point_gateway_client.call import Call, File, file_call, json_call, path_part
from point_gateway_client.generated import models

__all__ = [
    "accept_shop_application",
    "add_city_point_service",
    "add_member_passkey",
    "add_project",
    "add_shop_staff",
    "add_staff",
    "allocate",
    "announce_maintenance",
    "announce_rule",
    "answer_notice",
    "apply_as_shop",
    "approve_proposal",
    "ask_about_exchange",
    "ask_card",
    "ask_passkey",
    "audit_csv",
    "balances",
    "begin_acting",
    "begin_member_passkey",
    "begin_oidc",
    "bind_till",
    "cancel",
    "cancel_carry_in",
    "cancel_file",
    "cancel_grant",
    "card_standing",
    "carry_in_lines",
    "carry_in_report",
    "change_event",
    "change_mykey_id",
    "change_pace",
    "change_password",
    "change_pay_card_limits",
    "change_privacy_text",
    "change_project_budget",
    "change_settlement_settings",
    "change_shop",
    "change_staff_role",
    "check_mykey_id",
    "check_shop_list",
    "choose_shop",
    "city_expiring",
    "city_figures",
    "city_figures_csv",
    "city_issue_months",
    "city_issues",
    "city_issues_csv",
    "city_member",
    "city_open_exchanges",
    "city_partners",
    "city_references",
    "city_refund",
    "city_rules",
    "city_shop_code",
    "city_spend",
    "city_statement",
    "city_statement_csv",
    "city_statement_pdf",
    "city_totals_by_day",
    "city_totals_by_party",
    "city_unused",
    "city_unused_csv",
    "claim_carry_in",
    "close_city_point_service",
    "close_settlement",
    "close_shop",
    "close_staff",
    "company_report",
    "company_report_file",
    "company_settlements",
    "company_statement_file",
    "company_statement_paper",
    "compare_day",
    "complete_return",
    "confirm",
    "confirm_mail_address",
    "contribute",
    "correct_balance",
    "days_with_differences",
    "download_transfer_file",
    "end_event",
    "end_other_sessions",
    "end_own_till",
    "end_representation",
    "end_representative",
    "end_session",
    "end_shop_debt",
    "end_shop_till",
    "event_history",
    "export_shops",
    "file_granted_before",
    "file_lines",
    "file_report",
    "file_report_workbook",
    "generate_mykey_id",
    "get_bank_result",
    "get_carry_in",
    "get_city_event",
    "get_corrections",
    "get_corrections_csv",
    "get_event",
    "get_file",
    "get_grantee",
    "get_issuer",
    "get_pay_card_limits",
    "get_payer",
    "get_privacy_text",
    "get_project",
    "get_proposal",
    "get_settlement",
    "get_settlement_csv",
    "get_settlement_journal",
    "get_settlement_pdf",
    "get_settlement_settings",
    "get_shop",
    "get_shop_application",
    "get_shop_bank",
    "get_shop_terms",
    "get_spend",
    "get_step_up",
    "grant_at_venue",
    "grant_to_one",
    "grants_csv",
    "half_year_csv",
    "half_year_report",
    "issue_pay_cards",
    "join_phone",
    "join_phone_by_card",
    "link_card",
    "link_phone",
    "list_account_notices",
    "list_announcements",
    "list_audit_actions",
    "list_bank_results",
    "list_carry_ins",
    "list_city_announcements",
    "list_city_events",
    "list_city_point_services",
    "list_city_shops",
    "list_companies",
    "list_cycle_debts",
    "list_deed_rules",
    "list_events",
    "list_exchanges",
    "list_expiries",
    "list_files",
    "list_grants",
    "list_links",
    "list_municipalities",
    "list_notices",
    "list_own_notices",
    "list_own_people",
    "list_own_tills",
    "list_partners",
    "list_payouts",
    "list_places",
    "list_planned_stops",
    "list_platform_stops",
    "list_point_services",
    "list_prefectures",
    "list_problem_types",
    "list_projects",
    "list_proofs",
    "list_proposals",
    "list_proposed_shops",
    "list_providers",
    "list_representations",
    "list_representatives",
    "list_sessions",
    "list_settlements",
    "list_shop_announcements",
    "list_shop_applications",
    "list_shop_debts",
    "list_shop_staff",
    "list_shop_tills",
    "list_spends",
    "list_staff",
    "list_staff_changes",
    "list_transfer_files",
    "mail_address",
    "make_pay_code",
    "make_transfer_file",
    "mark_read",
    "me",
    "member_references",
    "member_timeline",
    "municipal_history",
    "municipality_privacy_text",
    "municipality_shop_terms",
    "name_people",
    "offer",
    "open_till",
    "overview",
    "own_company",
    "own_privacy_texts",
    "own_record",
    "own_report",
    "own_report_csv",
    "own_shop",
    "own_shop_code",
    "partner_invoice",
    "partner_settlements",
    "passkey_support",
    "pause_partner",
    "pay_code_state",
    "pay_shop",
    "plan_event",
    "plan_stop",
    "platform_exchange",
    "platform_exchanges",
    "platform_keys",
    "platform_partners",
    "point_service_rules",
    "print_pay_cards",
    "project_venue_code",
    "propose_carry_in",
    "propose_carry_in_join",
    "propose_client_key",
    "propose_closing",
    "propose_deed_rule",
    "propose_erasure",
    "propose_maintenance_withdrawal",
    "propose_member_access",
    "propose_merge",
    "propose_outcome",
    "propose_rectification",
    "propose_representative",
    "propose_resumption",
    "propose_reversal",
    "propose_reversal_outcome",
    "propose_shop_list",
    "propose_webhook_key",
    "publish_announcement",
    "put_city_point_service_reading",
    "put_issuer",
    "quote",
    "read_audit",
    "read_shop_code",
    "reconcile_carry_in",
    "reconciliation_of_carry_in",
    "record_bank_result",
    "record_payout",
    "refuse_shop_application",
    "register_by_card",
    "register_by_phone",
    "register_shop",
    "relink_card",
    "remove_mail_address",
    "remove_proof",
    "remove_till_pin",
    "reopen_city_point_service",
    "reopen_shop",
    "reserve_history",
    "reset_shop_staff",
    "reset_staff",
    "restart_staff",
    "restore_member",
    "resubmit_own_application",
    "return_from_oidc",
    "revoke_client_key",
    "revoke_mykey_id",
    "revoke_webhook_key",
    "search_by_payment",
    "search_by_reference",
    "send_back_proposal",
    "send_back_shop_application",
    "set_company",
    "set_default_municipality",
    "set_language",
    "set_mail_address",
    "set_password_by_card",
    "set_password_by_phone",
    "set_pay_card_pin",
    "set_payer",
    "set_project_open",
    "set_shop_bank",
    "set_shop_terms",
    "set_step_up",
    "set_till_pin",
    "set_till_refunds",
    "shop_day",
    "shop_list_report",
    "shop_references",
    "shop_refund",
    "shop_settlements",
    "shop_spend",
    "shop_statement",
    "shop_statement_csv",
    "shop_statement_pdf",
    "shops_worked_at",
    "show_event",
    "show_exchange",
    "sign_in",
    "sign_in_by_card",
    "sign_in_by_passkey",
    "sign_out",
    "staff_add_passkey",
    "staff_begin_passkey",
    "staff_begin_totp",
    "staff_change_password",
    "staff_confirm_totp",
    "staff_end_other_sessions",
    "staff_end_session",
    "staff_list_sessions",
    "staff_me",
    "staff_prove_by_passkey",
    "staff_prove_by_totp",
    "staff_remove_passkey",
    "staff_remove_totp",
    "staff_sign_in",
    "staff_sign_out",
    "start_exchange",
    "stop_mail",
    "stop_pay_card",
    "take_points",
    "unlink",
    "unlock_member",
    "upload_bank_result",
    "upload_carry_in",
    "upload_grants",
    "verify_audit",
    "view_own_application",
    "withdraw_announcement",
    "withdraw_own_application",
    "withdraw_proposal",
    "withdraw_rule",
    "withdraw_stop",
]


def sign_in(
    *,
    mykey_id: str,
    password: str,
    shared_terminal: bool | UnsetType = UNSET,
    source: str | UnsetType = UNSET,
    devices: list[str] | UnsetType = UNSET,
) -> Call[models.SessionStarted]:
    """Sign a member in by MyKey ID and password.

    The words of a refusal are the same whichever half was wrong. `shared_terminal` (at a library) shortens the
    idle limit to two minutes.

    Refused with: sign-in-refused, sign-in-locked.
    """
    return json_call(
        "POST",
        "/v1/sessions",
        models.SessionStarted,
        session=False,
        body=models.SignIn(
            mykey_id=mykey_id,
            password=password,
            shared_terminal=shared_terminal,
            source=source,
            devices=devices,
        ),
    )


def list_sessions() -> Call[models.Sessions]:
    """All places where the member is signed in, the one used last first.

    Refused with: not-for-a-representative.
    """
    return json_call("GET", "/v1/sessions", models.Sessions, session=True)


def end_other_sessions() -> Call[models.SessionsEnded]:
    """Sign out everywhere else.

    Refused with: not-for-a-representative.
    """
    return json_call("DELETE", "/v1/sessions", models.SessionsEnded, session=True)


def sign_out() -> Call[None]:
    """Sign out: the token is worthless from now on."""
    return json_call("DELETE", "/v1/sessions/current", NoneType, session=True)


def end_session(session_id: str) -> Call[None]:
    """Sign out in one other place.

    Refused with: not-for-a-representative, unknown-session.
    """
    return json_call("DELETE", f"/v1/sessions/{path_part(session_id)}", NoneType, session=True)


def me() -> Call[models.MemberView]:
    """The member who is signed in.

    Refused with: not-for-a-representative.
    """
    return json_call("GET", "/v1/me", models.MemberView, session=True)


def set_default_municipality(*, municipality: str, point_service: str) -> Call[models.MemberView]:
    """Choose the 基本自治体: where reserve points go by themselves after 14 days.

    Refused with: not-for-a-representative, unknown-municipality, unknown-point-service.
    """
    return json_call(
        "PUT",
        "/v1/me/default-municipality",
        models.MemberView,
        session=True,
        body=models.DefaultMunicipality(municipality=municipality, point_service=point_service),
    )


def set_language(*, language: Literal["ja", "en", "ja-easy"]) -> Call[models.MemberView]:
    """Choose the language of pages and messages.

    Refused with: not-for-a-representative.
    """
    return json_call(
        "PUT",
        "/v1/me/language",
        models.MemberView,
        session=True,
        body=models.LanguageChosen(language=language),
    )


def change_password(*, current: str, new: str) -> Call[models.SessionsEnded]:
    """Change the password. All other sessions of the member end.

    Refused with: current-password-wrong, not-for-a-representative, password-not-set, password-unfit, sign-in-locked.
    """
    return json_call(
        "PUT",
        "/v1/me/password",
        models.SessionsEnded,
        session=True,
        body=models.PasswordChange(current=current, new=new),
    )


def check_mykey_id(*, mykey_id: str) -> Call[models.ChoiceView]:
    """Is this MyKey ID free (重複チェック)? After three taken ones a generated one is offered.

    Refused with: not-for-a-representative, mykey-id-only-generated, mykey-id-unfit.
    """
    return json_call(
        "POST",
        "/v1/me/mykey-id/check",
        models.ChoiceView,
        session=True,
        body=models.MykeyIdWanted(mykey_id=mykey_id),
    )


def generate_mykey_id() -> Call[models.ChoiceView]:
    """Draw a free MyKey ID (自動生成), up to three times a day.

    Refused with: not-for-a-representative, mykey-id-generated-enough.
    """
    return json_call("POST", "/v1/me/mykey-id/generate", models.ChoiceView, session=True)


def change_mykey_id(*, mykey_id: str, password: str) -> Call[models.ChoiceView]:
    """Take a MyKey ID if it is free; the answer says so, or what is offered instead.

    The password is asked for again: an open session alone would take the account away from its owner.

    Refused with: current-password-wrong, not-for-a-representative, mykey-id-only-generated, mykey-id-changed-enough, password-not-set, mykey-id-unfit, sign-in-locked.
    """
    return json_call(
        "PUT",
        "/v1/me/mykey-id",
        models.ChoiceView,
        session=True,
        body=models.MykeyIdChange(mykey_id=mykey_id, password=password),
    )


def revoke_mykey_id(*, password: str) -> Call[None]:
    """Revoke the MyKey ID (失効). It cannot be undone; the password is asked for again.

    Refused with: current-password-wrong, not-for-a-representative, password-not-set, sign-in-locked.
    """
    return json_call(
        "POST", "/v1/me/revocation", NoneType, session=True, body=models.Revocation(password=password)
    )


def card_standing() -> Call[models.CardStanding]:
    """Whether members can come with their card."""
    return json_call("GET", "/v1/card", models.CardStanding, session=False)


def ask_card(*, purpose: Literal["login", "register", "relink"], browser: str) -> Call[models.ChallengeView]:
    """Make a challenge for a card to sign: good once, for two minutes, for this browser and purpose alone.

    Refused with: card-login-not-configured.
    """
    return json_call(
        "POST",
        "/v1/card/challenges",
        models.ChallengeView,
        session=False,
        body=models.ChallengeWanted(purpose=purpose, browser=browser),
    )


def sign_in_by_card(
    *, browser: str, card: models.CardAnswer, shared_terminal: bool | UnsetType = UNSET
) -> Call[models.SessionStarted]:
    """Sign a member in by card (purpose `login`). A lock-out from wrong passwords does not close this door.

    Refused with: card-response-malformed, card-unknown, sign-in-refused, card-challenge-unknown, card-challenge-expired, card-challenge-of-another-session, card-wrong-purpose, card-wrong-origin, card-signature-wrong, card-certificate-malformed, card-sign-certificate-used, card-issuer-untrusted, card-issuer-outside-validity, card-algorithm-refused, card-certificate-expired, card-certificate-not-yet-valid, card-wrong-policy, card-wrong-key-usage, card-certificate-is-ca, card-critical-extension-unknown, card-certificate-revoked, card-validators-disagree, card-response-too-large, card-login-not-configured, card-revocation-unknown.
    """
    return json_call(
        "POST",
        "/v1/card/sessions",
        models.SessionStarted,
        session=False,
        body=models.CardSignIn(browser=browser, card=card, shared_terminal=shared_terminal),
    )


def register_by_card(
    *,
    browser: str,
    card: models.CardAnswer,
    display_name: str,
    password: str | None | UnsetType = UNSET,
    language: Literal["ja", "en", "ja-easy"] | UnsetType = UNSET,
    shared_terminal: bool | UnsetType = UNSET,
) -> Call[models.SessionStarted]:
    """Make a MyKey ID (マイキーID) with a card (purpose `register`): one per certificate, drawn at random.

    The answer signs the new member in and tells the MyKey ID. A password can be given at once or set later.

    Refused with: card-response-malformed, card-unknown, sign-in-refused, card-challenge-unknown, card-challenge-expired, card-challenge-of-another-session, card-wrong-purpose, card-wrong-origin, card-signature-wrong, card-certificate-malformed, card-sign-certificate-used, card-issuer-untrusted, card-issuer-outside-validity, card-algorithm-refused, card-certificate-expired, card-certificate-not-yet-valid, card-wrong-policy, card-wrong-key-usage, card-certificate-is-ca, card-critical-extension-unknown, card-certificate-revoked, card-validators-disagree, card-registered, card-response-too-large, password-unfit, bad-display-name, card-login-not-configured, card-revocation-unknown.
    """
    return json_call(
        "POST",
        "/v1/card/registrations",
        models.SessionStarted,
        session=False,
        body=models.CardRegistration(
            browser=browser,
            card=card,
            display_name=display_name,
            password=password,
            language=language,
            shared_terminal=shared_terminal,
        ),
    )


def relink_card(
    *,
    browser: str,
    card: models.CardAnswer,
    mykey_id: str,
    password: str,
    shared_terminal: bool | UnsetType = UNSET,
) -> Call[models.SessionStarted]:
    """Give an old MyKey ID a renewed certificate (purpose `relink`), after its password; signs the member in.

    Refused with: card-response-malformed, sign-in-refused, card-challenge-unknown, card-challenge-expired, card-challenge-of-another-session, card-wrong-purpose, card-wrong-origin, card-signature-wrong, card-certificate-malformed, card-sign-certificate-used, card-issuer-untrusted, card-issuer-outside-validity, card-algorithm-refused, card-certificate-expired, card-certificate-not-yet-valid, card-wrong-policy, card-wrong-key-usage, card-certificate-is-ca, card-critical-extension-unknown, card-certificate-revoked, card-validators-disagree, unknown-member, card-registered, card-response-too-large, sign-in-locked, card-login-not-configured, card-revocation-unknown.
    """
    return json_call(
        "POST",
        "/v1/card/relinks",
        models.SessionStarted,
        session=False,
        body=models.CardRelink(
            browser=browser, card=card, mykey_id=mykey_id, password=password, shared_terminal=shared_terminal
        ),
    )


def link_card(*, browser: str, card: models.CardAnswer, password: str) -> Call[models.MemberView]:
    """Link a card, or the renewed one (purpose `relink`), to the member who is signed in. Asks for the password.

    Refused with: card-response-malformed, card-challenge-unknown, card-challenge-expired, card-challenge-of-another-session, card-wrong-purpose, card-wrong-origin, card-signature-wrong, current-password-wrong, card-certificate-malformed, card-sign-certificate-used, card-issuer-untrusted, card-issuer-outside-validity, card-algorithm-refused, card-certificate-expired, card-certificate-not-yet-valid, card-wrong-policy, card-wrong-key-usage, card-certificate-is-ca, card-critical-extension-unknown, card-certificate-revoked, card-validators-disagree, not-for-a-representative, unknown-member, card-registered, password-not-set, card-response-too-large, sign-in-locked, card-login-not-configured, card-revocation-unknown.
    """
    return json_call(
        "POST",
        "/v1/me/card",
        models.MemberView,
        session=True,
        body=models.CardLink(browser=browser, card=card, password=password),
    )


def set_password_by_card(*, browser: str, card: models.CardAnswer, new: str) -> Call[models.SessionsEnded]:
    """Set a first or forgotten password with the card in hand (purpose `login`). All other sessions end.

    Refused with: card-response-malformed, card-unknown, card-challenge-unknown, card-challenge-expired, card-challenge-of-another-session, card-wrong-purpose, card-wrong-origin, card-signature-wrong, card-certificate-malformed, card-sign-certificate-used, card-issuer-untrusted, card-issuer-outside-validity, card-algorithm-refused, card-certificate-expired, card-certificate-not-yet-valid, card-wrong-policy, card-wrong-key-usage, card-certificate-is-ca, card-critical-extension-unknown, card-certificate-revoked, card-validators-disagree, not-for-a-representative, unknown-member, card-response-too-large, password-unfit, card-login-not-configured, card-revocation-unknown.
    """
    return json_call(
        "PUT",
        "/v1/me/card/password",
        models.SessionsEnded,
        session=True,
        body=models.PasswordByCard(browser=browser, card=card, new=new),
    )


def list_providers() -> Call[models.Providers]:
    """By which services members can sign in with their phone; empty where none is set up."""
    return json_call("GET", "/v1/oidc", models.Providers, session=False)


def begin_oidc(
    *,
    provider: str,
    purpose: Literal["login", "link", "password"],
    browser: str,
    shared_terminal: bool | UnsetType = UNSET,
) -> Call[models.RedirectView]:
    """Begin a sign-in (`login`), or read the phone of who is signed in (`link`, `password`).

    Refused with: oidc-unknown-provider, oidc-unavailable.
    """
    return json_call(
        "POST",
        "/v1/oidc/requests",
        models.RedirectView,
        session=False,
        body=models.OidcBegin(
            provider=provider, purpose=purpose, browser=browser, shared_terminal=shared_terminal
        ),
    )


def return_from_oidc(
    *,
    provider: str,
    browser: str,
    state: str,
    code: str | None | UnsetType = UNSET,
    error: str | None | UnsetType = UNSET,
    iss: str | None | UnsetType = UNSET,
) -> Call[models.OidcArrived]:
    """Hand over what the browser brought back. A phone that is known signs its member in.

    Refused with: oidc-request-unknown, oidc-request-expired, oidc-other-browser, oidc-wrong-provider, oidc-declined, oidc-sign-in-failed, oidc-code-refused, oidc-token-refused, proof-unknown, sign-in-refused, oidc-unknown-provider, oidc-unavailable.
    """
    return json_call(
        "POST",
        "/v1/oidc/returns",
        models.OidcArrived,
        session=False,
        body=models.OidcReturn(
            provider=provider, browser=browser, state=state, code=code, error=error, iss=iss
        ),
    )


def register_by_phone(
    *,
    browser: str,
    arrival: str,
    display_name: str,
    language: Literal["ja", "en", "ja-easy"] | UnsetType = UNSET,
) -> Call[models.SessionStarted]:
    """Make a MyKey ID (マイキーID) for a phone that leads to none; signs the new member in.

    Only for who has said that there is no MyKey ID yet: a person with two gets neither joined to the other by itself.

    Refused with: oidc-arrival-unknown, proof-unknown, sign-in-refused, proof-registered, bad-display-name.
    """
    return json_call(
        "POST",
        "/v1/oidc/registrations",
        models.SessionStarted,
        session=False,
        body=models.OidcRegistration(
            browser=browser, arrival=arrival, display_name=display_name, language=language
        ),
    )


def join_phone(
    *,
    browser: str,
    arrival: str,
    mykey_id: str,
    password: str,
    source: str | UnsetType = UNSET,
    devices: list[str] | UnsetType = UNSET,
) -> Call[models.SessionStarted]:
    """Give the phone to an old MyKey ID, after its password, in place of the one before; signs the member in.

    Refused with: oidc-arrival-unknown, sign-in-refused, unknown-member, proof-registered, sign-in-locked.
    """
    return json_call(
        "POST",
        "/v1/oidc/joins",
        models.SessionStarted,
        session=False,
        body=models.OidcJoin(
            browser=browser,
            arrival=arrival,
            mykey_id=mykey_id,
            password=password,
            source=source,
            devices=devices,
        ),
    )


def join_phone_by_card(*, browser: str, arrival: str, card: models.CardAnswer) -> Call[models.SessionStarted]:
    """Give the phone to the MyKey ID whose card answers, in place of the one before; signs the member in.

    For who has a card reader and no password. A card that is nobody's joins nothing.

    Refused with: card-response-malformed, oidc-arrival-unknown, card-unknown, sign-in-refused, card-challenge-unknown, card-challenge-expired, card-challenge-of-another-session, card-wrong-purpose, card-wrong-origin, card-signature-wrong, card-certificate-malformed, card-sign-certificate-used, card-issuer-untrusted, card-issuer-outside-validity, card-algorithm-refused, card-certificate-expired, card-certificate-not-yet-valid, card-wrong-policy, card-wrong-key-usage, card-certificate-is-ca, card-critical-extension-unknown, card-certificate-revoked, card-validators-disagree, unknown-member, proof-registered, card-response-too-large, card-login-not-configured, card-revocation-unknown.
    """
    return json_call(
        "POST",
        "/v1/oidc/card-joins",
        models.SessionStarted,
        session=False,
        body=models.OidcCardJoin(browser=browser, arrival=arrival, card=card),
    )


def link_phone(*, browser: str, arrival: str, password: str) -> Call[models.MemberView]:
    """Link the phone that was read (purpose `link`) to the member who is signed in. Asks for the password.

    Refused with: oidc-arrival-unknown, current-password-wrong, not-for-a-representative, proof-registered, password-not-set, sign-in-locked.
    """
    return json_call(
        "POST",
        "/v1/me/oidc",
        models.MemberView,
        session=True,
        body=models.OidcLink(browser=browser, arrival=arrival, password=password),
    )


def set_password_by_phone(*, browser: str, arrival: str, new: str) -> Call[models.SessionsEnded]:
    """Set a first or forgotten password with the phone in hand (purpose `password`). All other sessions end.

    Refused with: oidc-arrival-unknown, proof-unknown, not-for-a-representative, password-unfit.
    """
    return json_call(
        "PUT",
        "/v1/me/oidc/password",
        models.SessionsEnded,
        session=True,
        body=models.PasswordByPhone(browser=browser, arrival=arrival, new=new),
    )


def passkey_support() -> Call[models.PasskeySupport]:
    """Whether members can sign in with a passkey."""
    return json_call("GET", "/v1/passkeys", models.PasskeySupport, session=False)


def ask_passkey(*, browser: str) -> Call[models.PasskeyChallengeView]:
    """Make a challenge for any passkey of this site: good once, for five minutes, for this browser alone.

    Refused with: passkeys-not-configured.
    """
    return json_call(
        "POST",
        "/v1/passkeys/challenges",
        models.PasskeyChallengeView,
        session=False,
        body=models.PasskeyAsked(browser=browser),
    )


def sign_in_by_passkey(
    *, browser: str, token: str, credential: models.Credential, shared_terminal: bool | UnsetType = UNSET
) -> Call[models.SessionStarted]:
    """Sign a member in by a passkey, with user verification. A lock-out from wrong passwords does not close this door.

    Refused with: passkey-ended, passkey-refused, proof-unknown, sign-in-refused, passkeys-not-configured.
    """
    return json_call(
        "POST",
        "/v1/passkeys/sessions",
        models.SessionStarted,
        session=False,
        body=models.PasskeySignIn(
            browser=browser, token=token, credential=credential, shared_terminal=shared_terminal
        ),
    )


def begin_member_passkey() -> Call[models.PasskeyChallengeView]:
    """Begin to make a passkey, within ten minutes of a sign-in by card or phone.

    Refused with: strong-sign-in-needed, shared-terminal, not-for-a-representative, passkeys-not-configured, passkeys-enough.
    """
    return json_call("POST", "/v1/me/passkeys/challenges", models.PasskeyChallengeView, session=True)


def add_member_passkey(*, token: str, credential: models.Credential, name: str) -> Call[models.ProofView]:
    """Keep the passkey that the browser made; from now on it signs the member in.

    Refused with: passkey-ended, passkey-refused, not-for-a-representative, passkeys-not-configured, proof-registered.
    """
    return json_call(
        "POST",
        "/v1/me/passkeys",
        models.ProofView,
        session=True,
        body=models.MemberPasskeyMade(token=token, credential=credential, name=name),
    )


def list_proofs() -> Call[models.Proofs]:
    """By what the member can sign in: since when, and when it was last used.

    Refused with: not-for-a-representative.
    """
    return json_call("GET", "/v1/me/proofs", models.Proofs, session=True)


def remove_proof(*, proof_id: str, password: str) -> Call[models.SessionsEnded]:
    """Take one proof away, never the last. The password is asked for again; all other sessions end.

    Refused with: current-password-wrong, not-for-a-representative, unknown-proof, proof-last, proof-guards-payments, password-not-set, sign-in-locked.
    """
    return json_call(
        "POST",
        "/v1/me/proofs/removal",
        models.SessionsEnded,
        session=True,
        body=models.ProofRemoval(proof_id=proof_id, password=password),
    )


def get_step_up() -> Call[models.StepUpView]:
    """Above which sum a payment asks who pays.

    Refused with: not-for-a-representative.
    """
    return json_call("GET", "/v1/me/step-up", models.StepUpView, session=True)


def set_step_up(*, above: int | None) -> Call[models.StepUpView]:
    """Set the sum. To raise it or take it away, the session has begun with card, phone or passkey within five minutes.

    Refused with: fresh-proof-needed, not-for-a-representative, step-up-no-proof.
    """
    return json_call(
        "PUT", "/v1/me/step-up", models.StepUpView, session=True, body=models.StepUpWanted(above=above)
    )


def list_representations() -> Call[models.Representations]:
    """For whom the member acts, who acts for the member, and what was done.

    Refused with: not-for-a-representative.
    """
    return json_call("GET", "/v1/representations", models.Representations, session=True)


def begin_acting(representation_id: str) -> Call[models.ActingStarted]:
    """Act for the member from now on. One's own session ends; to be oneself again is to sign in again.

    Refused with: not-for-a-representative, unknown-representation, unknown-member, representation-over.
    """
    return json_call(
        "POST",
        f"/v1/representations/{path_part(representation_id)}/session",
        models.ActingStarted,
        session=True,
    )


def end_representation(representation_id: str) -> Call[None]:
    """End it at once: the member who is represented, or the representative. Sessions that act by it end.

    Refused with: not-for-a-representative, unknown-representation, representation-over.
    """
    return json_call(
        "POST", f"/v1/representations/{path_part(representation_id)}/end", NoneType, session=True
    )


def restore_member(
    *,
    mykey_id: str,
    code: str,
    new: str,
    shared_terminal: bool | UnsetType = UNSET,
    source: str | UnsetType = UNSET,
) -> Call[models.SessionStarted]:
    """Choose a new password with a code from the desk; signs the member in. Cards, phones and sessions of before end.

    Refused with: restoration-refused, sign-in-refused, unknown-member, password-unfit, sign-in-locked.
    """
    return json_call(
        "POST",
        "/v1/restorations",
        models.SessionStarted,
        session=False,
        body=models.Restoration(
            mykey_id=mykey_id, code=code, new=new, shared_terminal=shared_terminal, source=source
        ),
    )


def list_partners() -> Call[models.Partners]:
    """The partner companies (地域経済応援ポイント協力会社一覧), and which of them the member has linked.

    Refused with: not-for-a-representative.
    """
    return json_call("GET", "/v1/partners", models.Partners, session=True)


def list_links() -> Call[models.Links]:
    """The member's linked partner accounts (移行用のサービスID).

    Refused with: not-for-a-representative.
    """
    return json_call("GET", "/v1/links", models.Links, session=True)


def unlink(partner_id: str) -> Call[None]:
    """Unlink a partner account. What was exchanged stays.

    Refused with: not-for-a-representative, link-missing.
    """
    return json_call("DELETE", f"/v1/links/{path_part(partner_id)}", NoneType, session=True)


def start_exchange(
    *,
    exchange_id: str,
    partner_id: str,
    coupon_code: str | None | UnsetType = UNSET,
    return_url: str | None | UnsetType = UNSET,
    language: Literal["ja", "en"] | UnsetType = UNSET,
) -> Call[models.ExchangeView]:
    """Begin an exchange under an id that you made and stored first.

    The same id with the same body is the same exchange (200), with another body it is refused. With an account
    link that is not saved yet the state is `awaiting_return`: send the browser to `redirect_url`; it comes back
    to `return_url` with `exchange` and `return_code`.

    Refused with: not-for-a-representative, unknown-partner, exchange-id-reused, coupon-refused, coupon-already-used, coupon-missing, coupon-not-taken, return-url-missing, return-url-not-allowed, partner-unavailable, partner-paused, partner-in-maintenance.
    """
    return json_call(
        "POST",
        "/v1/exchanges",
        models.ExchangeView,
        session=True,
        body=models.ExchangeStart(
            exchange_id=exchange_id,
            partner_id=partner_id,
            coupon_code=coupon_code,
            return_url=return_url,
            language=language,
        ),
    )


def list_exchanges(
    *, before: str | UnsetType = UNSET, limit: int | UnsetType = UNSET
) -> Call[models.ExchangesPage]:
    """The member's exchanges, newest first, a page at a time.

    Refused with: not-for-a-representative, unknown-exchange.
    """
    return json_call(
        "GET", "/v1/exchanges", models.ExchangesPage, session=True, query={"before": before, "limit": limit}
    )


def complete_return(exchange_id: str, *, return_code: str) -> Call[models.ExchangeView]:
    """Finish the link, with the code that the returning browser brought. Safe to repeat.

    Afterwards the exchange is `ready`, and `link.shown_as` is how the partner knows the member: show it and ask.
    Or `refused`, when the member did not consent.

    Refused with: return-code-wrong, not-for-a-representative, unknown-exchange, unknown-partner, not-returned, account-linked-elsewhere, link-missing, partner-unavailable.
    """
    return json_call(
        "POST",
        f"/v1/exchanges/{path_part(exchange_id)}/return",
        models.ExchangeView,
        session=True,
        body=models.ReturnCode(return_code=return_code),
    )


def offer(
    exchange_id: str,
    *,
    destination: Literal["reserve", "municipality"],
    municipality: str | UnsetType = UNSET,
    point_service: str | UnsetType = UNSET,
) -> Call[models.OfferView]:
    """What the member has at the partner, the rates in force and the most units (口) that can be drawn.

    Refused with: not-for-a-representative, unknown-exchange, unknown-partner, unknown-municipality, unknown-point-service, exchange-state, not-returned, link-missing, not-open-for-direct-exchange, destination-incomplete, partner-unavailable.
    """
    return json_call(
        "GET",
        f"/v1/exchanges/{path_part(exchange_id)}/offer",
        models.OfferView,
        session=True,
        query={"destination": destination, "municipality": municipality, "point_service": point_service},
    )


def quote(
    exchange_id: str,
    *,
    destination: models.ToReserve | models.ToMunicipality,
    units: int | str | None | UnsetType = UNSET,
) -> Call[models.ExchangeView]:
    """Show what will happen (確認): the numbers, rates and terms, which hold for ten minutes.

    They hold also when a rate changes in between: the member was shown them. A new quote replaces the old one.

    Refused with: not-for-a-representative, unknown-exchange, unknown-partner, unknown-municipality, unknown-point-service, exchange-state, not-returned, not-enough, no-rate, link-missing, not-open-for-direct-exchange, units-missing, units-not-allowed, units-not-for-coupons, coupon-not-whole-units, partner-unavailable.
    """
    return json_call(
        "POST",
        f"/v1/exchanges/{path_part(exchange_id)}/quote",
        models.ExchangeView,
        session=True,
        body=models.QuoteWanted(destination=destination, units=units),
    )


def confirm(exchange_id: str, *, quote_id: str) -> Call[models.ExchangeView]:
    """Carry the quote out. There is one debit, however often this is sent.

    The state is then `settled`, `declined`, `not_sent`, or `open` when the partner's answer is not known yet:
    look at the exchange again, nothing is lost.

    Refused with: not-for-a-representative, unknown-representation, unknown-exchange, unknown-partner, unknown-municipality, unknown-point-service, not-quoted, quote-replaced, quote-expired, exchange-state, representation-over, coupon-already-used, link-missing, not-open-for-direct-exchange, partner-paused, partner-in-maintenance, partner-unavailable.
    """
    return json_call(
        "POST",
        f"/v1/exchanges/{path_part(exchange_id)}/confirm",
        models.ExchangeView,
        session=True,
        body=models.QuoteConfirmed(quote_id=quote_id),
    )


def cancel(exchange_id: str) -> Call[models.ExchangeView]:
    """Give up an exchange that is not confirmed yet (やめる): no points have moved. Once more is the same.

    Refused with: not-for-a-representative, unknown-exchange, exchange-state.
    """
    return json_call(
        "POST", f"/v1/exchanges/{path_part(exchange_id)}/cancellation", models.ExchangeView, session=True
    )


def show_exchange(exchange_id: str) -> Call[models.ExchangeView]:
    """One exchange as it stands. An open one is asked about at the partner when it is looked at.

    Refused with: not-for-a-representative, unknown-exchange.
    """
    return json_call("GET", f"/v1/exchanges/{path_part(exchange_id)}", models.ExchangeView, session=True)


def balances() -> Call[models.Balances]:
    """留保ポイント, 自治体ポイント by point service with the 基本自治体 marked, and event points.

    Refused with: not-for-a-representative.
    """
    return json_call("GET", "/v1/balances", models.Balances, session=True)


def reserve_history(
    *, before: int | UnsetType = UNSET, limit: int | UnsetType = UNSET
) -> Call[models.HistoryPage]:
    """留保ポイントの履歴, newest first.

    Refused with: not-for-a-representative.
    """
    return json_call(
        "GET",
        "/v1/history/reserve",
        models.HistoryPage,
        session=True,
        query={"before": before, "limit": limit},
    )


def municipal_history(
    municipality: str, point_service: str, *, before: int | UnsetType = UNSET, limit: int | UnsetType = UNSET
) -> Call[models.HistoryPage]:
    """自治体ポイントの履歴 of one point service, newest first.

    Refused with: not-for-a-representative, unknown-municipality, unknown-point-service.
    """
    return json_call(
        "GET",
        f"/v1/history/municipal/{path_part(municipality)}/{path_part(point_service)}",
        models.HistoryPage,
        session=True,
        query={"before": before, "limit": limit},
    )


def event_history(
    event_id: str, *, before: int | UnsetType = UNSET, limit: int | UnsetType = UNSET
) -> Call[models.HistoryPage]:
    """特定支援イベントポイントの履歴 of one event, newest first.

    Refused with: not-for-a-representative, unknown-event.
    """
    return json_call(
        "GET",
        f"/v1/history/events/{path_part(event_id)}",
        models.HistoryPage,
        session=True,
        query={"before": before, "limit": limit},
    )


def allocate(
    *, allocation_id: str, points: int, municipality: str, point_service: str
) -> Call[models.ReceiptView]:
    """Move points from the reserve to a municipality (各自治体ポイントへの移行), under an id that you made.

    The same id with the same content again is the same allocation (200).

    Refused with: not-for-a-representative, unknown-representation, unknown-municipality, unknown-point-service, representation-over, not-enough-points, points-expired-there, id-reused.
    """
    return json_call(
        "POST",
        "/v1/allocations",
        models.ReceiptView,
        session=True,
        body=models.AllocationWanted(
            allocation_id=allocation_id, points=points, municipality=municipality, point_service=point_service
        ),
    )


def contribute(*, contribution_id: str, points: int, event_id: str) -> Call[models.ReceiptView]:
    """Move points from the reserve to a support event (留保ポイントを個別特定支援イベントに移行).

    Refused with: not-for-a-representative, unknown-event, not-enough-points, id-reused, event-not-open, event-not-for-member.
    """
    return json_call(
        "POST",
        "/v1/contributions",
        models.ReceiptView,
        session=True,
        body=models.ContributionWanted(contribution_id=contribution_id, points=points, event_id=event_id),
    )


def mail_address() -> Call[models.MailView]:
    """Where the member hears of notices by mail.

    Refused with: not-for-a-representative.
    """
    return json_call("GET", "/v1/me/mail", models.MailView, session=True)


def set_mail_address(*, address: str) -> Call[models.MailView]:
    """Set the address; a link in the mail to it confirms it within a day. The answer is the same for every address.

    Refused with: not-for-a-representative, mail-not-offered, unknown-member, mail-changed-enough, bad-mail-address.
    """
    return json_call(
        "PUT", "/v1/me/mail", models.MailView, session=True, body=models.MailWanted(address=address)
    )


def remove_mail_address() -> Call[None]:
    """Forget the address; nothing more is sent.

    Refused with: not-for-a-representative, unknown-member.
    """
    return json_call("DELETE", "/v1/me/mail", NoneType, session=True)


def confirm_mail_address(*, token: str) -> Call[None]:
    """The reader of the address has opened the link of the confirming mail. Needs no session.

    Refused with: mail-link-over.
    """
    return json_call(
        "POST", "/v1/mail/confirmation", NoneType, session=False, body=models.MailToken(token=token)
    )


def stop_mail(*, token: str) -> Call[None]:
    """Send nothing more to the address (RFC 8058). Needs no session; a second time is the same answer.

    Refused with: mail-link-over.
    """
    return json_call("POST", "/v1/mail/stop", NoneType, session=False, body=models.MailToken(token=token))


def list_notices() -> Call[models.Notices]:
    """お知らせ, newest first.

    Refused with: not-for-a-representative.
    """
    return json_call("GET", "/v1/notices", models.Notices, session=True)


def mark_read(*, until: datetime) -> Call[None]:
    """Everything up to a moment was read; never beyond now, and never less than before.

    Refused with: not-for-a-representative.
    """
    return json_call("PUT", "/v1/notices/read", NoneType, session=True, body=models.ReadUntil(until=until))


def list_announcements() -> Call[models.AnnouncementList]:
    """What the member's cities announce now, newest first: the 基本自治体 and every city whose points the member has had.

    Refused with: not-for-a-representative.
    """
    return json_call("GET", "/v1/announcements", models.AnnouncementList, session=True)


def list_planned_stops() -> Call[models.PlannedStops]:
    """Planned stops of the gateway, for every page of a portal: from 30 days before each until its end."""
    return json_call("GET", "/v1/planned-stops", models.PlannedStops, session=False)


def own_record() -> Call[models.MemberRecordView]:
    """What is kept about me, since when, why and how long, with every row (開示).

    Refused with: not-for-a-representative.
    """
    return json_call("GET", "/v1/me/record", models.MemberRecordView, session=True)


def own_privacy_texts() -> Call[models.PrivacyTextList]:
    """What the member's default city, and each city whose points the member has, say of members' data.

    Refused with: not-for-a-representative.
    """
    return json_call("GET", "/v1/me/privacy-texts", models.PrivacyTextList, session=True)


def municipality_privacy_text(municipality: str) -> Call[models.PrivacyTextView]:
    """What one city says of members' data, for a page before somebody registers.

    Refused with: unknown-municipality.
    """
    return json_call(
        "GET",
        f"/v1/municipalities/{path_part(municipality)}/privacy-text",
        models.PrivacyTextView,
        session=False,
    )


def overview() -> Call[models.Overview]:
    """The member, the balances, what expires and the waiting exchanges, all read at one moment.

    Refused with: not-for-a-representative.
    """
    return json_call("GET", "/v1/overview", models.Overview, session=True)


def list_prefectures() -> Call[models.Prefectures]:
    """All 47 prefectures (都道府県) with their readings."""
    return json_call("GET", "/v1/prefectures", models.Prefectures, session=False)


def list_municipalities(prefecture: str) -> Call[models.Municipalities]:
    """The municipalities of a prefecture with their six-digit codes (JIS X 0402 and a check digit).

    Refused with: unknown-prefecture.
    """
    return json_call(
        "GET", f"/v1/prefectures/{path_part(prefecture)}/municipalities", models.Municipalities, session=False
    )


def list_point_services(
    *,
    prefecture: str | UnsetType = UNSET,
    municipality: str | UnsetType = UNSET,
    direct: bool | UnsetType = UNSET,
    name: str | UnsetType = UNSET,
) -> Call[models.PointServices]:
    """Point services (自治体ポイント), of a prefecture or a municipality; `direct` asks for those open to partners.

    The ones that are not open are reached by way of the reserve and an allocation.

    Refused with: unknown-prefecture, unknown-municipality.
    """
    return json_call(
        "GET",
        "/v1/point-services",
        models.PointServices,
        session=False,
        query={"prefecture": prefecture, "municipality": municipality, "direct": direct, "name": name},
    )


def list_events(*, period: Literal["coming", "open", "ended"] | UnsetType = UNSET) -> Call[models.Events]:
    """Support events (特定支援イベント) with their progress; without `period` those that take points now.

    Of the open ones the one that ends first comes first; of ended ones the newest 200.
    """
    return json_call("GET", "/v1/events", models.Events, session=False, query={"period": period})


def get_event(event_id: str) -> Call[models.EventView]:
    """One support event with its progress, also after its end, when `outcome` says what became of the points.

    Refused with: unknown-event.
    """
    return json_call("GET", f"/v1/events/{path_part(event_id)}", models.EventView, session=False)


def list_problem_types() -> Call[models.ProblemTypes]:
    """Every problem type: its word, its HTTP status, and title and remedy in both languages."""
    return json_call("GET", "/v1/problem-types", models.ProblemTypes, session=False)


def staff_sign_in(
    *, login: str, password: str, source: str | UnsetType = UNSET, devices: list[str] | UnsetType = UNSET
) -> Call[models.StaffSessionStarted]:
    """Sign staff in by login and password; where a second factor is set up, this is half of it.

    Refused with: sign-in-refused, sign-in-locked.
    """
    return json_call(
        "POST",
        "/v1/staff/sessions",
        models.StaffSessionStarted,
        session=False,
        body=models.StaffSignIn(login=login, password=password, source=source, devices=devices),
    )


def staff_prove_by_passkey(
    *, sign_in_token: str, credential: models.Credential
) -> Call[models.StaffSessionStarted]:
    """Complete a sign-in with what `navigator.credentials.get` gave for `passkey_options`.

    Refused with: sign-in-ended, second-factor-wrong.
    """
    return json_call(
        "POST",
        "/v1/staff/sessions/passkey",
        models.StaffSessionStarted,
        session=False,
        body=models.PasskeyProof(sign_in_token=sign_in_token, credential=credential),
    )


def staff_prove_by_totp(*, sign_in_token: str, code: str) -> Call[models.StaffSessionStarted]:
    """Complete a sign-in with the six digits of the authenticator app.

    Refused with: sign-in-ended, second-factor-wrong, sign-in-locked.
    """
    return json_call(
        "POST",
        "/v1/staff/sessions/totp",
        models.StaffSessionStarted,
        session=False,
        body=models.TotpProof(sign_in_token=sign_in_token, code=code),
    )


def staff_sign_out() -> Call[None]:
    """Sign out: the token is worthless from now on."""
    return json_call("DELETE", "/v1/staff/sessions/current", NoneType, session=True)


def staff_me() -> Call[models.StaffMe]:
    """Who is signed in, what this role may do, and which second factors are set up.

    Refused with: unknown-staff.
    """
    return json_call("GET", "/v1/staff/me", models.StaffMe, session=True)


def staff_change_password(*, current: str, new: str) -> Call[None]:
    """Change one's own password. All other sessions end.

    Refused with: current-password-wrong, password-unfit, sign-in-locked.
    """
    return json_call(
        "PUT",
        "/v1/staff/me/password",
        NoneType,
        session=True,
        body=models.StaffPasswordChange(current=current, new=new),
    )


def staff_list_sessions() -> Call[models.StaffSessions]:
    """All places where this person is signed in, the one used last first."""
    return json_call("GET", "/v1/staff/me/sessions", models.StaffSessions, session=True)


def staff_end_other_sessions() -> Call[models.StaffSessionsEnded]:
    """Sign out everywhere else."""
    return json_call("DELETE", "/v1/staff/me/sessions", models.StaffSessionsEnded, session=True)


def staff_end_session(session_id: str) -> Call[None]:
    """Sign out in one place.

    Refused with: unknown-session.
    """
    return json_call("DELETE", f"/v1/staff/me/sessions/{path_part(session_id)}", NoneType, session=True)


def staff_begin_passkey(*, password: str) -> Call[models.PasskeyBegun]:
    """Begin to make a passkey: give `options` to `navigator.credentials.create`.

    The password is asked for again: an open session alone would make a second way in that lasts.

    Refused with: current-password-wrong, unknown-staff, sign-in-locked.
    """
    return json_call(
        "POST",
        "/v1/staff/me/passkeys/begin",
        models.PasskeyBegun,
        session=True,
        body=models.StaffPasswordAgain(password=password),
    )


def staff_add_passkey(*, token: str, credential: models.Credential, name: str) -> Call[models.PasskeyView]:
    """Keep the passkey that the browser made; from now on it is asked for at sign-in.

    Refused with: sign-in-ended, second-factor-wrong, unknown-staff.
    """
    return json_call(
        "POST",
        "/v1/staff/me/passkeys",
        models.PasskeyView,
        session=True,
        body=models.PasskeyMade(token=token, credential=credential, name=name),
    )


def staff_begin_totp(*, password: str) -> Call[models.TotpBegun]:
    """Make a seed for an authenticator app; it counts once a code has confirmed it. The password is asked for again.

    Refused with: current-password-wrong, unknown-staff, second-factor-exists, sign-in-locked.
    """
    return json_call(
        "POST",
        "/v1/staff/me/totp/begin",
        models.TotpBegun,
        session=True,
        body=models.StaffPasswordAgain(password=password),
    )


def staff_confirm_totp(*, code: str) -> Call[None]:
    """Show by a code that the app was set up; from now on codes are asked for at sign-in.

    Refused with: second-factor-wrong, unknown-staff, second-factor-exists, sign-in-locked.
    """
    return json_call(
        "POST", "/v1/staff/me/totp", NoneType, session=True, body=models.TotpConfirmed(code=code)
    )


def staff_remove_passkey(*, password: str, credential_id: str) -> Call[None]:
    """Take one of one's own passkeys away. Another second factor stays; all other sessions end.

    Refused with: current-password-wrong, unknown-passkey, unknown-staff, second-factor-last, sign-in-locked.
    """
    return json_call(
        "POST",
        "/v1/staff/me/passkeys/removal",
        NoneType,
        session=True,
        body=models.PasskeyRemoval(password=password, credential_id=credential_id),
    )


def staff_remove_totp(*, password: str) -> Call[None]:
    """Take one's own authenticator app away. A passkey stays; all other sessions end.

    Refused with: current-password-wrong, unknown-staff, second-factor-last, sign-in-locked.
    """
    return json_call(
        "POST",
        "/v1/staff/me/totp/removal",
        NoneType,
        session=True,
        body=models.StaffPasswordAgain(password=password),
    )


def list_staff() -> Call[models.StaffList]:
    """Everybody on the city's staff and its shops' people, closed ones included."""
    return json_call("GET", "/v1/city/staff", models.StaffList, session=True)


def add_staff(
    *,
    login: str,
    display_name: str,
    role: Literal["viewer", "operator", "approver", "administrator", "platform"],
    reason: str | UnsetType = UNSET,
) -> Call[models.StaffAdded | models.ProposalView]:
    """Propose somebody for the city's staff (202); the first password is shown to who decides it, once.

    Refused with: unknown-municipality, login-taken, proposal-pending, nobody-to-decide, login-unfit, role-unfit.
    """
    return json_call(
        "POST",
        "/v1/city/staff",
        models.StaffAdded,
        session=True,
        body=models.StaffWanted(login=login, display_name=display_name, role=role, reason=reason),
        by_status={202: models.ProposalView},
    )


def name_people() -> Call[models.PeopleNamed]:
    """The names behind staff ids, as files, settlements and refunds tell who did it; nothing else about anybody."""
    return json_call("GET", "/v1/city/people", models.PeopleNamed, session=True)


def change_staff_role(
    staff_id: str,
    *,
    role: Literal["viewer", "operator", "approver", "administrator", "shop", "till", "bookkeeper"],
    reason: str,
    seen: str | None | UnsetType = UNSET,
) -> Call[models.StaffView | models.ProposalView]:
    """Give somebody another role; their sessions end. One that may do more waits for a second person (202).

    Refused with: unknown-staff, own-role, last-administrator, last-owner, too-few-deciders, changed-meanwhile, proposal-pending, nobody-to-decide, role-unfit, reason-missing.
    """
    return json_call(
        "PUT",
        f"/v1/city/staff/{path_part(staff_id)}/role",
        models.StaffView,
        session=True,
        body=models.RoleWanted(role=role, reason=reason, seen=seen),
        by_status={202: models.ProposalView},
    )


def close_staff(staff_id: str, *, reason: str) -> Call[models.StaffView]:
    """Let somebody in no more; what they did stays in the log.

    Refused with: unknown-staff, own-role, last-administrator, too-few-deciders, reason-missing.
    """
    return json_call(
        "POST",
        f"/v1/city/staff/{path_part(staff_id)}/closure",
        models.StaffView,
        session=True,
        body=models.ReasonGiven(reason=reason),
    )


def reset_staff(staff_id: str, *, reason: str) -> Call[models.StaffAdded | models.ProposalView]:
    """A phone or password is lost: a new first password; second factors and sessions are gone.

    For the city's own staff it waits for a second person (202), to whom the first password is shown, once.

    Refused with: unknown-staff, own-role, staff-closed, proposal-pending, nobody-to-decide, reason-missing.
    """
    return json_call(
        "POST",
        f"/v1/city/staff/{path_part(staff_id)}/reset",
        models.StaffAdded,
        session=True,
        body=models.ReasonGiven(reason=reason),
        by_status={202: models.ProposalView},
    )


def restart_staff(staff_id: str, *, reason: str) -> Call[models.StaffAdded | models.ProposalView]:
    """Let somebody in again who was stopped, with a new first password; it waits for a second person (202).

    Refused with: unknown-staff, own-role, staff-active, proposal-pending, nobody-to-decide, reason-missing.
    """
    return json_call(
        "POST",
        f"/v1/city/staff/{path_part(staff_id)}/restart",
        models.StaffAdded,
        session=True,
        body=models.ReasonGiven(reason=reason),
        by_status={202: models.ProposalView},
    )


def read_audit(
    *,
    actor: str | UnsetType = UNSET,
    action: models.AuditAction | UnsetType = UNSET,
    subject: str | UnsetType = UNSET,
    since: date | UnsetType = UNSET,
    until: date | UnsetType = UNSET,
    before: int | UnsetType = UNSET,
    limit: int | UnsetType = UNSET,
) -> Call[models.AuditPage]:
    """What the city's staff did, newest first: who, what, to whom, why."""
    return json_call(
        "GET",
        "/v1/city/audit",
        models.AuditPage,
        session=True,
        query={
            "actor": actor,
            "action": action,
            "subject": subject,
            "since": since,
            "until": until,
            "before": before,
            "limit": limit,
        },
    )


def list_audit_actions() -> Call[models.AuditActions]:
    """Every deed that a city's log may hold, for whoever filters by one."""
    return json_call("GET", "/v1/city/audit/actions", models.AuditActions, session=True)


def audit_csv(
    *,
    actor: str | UnsetType = UNSET,
    action: models.AuditAction | UnsetType = UNSET,
    subject: str | UnsetType = UNSET,
    since: date | UnsetType = UNSET,
    until: date | UnsetType = UNSET,
) -> Call[File]:
    """The same for Excel, the newest 100,000 lines."""
    return json_call(
        "GET",
        "/v1/city/audit/csv",
        File,
        session=True,
        query={"actor": actor, "action": action, "subject": subject, "since": since, "until": until},
    )


def verify_audit() -> Call[models.AuditVerified]:
    """Read the city's whole log again and compare every hash."""
    return json_call("POST", "/v1/city/audit/verification", models.AuditVerified, session=True)


def get_privacy_text() -> Call[models.CityPrivacyTextView]:
    """What the city tells members of their data."""
    return json_call("GET", "/v1/city/privacy-text", models.CityPrivacyTextView, session=True)


def change_privacy_text(
    *,
    ja: str,
    reason: str,
    en: str | UnsetType = UNSET,
    easy: str | UnsetType = UNSET,
    seen: str | None | UnsetType = UNSET,
) -> Call[models.ProposalView]:
    """Propose another text (202): members read it after another person's yes.

    Refused with: nothing-changed, changed-meanwhile, proposal-pending, nobody-to-decide, bad-privacy-text, reason-missing.
    """
    return json_call(
        "PUT",
        "/v1/city/privacy-text",
        models.ProposalView,
        session=True,
        body=models.PrivacyTextWanted(ja=ja, en=en, easy=easy, reason=reason, seen=seen),
    )


def list_city_point_services() -> Call[models.CityPointServices]:
    """The city's own point services, those that take no more points too."""
    return json_call("GET", "/v1/city/point-services", models.CityPointServices, session=True)


def add_city_point_service(
    *, point_service: str, name: str, name_kana: str | UnsetType = UNSET
) -> Call[models.CityPointService]:
    """Add a point service; its id becomes part of account names and never changes. Announce its rules next.

    Refused with: unknown-municipality, point-service-exists, bad-point-service.
    """
    return json_call(
        "POST",
        "/v1/city/point-services",
        models.CityPointService,
        session=True,
        body=models.PointServiceWanted(point_service=point_service, name=name, name_kana=name_kana),
    )


def put_city_point_service_reading(
    point_service: str, *, name_kana: str, seen: str | None | UnsetType = UNSET
) -> Call[models.CityPointService]:
    """Say how a point service's name is read: shown over it in やさしい日本語, in Latin letters in English, and searched.

    Refused with: unknown-municipality, unknown-point-service, changed-meanwhile, bad-point-service.
    """
    return json_call(
        "PUT",
        f"/v1/city/point-services/{path_part(point_service)}/reading",
        models.CityPointService,
        session=True,
        body=models.ReadingWanted(name_kana=name_kana, seen=seen),
    )


def close_city_point_service(point_service: str, *, reason: str) -> Call[models.CityPointService]:
    """Let a point service take no more points; what members hold can still be used.

    Refused with: unknown-municipality, unknown-point-service, reason-missing.
    """
    return json_call(
        "POST",
        f"/v1/city/point-services/{path_part(point_service)}/closure",
        models.CityPointService,
        session=True,
        body=models.ReasonGiven(reason=reason),
    )


def reopen_city_point_service(point_service: str, *, reason: str) -> Call[models.CityPointService]:
    """Let a closed point service take points again.

    Refused with: unknown-municipality, unknown-point-service, reason-missing.
    """
    return json_call(
        "POST",
        f"/v1/city/point-services/{path_part(point_service)}/reopening",
        models.CityPointService,
        session=True,
        body=models.ReasonGiven(reason=reason),
    )


def point_service_rules(municipality: str, point_service: str) -> Call[models.Rules]:
    """The rules of a point service: what is in force, what is coming, and what members lose by it.

    Refused with: unknown-municipality, unknown-point-service.
    """
    return json_call(
        "GET",
        f"/v1/point-services/{path_part(municipality)}/{path_part(point_service)}/rules",
        models.Rules,
        session=False,
    )


def city_rules(point_service: str) -> Call[models.Rules]:
    """All versions of the rules of one of the city's point services.

    Refused with: unknown-municipality, unknown-point-service.
    """
    return json_call(
        "GET", f"/v1/city/point-services/{path_part(point_service)}/rules", models.Rules, session=True
    )


def announce_rule(
    point_service: str,
    *,
    takes_effect_on: date,
    expiry: Literal["none", "months", "fiscal_year", "fixed_day"],
    open_for_direct_exchange: bool,
    reason: str,
    expiry_count: int | UnsetType = UNSET,
    expiry_day: date | None | UnsetType = UNSET,
    unit_value_yen: int | UnsetType = UNSET,
    most_spent_a_day: int | None | UnsetType = UNSET,
    most_granted_a_day: int | None | UnsetType = UNSET,
    worse_accepted: bool | UnsetType = UNSET,
) -> Call[models.Rules | models.ProposalView]:
    """Propose a new version (202). A change for the worse is refused once, naming what members lose.

    Refused with: unknown-municipality, unknown-point-service, rule-in-effect, worse-not-accepted, proposal-pending, nobody-to-decide, bad-rule.
    """
    return json_call(
        "POST",
        f"/v1/city/point-services/{path_part(point_service)}/rules",
        models.Rules,
        session=True,
        body=models.RuleWanted(
            takes_effect_on=takes_effect_on,
            expiry=expiry,
            expiry_count=expiry_count,
            expiry_day=expiry_day,
            unit_value_yen=unit_value_yen,
            open_for_direct_exchange=open_for_direct_exchange,
            most_spent_a_day=most_spent_a_day,
            most_granted_a_day=most_granted_a_day,
            worse_accepted=worse_accepted,
            reason=reason,
        ),
        by_status={202: models.ProposalView},
    )


def withdraw_rule(
    point_service: str, version: int, *, reason: str
) -> Call[models.Rules | models.ProposalView]:
    """Propose to take back a version that has not taken effect (202).

    Refused with: unknown-rule, unknown-municipality, unknown-point-service, rule-in-effect, proposal-pending, nobody-to-decide.
    """
    return json_call(
        "POST",
        f"/v1/city/point-services/{path_part(point_service)}/rules/{path_part(version)}/withdrawal",
        models.Rules,
        session=True,
        body=models.ReasonGiven(reason=reason),
        by_status={202: models.ProposalView},
    )


def city_member(mykey_id: str) -> Call[models.CityMemberView]:
    """A member who has the city's points or has chosen it; anybody else does not exist here.

    Refused with: unknown-member, member-merged.
    """
    return json_call("GET", f"/v1/city/members/{path_part(mykey_id)}", models.CityMemberView, session=True)


def list_projects() -> Call[models.Projects]:
    """The city's grant projects (給付事業), the one that starts last first."""
    return json_call("GET", "/v1/city/projects", models.Projects, session=True)


def add_project(
    *,
    project_id: str,
    point_service: str,
    name: str,
    starts_on: date,
    ends_on: date,
    points_each: int,
    budget: int,
    place: str | UnsetType = UNSET,
    content: str | UnsetType = UNSET,
    venue: bool | UnsetType = UNSET,
    most_grants_each: int | None | UnsetType = UNSET,
    most_points_each: int | None | UnsetType = UNSET,
    venue_points_a_day: int | None | UnsetType = UNSET,
    reason: str | UnsetType = UNSET,
) -> Call[models.ProjectView | models.ProposalView]:
    """Propose a grant project with its period and budget; a second person decides it (202).

    Refused with: unknown-municipality, unknown-point-service, project-exists, proposal-pending, nobody-to-decide, bad-project.
    """
    return json_call(
        "POST",
        "/v1/city/projects",
        models.ProjectView,
        session=True,
        body=models.ProjectWanted(
            project_id=project_id,
            point_service=point_service,
            name=name,
            place=place,
            content=content,
            starts_on=starts_on,
            ends_on=ends_on,
            points_each=points_each,
            budget=budget,
            venue=venue,
            most_grants_each=most_grants_each,
            most_points_each=most_points_each,
            venue_points_a_day=venue_points_a_day,
            reason=reason,
        ),
        by_status={202: models.ProposalView},
    )


def get_project(project_id: str) -> Call[models.ProjectView]:
    """One grant project with what is left of its budget.

    Refused with: unknown-project.
    """
    return json_call("GET", f"/v1/city/projects/{path_part(project_id)}", models.ProjectView, session=True)


def change_project_budget(
    project_id: str,
    *,
    budget: int,
    reason: str,
    venue_points_a_day: int | None | UnsetType = UNSET,
    seen: str | None | UnsetType = UNSET,
) -> Call[models.ProjectView | models.ProposalView]:
    """Lower a budget, never below what is granted or set aside; or propose to raise it (202).

    Refused with: unknown-project, budget-exceeded, changed-meanwhile, proposal-pending, nobody-to-decide.
    """
    return json_call(
        "PUT",
        f"/v1/city/projects/{path_part(project_id)}/budget",
        models.ProjectView,
        session=True,
        body=models.BudgetWanted(
            budget=budget, venue_points_a_day=venue_points_a_day, reason=reason, seen=seen
        ),
        by_status={202: models.ProposalView},
    )


def set_project_open(
    project_id: str, *, open: bool, reason: str, seen: str | None | UnsetType = UNSET
) -> Call[models.ProjectView]:
    """Let a project grant nothing more, or again.

    Refused with: unknown-project, changed-meanwhile.
    """
    return json_call(
        "PUT",
        f"/v1/city/projects/{path_part(project_id)}/open",
        models.ProjectView,
        session=True,
        body=models.OpenWanted(open=open, reason=reason, seen=seen),
    )


def project_venue_code(project_id: str) -> Call[models.VenueCode]:
    """Today's code of the project's venue, to be shown as a QR.

    Refused with: unknown-project, project-not-open.
    """
    return json_call(
        "GET", f"/v1/city/projects/{path_part(project_id)}/venue-code", models.VenueCode, session=True
    )


def grant_to_one(
    project_id: str, *, grant_id: str, mykey_id: str, points: int, note: str | UnsetType = UNSET
) -> Call[models.GrantedView | models.ProposalView]:
    """Grant to one member by MyKey ID, under an id that you made; the same again is the same grant (200).

    Above the city's sum, or beyond what one person grants in a day, it waits for a second person (202).

    Refused with: unknown-project, unknown-member, project-not-open, budget-exceeded, limit-of-the-day, id-reused, limit-of-the-project, proposal-pending, nobody-to-decide.
    """
    return json_call(
        "POST",
        f"/v1/city/projects/{path_part(project_id)}/grants",
        models.GrantedView,
        session=True,
        body=models.GrantWanted(grant_id=grant_id, mykey_id=mykey_id, points=points, note=note),
        by_status={202: models.ProposalView},
    )


def list_grants(
    project_id: str,
    *,
    mykey_id: str | UnsetType = UNSET,
    since: date | UnsetType = UNSET,
    until: date | UnsetType = UNSET,
    after: str | UnsetType = UNSET,
    limit: int | UnsetType = UNSET,
) -> Call[models.GrantList]:
    """Who was granted what in a project, when, by whom, and what was taken back; who was granted last comes first.

    Refused with: unknown-project, unknown-member.
    """
    return json_call(
        "GET",
        f"/v1/city/projects/{path_part(project_id)}/grants",
        models.GrantList,
        session=True,
        query={"mykey_id": mykey_id, "since": since, "until": until, "after": after, "limit": limit},
    )


def grant_at_venue(*, venue_code: str) -> Call[models.GrantedView]:
    """The member has scanned a venue's code: granted once in each project.

    Refused with: not-for-a-representative, unknown-project, unknown-member, venue-code-wrong, project-not-open, granted-already, budget-exceeded, limit-of-the-day, limit-of-the-project, limit-of-the-venue.
    """
    return json_call(
        "POST",
        "/v1/venue-grants",
        models.GrantedView,
        session=True,
        body=models.VenueScanned(venue_code=venue_code),
    )


def grants_csv(
    project_id: str, *, since: date | UnsetType = UNSET, until: date | UnsetType = UNSET
) -> Call[File]:
    """The same for Excel, with the names of who granted.

    Refused with: unknown-project.
    """
    return json_call(
        "GET",
        f"/v1/city/projects/{path_part(project_id)}/grants/csv",
        File,
        session=True,
        query={"since": since, "until": until},
    )


def cancel_grant(
    project_id: str, *, cancellation_id: str, grant: str, mykey_id: str, points: int, reason: str
) -> Call[models.ProposalView]:
    """Propose to take a grant back (給付の取消): what is unspent comes back, the rest is shown as owed.

    Refused with: unknown-project, unknown-member, unknown-grant, cancel-too-much, proposal-pending, nobody-to-decide, reason-missing.
    """
    return json_call(
        "POST",
        f"/v1/city/projects/{path_part(project_id)}/grant-cancellations",
        models.ProposalView,
        session=True,
        body=models.CancellationWanted(
            cancellation_id=cancellation_id, grant=grant, mykey_id=mykey_id, points=points, reason=reason
        ),
    )


def correct_balance(
    mykey_id: str, *, correction_id: str, point_service: str, points: int, reason: str
) -> Call[models.ProposalView]:
    """Propose to correct a member's balance. It takes a second person, whatever the table says.

    Refused with: unknown-member, unknown-municipality, unknown-point-service, not-enough-points, proposal-pending, nobody-to-decide, bad-correction, reason-missing.
    """
    return json_call(
        "POST",
        f"/v1/city/members/{path_part(mykey_id)}/corrections",
        models.ProposalView,
        session=True,
        body=models.CorrectionWanted(
            correction_id=correction_id, point_service=point_service, points=points, reason=reason
        ),
    )


def upload_grants(
    project_id: str,
    *,
    name: str,
    content: bytes,
    mykey_id_column: str | UnsetType = UNSET,
    points_column: str | UnsetType = UNSET,
    note_column: str | UnsetType = UNSET,
    keep: str | UnsetType = UNSET,
    once: str | UnsetType = UNSET,
    points_for_all: int | UnsetType = UNSET,
    media_type: Literal[
        "text/csv", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    ] = "text/csv",
) -> Call[models.FileView]:
    """Check a list whole, up to 100,000 lines, CSV or Excel (.xlsx); then it waits as a proposal.

    CSV is UTF-8, UTF-16 or Shift_JIS. A header names the columns マイキーID, ポイント and 摘要; other columns are dropped, or kept as the query says.

    The same content again is the same file (200). Lines that cannot be granted make the file `faulty`.

    Refused with: unknown-project, file-state, budget-exceeded, proposal-pending, nobody-to-decide, upload-type-wrong, csv-unreadable, csv-columns, csv-too-long.
    """
    return file_call(
        "POST",
        f"/v1/city/projects/{path_part(project_id)}/files",
        models.FileView,
        session=True,
        query={
            "name": name,
            "mykey_id_column": mykey_id_column,
            "points_column": points_column,
            "note_column": note_column,
            "keep": keep,
            "once": once,
            "points_for_all": points_for_all,
        },
        content=content,
        media_type=media_type,
    )


def list_files(*, project_id: str | UnsetType = UNSET) -> Call[models.Files]:
    """The city's newest 200 grant files."""
    return json_call("GET", "/v1/city/files", models.Files, session=True, query={"project_id": project_id})


def get_file(file_id: str) -> Call[models.FileView]:
    """How far a file is: `granted_lines` of `lines` while it is being applied.

    Refused with: unknown-file.
    """
    return json_call("GET", f"/v1/city/files/{path_part(file_id)}", models.FileView, session=True)


def file_lines(
    file_id: str,
    *,
    faults_only: bool | UnsetType = UNSET,
    after: int | UnsetType = UNSET,
    limit: int | UnsetType = UNSET,
) -> Call[models.FileLines]:
    """The lines of a file with what is wrong with each, by their numbers in the file.

    Refused with: unknown-file.
    """
    return json_call(
        "GET",
        f"/v1/city/files/{path_part(file_id)}/lines",
        models.FileLines,
        session=True,
        query={"faults_only": faults_only, "after": after, "limit": limit},
    )


def file_report(file_id: str) -> Call[File]:
    """Every line as it was typed, those with a fault first, with what to do; to be mended and sent again.

    Refused with: unknown-file.
    """
    return json_call("GET", f"/v1/city/files/{path_part(file_id)}/report", File, session=True)


def file_report_workbook(file_id: str) -> Call[File]:
    """The same as an Excel workbook, in which every cell is text: no program makes a number of an ID.

    Refused with: unknown-file.
    """
    return json_call("GET", f"/v1/city/files/{path_part(file_id)}/report/xlsx", File, session=True)


def cancel_file(file_id: str, *, reason: str) -> Call[models.FileView]:
    """Take back a file that nobody has approved.

    Refused with: unknown-file, file-state, proposal-of-another.
    """
    return json_call(
        "POST",
        f"/v1/city/files/{path_part(file_id)}/cancellation",
        models.FileView,
        session=True,
        body=models.ReasonGiven(reason=reason),
    )


def file_granted_before(file_id: str, *, limit: int | UnsetType = UNSET) -> Call[models.FileOverlapView]:
    """Who of a file was granted in its project before, with sums and dates: what an approver looks at first.

    Refused with: unknown-file.
    """
    return json_call(
        "GET",
        f"/v1/city/files/{path_part(file_id)}/granted-before",
        models.FileOverlapView,
        session=True,
        query={"limit": limit},
    )


def claim_carry_in(*, municipality: str, number: str, code: str) -> Call[models.ClaimedView]:
    """Take over the points of a city's former system, with the number there and the code that the city has sent.

    Each number once for ever. The points keep their days of issue and their last days.

    Refused with: not-for-a-representative, unknown-municipality, unknown-member, carry-in-wrong, carry-in-locked.
    """
    return json_call(
        "POST",
        "/v1/me/carry-ins",
        models.ClaimedView,
        session=True,
        body=models.ClaimWanted(municipality=municipality, number=number, code=code),
    )


def propose_carry_in_join(*, number: str, mykey_id: str, reason: str) -> Call[models.ProposalView]:
    """Propose to join a waiting number to a member who has lost its code, after the clerk has seen who it is.

    The code opens nothing from now on; where the proposal ends without a yes it opens again, and who proposed it
    proposes the same number no sooner than 14 days later. The member who is named is told.

    Refused with: number-not-waiting, unknown-member, number-proposed-before, proposal-pending, nobody-to-decide, reason-missing.
    """
    return json_call(
        "POST",
        "/v1/city/carry-in-joins",
        models.ProposalView,
        session=True,
        body=models.JoinWanted(number=number, mykey_id=mykey_id, reason=reason),
    )


def upload_carry_in(
    *,
    name: str,
    content: bytes,
    media_type: Literal[
        "text/csv", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    ] = "text/csv",
) -> Call[models.CarryInView]:
    """Check a predecessor's balances whole, up to 100,000 lines, CSV or Excel (.xlsx). Nothing is carried in yet.

    The columns are 利用者番号, マイキーID, 引継ぎコード, ポイント制度, ポイント, 発行日, 最終日 and 有償・無償; others are dropped.

    The same content again is the same file (200). A line that cannot be carried in makes the file `faulty`.

    Refused with: file-state, nobody-to-decide, upload-type-wrong, csv-unreadable, csv-columns, csv-too-long.
    """
    return file_call(
        "POST",
        "/v1/city/carry-ins",
        models.CarryInView,
        session=True,
        query={"name": name},
        content=content,
        media_type=media_type,
    )


def list_carry_ins() -> Call[models.CarryInList]:
    """The city's newest 200 files of balances."""
    return json_call("GET", "/v1/city/carry-ins", models.CarryInList, session=True)


def get_carry_in(file_id: str) -> Call[models.CarryInView]:
    """A file with its sums by point service and last day, month or year.

    Refused with: unknown-file.
    """
    return json_call("GET", f"/v1/city/carry-ins/{path_part(file_id)}", models.CarryInView, session=True)


def carry_in_lines(
    file_id: str,
    *,
    faults_only: bool | UnsetType = UNSET,
    after: int | UnsetType = UNSET,
    limit: int | UnsetType = UNSET,
) -> Call[models.CarryInLines]:
    """The lines of a file with what is wrong with each, by their numbers in the file.

    Refused with: unknown-file.
    """
    return json_call(
        "GET",
        f"/v1/city/carry-ins/{path_part(file_id)}/lines",
        models.CarryInLines,
        session=True,
        query={"faults_only": faults_only, "after": after, "limit": limit},
    )


def carry_in_report(file_id: str) -> Call[File]:
    """Every line as it was typed, those with a fault first, with what to do; to be mended and sent again.

    Until the file is approved, sent back or cancelled the codes are in it, for some weeks: it is for who may send the file.

    Refused with: unknown-file.
    """
    return json_call("GET", f"/v1/city/carry-ins/{path_part(file_id)}/report", File, session=True)


def propose_carry_in(
    file_id: str, *, totals: list[models.TotalWanted], reason: str | UnsetType = UNSET
) -> Call[models.ProposalView]:
    """Propose a checked file, with the sums that the predecessor's system reports: they must be the file's.

    Refused with: unknown-file, file-state, totals-differ, proposal-pending, nobody-to-decide.
    """
    return json_call(
        "POST",
        f"/v1/city/carry-ins/{path_part(file_id)}/proposal",
        models.ProposalView,
        session=True,
        body=models.CarryInProposal(totals=totals, reason=reason),
    )


def cancel_carry_in(file_id: str, *, reason: str) -> Call[models.CarryInView]:
    """Take back a file that nobody has approved.

    Refused with: unknown-file, file-state, proposal-of-another.
    """
    return json_call(
        "POST",
        f"/v1/city/carry-ins/{path_part(file_id)}/cancellation",
        models.CarryInView,
        session=True,
        body=models.ReasonGiven(reason=reason),
    )


def reconcile_carry_in(file_id: str) -> Call[models.ReconciliationView]:
    """The file held against the ledger, move by move: by point service, last day and origin.

    Refused with: unknown-file.
    """
    return json_call(
        "GET",
        f"/v1/city/carry-ins/{path_part(file_id)}/reconciliation",
        models.ReconciliationView,
        session=True,
    )


def reconciliation_of_carry_in(file_id: str) -> Call[File]:
    """The same for Excel.

    Refused with: unknown-file.
    """
    return json_call("GET", f"/v1/city/carry-ins/{path_part(file_id)}/reconciliation/csv", File, session=True)


def get_grantee(project_id: str, mykey_id: str) -> Call[models.GranteeView]:
    """Whether a MyKey ID can be granted to, by the rule of grant files; the name of who has the city's points.

    Refused with: unknown-project, unknown-member, member-merged.
    """
    return json_call(
        "GET",
        f"/v1/city/projects/{path_part(project_id)}/grantees/{path_part(mykey_id)}",
        models.GranteeView,
        session=True,
    )


def list_city_events() -> Call[models.CityEvents]:
    """The city's own events with their progress, planned and ended ones too; the one that starts last comes first."""
    return json_call("GET", "/v1/city/events", models.CityEvents, session=True)


def plan_event(
    *,
    name: str,
    starts_on: date,
    ends_on: date,
    own_id: str,
    purpose: str | UnsetType = UNSET,
    goal_points: int | None | UnsetType = UNSET,
    givers: Literal["everybody", "city"] | UnsetType = UNSET,
    on_failure: Literal["keep", "give_back"] | UnsetType = UNSET,
) -> Call[models.CityEventView]:
    """Plan an event. Members see nothing of it until somebody whose role may shows it.

    Refused with: unknown-municipality, event-exists, bad-event.
    """
    return json_call(
        "POST",
        "/v1/city/events",
        models.CityEventView,
        session=True,
        body=models.EventWanted(
            name=name,
            purpose=purpose,
            goal_points=goal_points,
            starts_on=starts_on,
            ends_on=ends_on,
            givers=givers,
            on_failure=on_failure,
            own_id=own_id,
        ),
    )


def get_city_event(event_id: str) -> Call[models.CityEventView]:
    """One of the city's own events.

    Refused with: unknown-event.
    """
    return json_call("GET", f"/v1/city/events/{path_part(event_id)}", models.CityEventView, session=True)


def change_event(
    event_id: str,
    *,
    name: str,
    starts_on: date,
    ends_on: date,
    purpose: str | UnsetType = UNSET,
    goal_points: int | None | UnsetType = UNSET,
    givers: Literal["everybody", "city"] | UnsetType = UNSET,
    on_failure: Literal["keep", "give_back"] | UnsetType = UNSET,
    seen: str | None | UnsetType = UNSET,
) -> Call[models.CityEventView]:
    """Change an event before its start. One that is shown is planned again: it has to be shown anew.

    Refused with: unknown-event, unknown-municipality, event-begun, event-state, changed-meanwhile, bad-event.
    """
    return json_call(
        "PUT",
        f"/v1/city/events/{path_part(event_id)}",
        models.CityEventView,
        session=True,
        body=models.EventChanged(
            name=name,
            purpose=purpose,
            goal_points=goal_points,
            starts_on=starts_on,
            ends_on=ends_on,
            givers=givers,
            on_failure=on_failure,
            seen=seen,
        ),
    )


def show_event(event_id: str, *, reason: str) -> Call[models.CityEventView]:
    """Let members see an event, and give to it from its start on.

    Refused with: unknown-event, event-state, event-over, reason-missing.
    """
    return json_call(
        "POST",
        f"/v1/city/events/{path_part(event_id)}/showing",
        models.CityEventView,
        session=True,
        body=models.ReasonGiven(reason=reason),
    )


def end_event(event_id: str, *, reason: str) -> Call[models.CityEventView]:
    """End an event early: its goal and its rule decide at once; shares move in the background.

    Refused with: unknown-event, event-state, reason-missing.
    """
    return json_call(
        "POST",
        f"/v1/city/events/{path_part(event_id)}/end",
        models.CityEventView,
        session=True,
        body=models.ReasonGiven(reason=reason),
    )


def list_own_people() -> Call[models.ShopPeople]:
    """Who has a log-in of this shop, and what the city has changed of them: the shop notices what was not its wish."""
    return json_call("GET", "/v1/shop/people", models.ShopPeople, session=True)


def set_till_refunds(*, allowed: bool) -> Call[models.ShopView]:
    """Let the tills of this shop give points back on the day of the payment, or no longer; from now on.

    Refused with: unknown-shop.
    """
    return json_call(
        "PUT",
        "/v1/shop/till-refunds",
        models.ShopView,
        session=True,
        body=models.TillRefunds(allowed=allowed),
    )


def own_report(
    *,
    since: date,
    until: date,
    by: Literal["day", "month"] | UnsetType = UNSET,
    shop_id: str | UnsetType = UNSET,
) -> Call[models.ShopReportView]:
    """What this shop took and gave back in a period, by day or month and by point service.

    Refused with: unknown-shop, bad-period.
    """
    return json_call(
        "GET",
        "/v1/shop/report",
        models.ShopReportView,
        session=True,
        query={"since": since, "until": until, "by": by, "shop_id": shop_id},
    )


def own_report_csv(
    *,
    since: date,
    until: date,
    by: Literal["day", "month"] | UnsetType = UNSET,
    shop_id: str | UnsetType = UNSET,
) -> Call[File]:
    """The same for Excel, with the sum in its last line.

    Refused with: unknown-shop, bad-period.
    """
    return json_call(
        "GET",
        "/v1/shop/report/csv",
        File,
        session=True,
        query={"since": since, "until": until, "by": by, "shop_id": shop_id},
    )


def bind_till(*, name: str, password: str) -> Call[models.TillBound]:
    """Bind the device at which this person sits: it stays signed in at the till, and opens nothing else.

    Refused with: current-password-wrong, unknown-shop, unknown-staff, tills-too-many, till-own-shop, shop-closed, sign-in-locked.
    """
    return json_call(
        "POST",
        "/v1/shop/tills",
        models.TillBound,
        session=True,
        body=models.TillWanted(name=name, password=password),
    )


def list_own_tills() -> Call[models.TillList]:
    """The shop's bound devices with their last use, and whether a PIN for refunds is set.

    Refused with: unknown-shop.
    """
    return json_call("GET", "/v1/shop/tills", models.TillList, session=True)


def end_own_till(till_id: str) -> Call[None]:
    """End one of the shop's tills: at once, and for ever. One that has ended stays so.

    Refused with: unknown-till.
    """
    return json_call("DELETE", f"/v1/shop/tills/{path_part(till_id)}", NoneType, session=True)


def set_till_pin(*, pin: str, password: str) -> Call[None]:
    """Set the PIN that bound tills ask for before they give points back.

    Refused with: current-password-wrong, unknown-staff, till-pin-unfit, sign-in-locked.
    """
    return json_call(
        "PUT",
        "/v1/shop/till-pin",
        NoneType,
        session=True,
        body=models.TillPinWanted(pin=pin, password=password),
    )


def remove_till_pin() -> Call[None]:
    """Take the PIN away: from now on no bound till gives points back."""
    return json_call("DELETE", "/v1/shop/till-pin", NoneType, session=True)


def open_till(*, till_token: str) -> Call[models.TillOpenedView]:
    """A bound device shows its secret: it gets a session of the till for a day, and the secret to show next.

    A secret that was good before ends the till: then somebody has a copy. After a lost answer, show the same again.

    Refused with: till-ended.
    """
    return json_call(
        "POST",
        "/v1/staff/sessions/till",
        models.TillOpenedView,
        session=False,
        body=models.TillShown(till_token=till_token),
    )


def list_shop_tills(shop_id: str) -> Call[models.TillList]:
    """A shop's bound devices, for the desk to which a lost one is told.

    Refused with: unknown-shop.
    """
    return json_call("GET", f"/v1/city/shops/{path_part(shop_id)}/tills", models.TillList, session=True)


def end_shop_till(shop_id: str, till_id: str, *, reason: str) -> Call[None]:
    """End a shop's till: it was lost or stolen. One person does it; binding it again is the shop's affair.

    Refused with: unknown-till, reason-missing.
    """
    return json_call(
        "POST",
        f"/v1/city/shops/{path_part(shop_id)}/tills/{path_part(till_id)}/end",
        NoneType,
        session=True,
        body=models.TillEnding(reason=reason),
    )


def list_companies() -> Call[models.CompaniesView]:
    """The city's companies with several shops."""
    return json_call("GET", "/v1/city/companies", models.CompaniesView, session=True)


def set_company(
    company_id: str,
    *,
    name: str,
    shop_ids: list[str],
    readers: list[str] | UnsetType = UNSET,
    workers: list[str] | None | UnsetType = UNSET,
    reason: str | UnsetType = UNSET,
    seen: str | None | UnsetType = UNSET,
) -> Call[models.ProposalView]:
    """Propose which shops are one company's, whose log-ins read the books of all of them, and whose work at each (202).

    Refused with: unknown-shop, unknown-staff, changed-meanwhile, proposal-pending, nobody-to-decide, bad-company.
    """
    return json_call(
        "PUT",
        f"/v1/city/companies/{path_part(company_id)}",
        models.ProposalView,
        session=True,
        body=models.CompanyWanted(
            name=name, shop_ids=shop_ids, readers=readers, workers=workers, reason=reason, seen=seen
        ),
    )


def shops_worked_at() -> Call[models.ShopsWorkedAt]:
    """The company's shops at which this log-in works, one at a time.

    Refused with: no-company.
    """
    return json_call("GET", "/v1/shop/company/shops", models.ShopsWorkedAt, session=True)


def choose_shop(*, shop_id: str) -> Call[models.StaffSessionStarted]:
    """Go on at another of the company's shops: this session ends, and the new one takes points at, and sees, that shop alone.

    Refused with: no-company, unknown-shop.
    """
    return json_call(
        "POST",
        "/v1/shop/company/sessions",
        models.StaffSessionStarted,
        session=True,
        body=models.ShopChosen(shop_id=shop_id),
    )


def own_company() -> Call[models.CompanyView]:
    """The company whose shops' books this log-in reads; each of them is named by `shop_id` where books are asked for.

    Refused with: no-company.
    """
    return json_call("GET", "/v1/shop/company", models.CompanyView, session=True)


def company_report(*, since: date, until: date) -> Call[models.CompanyReportView]:
    """What each of the company's shops took and gave back in a period, and all of them together.

    Refused with: no-company, bad-period.
    """
    return json_call(
        "GET",
        "/v1/shop/company/report",
        models.CompanyReportView,
        session=True,
        query={"since": since, "until": until},
    )


def company_report_file(*, since: date, until: date) -> Call[File]:
    """The same for Excel: by month, shop and point service, with the company's sum in its last line.

    Refused with: no-company, bad-period.
    """
    return json_call(
        "GET", "/v1/shop/company/report/csv", File, session=True, query={"since": since, "until": until}
    )


def company_settlements() -> Call[models.CompanyCycles]:
    """The last two dozen closed cycles: what each shop was paid, and the company in all. Statements stay one a shop.

    Refused with: no-company.
    """
    return json_call("GET", "/v1/shop/company/settlements", models.CompanyCycles, session=True)


def company_statement_file(starts_on: date) -> Call[File]:
    """The company's statement of a cycle for Excel: every payment and refund of each shop; the lines add up to the transfers.

    Refused with: no-company, unknown-cycle.
    """
    return json_call("GET", f"/v1/shop/company/settlements/{path_part(starts_on)}/csv", File, session=True)


def company_statement_paper(starts_on: date) -> Call[File]:
    """The company's statement of a cycle to print and to keep: its sums, and a line a shop.

    Refused with: no-company, unknown-cycle.
    """
    return json_call("GET", f"/v1/shop/company/settlements/{path_part(starts_on)}/pdf", File, session=True)


def export_shops() -> Call[File]:
    """The whole register, closed shops too, as CSV in the columns that are imported, with the log-ins of each owner.

    Account numbers are in full for who keeps accounts; others have their last three digits.
    """
    return json_call("GET", "/v1/city/shop-list", File, session=True)


def propose_shop_list(
    *,
    name: str,
    seen: str,
    content: bytes,
    reason: str | UnsetType = UNSET,
    media_type: Literal[
        "text/csv", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    ] = "text/csv",
) -> Call[models.ProposalView]:
    """Propose the new shops of a checked list (202), as one deed. Shops that are registered are not changed by it.

    Refused with: shop-list-faulty, changed-meanwhile, proposal-pending, nobody-to-decide, upload-type-wrong, csv-unreadable, csv-columns.
    """
    return file_call(
        "POST",
        "/v1/city/shop-list",
        models.ProposalView,
        session=True,
        query={"name": name, "seen": seen, "reason": reason},
        content=content,
        media_type=media_type,
    )


def check_shop_list(
    *,
    content: bytes,
    media_type: Literal[
        "text/csv", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    ] = "text/csv",
) -> Call[models.ShopListView]:
    """Check a list of at most 500 shops, CSV or Excel (.xlsx), field by field and against the register. Nothing is stored.

    The columns are 店名, 店名（カナ）, 業種, 住所, 電話, 銀行コード, 銀行名, 支店コード, 支店名, 預金種目, 口座番号, 口座名義 and
    銀行の一覧にない口座; 番号 or 加盟店ID name a shop that is registered. Only 店名 is needed; others are dropped.

    Refused with: upload-type-wrong, csv-unreadable, csv-columns.
    """
    return file_call(
        "POST",
        "/v1/city/shop-list/check",
        models.ShopListView,
        session=True,
        content=content,
        media_type=media_type,
    )


def shop_list_report(
    *,
    content: bytes,
    media_type: Literal[
        "text/csv", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    ] = "text/csv",
) -> Call[File]:
    """The same check as a list to mend and send again: lines with a fault first, each fault with what to do.

    Refused with: upload-type-wrong, csv-unreadable, csv-columns.
    """
    return file_call(
        "POST", "/v1/city/shop-list/report", File, session=True, content=content, media_type=media_type
    )


def list_proposed_shops(proposal_id: str) -> Call[models.ProposedShops]:
    """The shops that a proposal of a list imports, each with its account and whom it is like now.

    Refused with: unknown-proposal.
    """
    return json_call(
        "GET", f"/v1/city/proposals/{path_part(proposal_id)}/shops", models.ProposedShops, session=True
    )


def list_city_shops(
    *,
    closed: bool | UnsetType = UNSET,
    named: str | UnsetType = UNSET,
    after: str | UnsetType = UNSET,
    limit: int | UnsetType = UNSET,
) -> Call[models.ShopsPage]:
    """The register of shops (加盟店登録名簿), in order of shop id; `closed` asks for closed ones too."""
    return json_call(
        "GET",
        "/v1/city/shops",
        models.ShopsPage,
        session=True,
        query={"closed": closed, "named": named, "after": after, "limit": limit},
    )


def register_shop(
    *,
    name: str,
    shop_id: str,
    name_kana: str | UnsetType = UNSET,
    category: str | UnsetType = UNSET,
    address: str | UnsetType = UNSET,
    phone: str | UnsetType = UNSET,
) -> Call[models.ShopView]:
    """Put a shop on the register; the id becomes part of account names and never changes.

    Refused with: shop-exists, bad-shop.
    """
    return json_call(
        "POST",
        "/v1/city/shops",
        models.ShopView,
        session=True,
        body=models.ShopWanted(
            name=name, name_kana=name_kana, category=category, address=address, phone=phone, shop_id=shop_id
        ),
    )


def get_shop(shop_id: str) -> Call[models.ShopView]:
    """One shop of the register.

    Refused with: unknown-shop.
    """
    return json_call("GET", f"/v1/city/shops/{path_part(shop_id)}", models.ShopView, session=True)


def change_shop(
    shop_id: str,
    *,
    name: str,
    name_kana: str | UnsetType = UNSET,
    category: str | UnsetType = UNSET,
    address: str | UnsetType = UNSET,
    phone: str | UnsetType = UNSET,
    seen: str | None | UnsetType = UNSET,
) -> Call[models.ShopView]:
    """Change what the register says of a shop.

    Refused with: unknown-shop, changed-meanwhile, bad-shop.
    """
    return json_call(
        "PUT",
        f"/v1/city/shops/{path_part(shop_id)}",
        models.ShopView,
        session=True,
        body=models.ShopChanged(
            name=name, name_kana=name_kana, category=category, address=address, phone=phone, seen=seen
        ),
    )


def close_shop(shop_id: str, *, reason: str) -> Call[models.ShopView]:
    """Let a shop take no more points; what it is owed is still paid.

    Refused with: unknown-shop, reason-missing.
    """
    return json_call(
        "POST",
        f"/v1/city/shops/{path_part(shop_id)}/closure",
        models.ShopView,
        session=True,
        body=models.ReasonGiven(reason=reason),
    )


def reopen_shop(shop_id: str, *, reason: str) -> Call[models.ShopView]:
    """Let a closed shop take points again.

    Refused with: unknown-shop, reason-missing.
    """
    return json_call(
        "POST",
        f"/v1/city/shops/{path_part(shop_id)}/reopening",
        models.ShopView,
        session=True,
        body=models.ReasonGiven(reason=reason),
    )


def city_shop_code(shop_id: str) -> Call[models.ShopCodeView]:
    """The text of the QR for the shop's counter, for printing.

    Refused with: unknown-shop.
    """
    return json_call("GET", f"/v1/city/shops/{path_part(shop_id)}/code", models.ShopCodeView, session=True)


def list_shop_staff(shop_id: str) -> Call[models.StaffList]:
    """Who has a log-in of this shop, and with which right.

    Refused with: unknown-shop.
    """
    return json_call("GET", f"/v1/city/shops/{path_part(shop_id)}/staff", models.StaffList, session=True)


def add_shop_staff(
    shop_id: str,
    *,
    login: str,
    display_name: str,
    role: Literal["shop", "till", "bookkeeper"] | UnsetType = UNSET,
    reason: str | UnsetType = UNSET,
) -> Call[models.StaffAdded | models.ProposalView]:
    """Propose a log-in of a shop (202); whoever decides it is shown the first password, once.

    Refused with: unknown-shop, unknown-municipality, login-taken, proposal-pending, nobody-to-decide, login-unfit, role-unfit.
    """
    return json_call(
        "POST",
        f"/v1/city/shops/{path_part(shop_id)}/staff",
        models.StaffAdded,
        session=True,
        body=models.ShopPersonWanted(login=login, display_name=display_name, role=role, reason=reason),
        by_status={202: models.ProposalView},
    )


def reset_shop_staff(
    shop_id: str, staff_id: str, *, reason: str
) -> Call[models.StaffAdded | models.ProposalView]:
    """A shop has lost its password: propose a new first one (202), which is shown to whoever decides it, once.

    Refused with: unknown-staff, own-role, staff-closed, proposal-pending, nobody-to-decide, reason-missing.
    """
    return json_call(
        "POST",
        f"/v1/city/shops/{path_part(shop_id)}/staff/{path_part(staff_id)}/reset",
        models.StaffAdded,
        session=True,
        body=models.ReasonGiven(reason=reason),
        by_status={202: models.ProposalView},
    )


def municipality_shop_terms(municipality: str) -> Call[models.ShopTermsView]:
    """What a shop accepts that applies in this city; 404 where it takes no applications on the web.

    Refused with: unknown-municipality, no-applications.
    """
    return json_call(
        "GET", f"/v1/municipalities/{path_part(municipality)}/shop-terms", models.ShopTermsView, session=False
    )


def apply_as_shop(
    municipality: str,
    *,
    name: str,
    name_kana: str,
    category: str,
    address: str,
    phone: str,
    contact: str,
    mail: str,
    request_id: str,
    terms_version: int,
    account: models.BankAccountTyped | None | UnsetType = UNSET,
    source: str | UnsetType = UNSET,
) -> Call[models.ApplicationAdded]:
    """Apply to take this city's points. The number and the secret open the application, and are all that does.

    Refused with: unknown-municipality, no-applications, terms-changed, id-reused, bad-application, bad-bank-account, bank-not-listed, too-many-applications.
    """
    return json_call(
        "POST",
        f"/v1/municipalities/{path_part(municipality)}/shop-applications",
        models.ApplicationAdded,
        session=False,
        body=models.ApplicationWanted(
            name=name,
            name_kana=name_kana,
            category=category,
            address=address,
            phone=phone,
            contact=contact,
            mail=mail,
            request_id=request_id,
            terms_version=terms_version,
            account=account,
            source=source,
        ),
    )


def view_own_application(*, number: str, secret: str) -> Call[models.ApplicationView]:
    """The applicant's own application; a secret stands in no address, so this is no GET.

    Refused with: unknown-application.
    """
    return json_call(
        "POST",
        "/v1/shop-applications/view",
        models.ApplicationView,
        session=False,
        body=models.ApplicantSecret(number=number, secret=secret),
    )


def resubmit_own_application(
    *,
    number: str,
    secret: str,
    name: str,
    name_kana: str,
    category: str,
    address: str,
    phone: str,
    contact: str,
    mail: str,
    terms_version: int,
    account: models.BankAccountTyped | None | UnsetType = UNSET,
    keeps_account: bool | UnsetType = UNSET,
    seen: str | None | UnsetType = UNSET,
) -> Call[models.ApplicationView]:
    """Submit an open application again as it is now.

    Refused with: unknown-application, application-state, terms-changed, changed-meanwhile, bad-application, bad-bank-account, bank-not-listed.
    """
    return json_call(
        "POST",
        "/v1/shop-applications/resubmission",
        models.ApplicationView,
        session=False,
        body=models.ApplicationResubmitted(
            number=number,
            secret=secret,
            name=name,
            name_kana=name_kana,
            category=category,
            address=address,
            phone=phone,
            contact=contact,
            mail=mail,
            terms_version=terms_version,
            account=account,
            keeps_account=keeps_account,
            seen=seen,
        ),
    )


def withdraw_own_application(*, number: str, secret: str) -> Call[models.ApplicationView]:
    """Take an open application back.

    Refused with: unknown-application, application-state.
    """
    return json_call(
        "POST",
        "/v1/shop-applications/withdrawal",
        models.ApplicationView,
        session=False,
        body=models.ApplicantSecret(number=number, secret=secret),
    )


def list_shop_applications(
    *,
    state: Literal["open", "submitted", "sent_back", "withdrawn", "refused", "accepted"] | UnsetType = UNSET,
    after: str | UnsetType = UNSET,
) -> Call[models.ApplicationList]:
    """Applications in order of number, 100 a page; those that wait for somebody unless another state is named."""
    return json_call(
        "GET",
        "/v1/city/shop-applications",
        models.ApplicationList,
        session=True,
        query={"state": state, "after": after},
    )


def get_shop_application(
    number: str, *, duplicates: bool | UnsetType = UNSET
) -> Call[models.ExaminedApplicationView]:
    """One application with the terms that were accepted, and which shops and applications say the same.

    Refused with: unknown-application.
    """
    return json_call(
        "GET",
        f"/v1/city/shop-applications/{path_part(number)}",
        models.ExaminedApplicationView,
        session=True,
        query={"duplicates": duplicates},
    )


def send_back_shop_application(
    number: str, *, reason: str, seen: str | None | UnsetType = UNSET
) -> Call[models.ApplicationView]:
    """Let the applicant mend it (差戻し).

    Refused with: unknown-application, application-state, changed-meanwhile, reason-missing.
    """
    return json_call(
        "POST",
        f"/v1/city/shop-applications/{path_part(number)}/return",
        models.ApplicationView,
        session=True,
        body=models.ApplicationDecision(reason=reason, seen=seen),
    )


def refuse_shop_application(
    number: str, *, reason: str, seen: str | None | UnsetType = UNSET
) -> Call[models.ApplicationView]:
    """Refuse it (却下).

    Refused with: unknown-application, application-state, changed-meanwhile, reason-missing.
    """
    return json_call(
        "POST",
        f"/v1/city/shop-applications/{path_part(number)}/refusal",
        models.ApplicationView,
        session=True,
        body=models.ApplicationDecision(reason=reason, seen=seen),
    )


def accept_shop_application(
    number: str,
    *,
    shop_id: str,
    login: str,
    reason: str | UnsetType = UNSET,
    seen: str | None | UnsetType = UNSET,
) -> Call[models.ProposalView]:
    """Propose that the shop takes the city's points; whoever decides it is shown its first password, once.

    Refused with: unknown-application, application-state, changed-meanwhile, shop-exists, login-taken, proposal-pending, nobody-to-decide, bad-shop, login-unfit.
    """
    return json_call(
        "POST",
        f"/v1/city/shop-applications/{path_part(number)}/acceptance",
        models.ProposalView,
        session=True,
        body=models.AcceptanceWanted(shop_id=shop_id, login=login, reason=reason, seen=seen),
    )


def get_shop_terms() -> Call[models.ShopTermsView]:
    """The city's terms for shops as they are now."""
    return json_call("GET", "/v1/city/shop-terms", models.ShopTermsView, session=True)


def set_shop_terms(
    *, text: str, reason: str, seen: str | None | UnsetType = UNSET
) -> Call[models.ShopTermsView]:
    """Add a version of the terms; who has applied before keeps the version that was accepted.

    Refused with: nothing-changed, changed-meanwhile, bad-shop-terms, reason-missing.
    """
    return json_call(
        "PUT",
        "/v1/city/shop-terms",
        models.ShopTermsView,
        session=True,
        body=models.TermsWanted(text=text, reason=reason, seen=seen),
    )


def list_city_announcements() -> Call[models.CityAnnouncements]:
    """What the city has announced: upcoming, shown, ended and withdrawn."""
    return json_call("GET", "/v1/city/announcements", models.CityAnnouncements, session=True)


def publish_announcement(
    *,
    title_ja: str,
    text_ja: str,
    announcement_id: str,
    audience: Literal["members", "shops", "all"],
    starts_on: date,
    ends_on: date,
    title_en: str | UnsetType = UNSET,
    title_easy: str | UnsetType = UNSET,
    text_en: str | UnsetType = UNSET,
    text_easy: str | UnsetType = UNSET,
) -> Call[models.CityAnnouncementView | models.ProposalView]:
    """Propose an announcement (202), or publish it (201) where the city's table asks for nobody else.

    Refused with: id-reused, proposal-pending, nobody-to-decide, bad-announcement.
    """
    return json_call(
        "POST",
        "/v1/city/announcements",
        models.CityAnnouncementView,
        session=True,
        body=models.AnnouncementWanted(
            title_ja=title_ja,
            title_en=title_en,
            title_easy=title_easy,
            text_ja=text_ja,
            text_en=text_en,
            text_easy=text_easy,
            announcement_id=announcement_id,
            audience=audience,
            starts_on=starts_on,
            ends_on=ends_on,
        ),
        by_status={202: models.ProposalView},
    )


def withdraw_announcement(announcement_id: str, *, reason: str) -> Call[models.CityAnnouncementView]:
    """Show it no more, at once.

    Refused with: unknown-announcement, reason-missing.
    """
    return json_call(
        "POST",
        f"/v1/city/announcements/{path_part(announcement_id)}/withdrawal",
        models.CityAnnouncementView,
        session=True,
        body=models.ReasonGiven(reason=reason),
    )


def list_shop_announcements() -> Call[models.AnnouncementList]:
    """What the city announces to its shops now, newest first."""
    return json_call("GET", "/v1/shop/announcements", models.AnnouncementList, session=True)


def list_platform_stops() -> Call[models.CityAnnouncements]:
    """Planned stops of the gateway: upcoming, announced, over and withdrawn."""
    return json_call("GET", "/v1/platform/planned-stops", models.CityAnnouncements, session=True)


def plan_stop(
    *,
    title_ja: str,
    text_ja: str,
    announcement_id: str,
    stops_from: datetime,
    stops_until: datetime,
    title_en: str | UnsetType = UNSET,
    title_easy: str | UnsetType = UNSET,
    text_en: str | UnsetType = UNSET,
    text_easy: str | UnsetType = UNSET,
    urgent: bool | UnsetType = UNSET,
) -> Call[models.ProposalView]:
    """Propose a planned stop, which all pages announce from 30 days before it until its end.

    Refused with: stop-too-soon, id-reused, proposal-pending, nobody-to-decide, bad-announcement.
    """
    return json_call(
        "POST",
        "/v1/platform/planned-stops",
        models.ProposalView,
        session=True,
        body=models.StopWanted(
            title_ja=title_ja,
            title_en=title_en,
            title_easy=title_easy,
            text_ja=text_ja,
            text_en=text_en,
            text_easy=text_easy,
            announcement_id=announcement_id,
            stops_from=stops_from,
            stops_until=stops_until,
            urgent=urgent,
        ),
    )


def withdraw_stop(announcement_id: str, *, reason: str) -> Call[models.CityAnnouncementView]:
    """Announce it no more, at once: it does not take place.

    Refused with: unknown-announcement, reason-missing.
    """
    return json_call(
        "POST",
        f"/v1/platform/planned-stops/{path_part(announcement_id)}/withdrawal",
        models.CityAnnouncementView,
        session=True,
        body=models.ReasonGiven(reason=reason),
    )


def get_shop_bank(shop_id: str) -> Call[models.BankOf]:
    """Where a shop is paid; of the number only the end.

    Refused with: unknown-shop.
    """
    return json_call("GET", f"/v1/city/shops/{path_part(shop_id)}/bank-account", models.BankOf, session=True)


def set_shop_bank(
    shop_id: str,
    *,
    bank_code: str,
    branch_code: str,
    kind: Literal[1, 2, 4, 9],
    number: str,
    holder: str,
    bank_name: str | UnsetType = UNSET,
    branch_name: str | UnsetType = UNSET,
    unlisted: bool | UnsetType = UNSET,
    reason: str | UnsetType = UNSET,
) -> Call[models.BankOf | models.ProposalView]:
    """Propose where a shop is paid (202): a first account counts at once, a change from the next closing on.

    Refused with: unknown-shop, proposal-pending, nobody-to-decide, bad-bank-account, bank-not-listed.
    """
    return json_call(
        "PUT",
        f"/v1/city/shops/{path_part(shop_id)}/bank-account",
        models.BankOf,
        session=True,
        body=models.BankAccountWanted(
            bank_code=bank_code,
            bank_name=bank_name,
            branch_code=branch_code,
            branch_name=branch_name,
            kind=kind,
            number=number,
            holder=holder,
            unlisted=unlisted,
            reason=reason,
        ),
        by_status={202: models.ProposalView},
    )


def get_payer() -> Call[models.PayerOf]:
    """From which account the city pays its shops."""
    return json_call("GET", "/v1/city/bank-account", models.PayerOf, session=True)


def set_payer(
    *,
    bank_code: str,
    branch_code: str,
    kind: Literal[1, 2, 4, 9],
    number: str,
    holder: str,
    client_code: str,
    bank_name: str | UnsetType = UNSET,
    branch_name: str | UnsetType = UNSET,
    unlisted: bool | UnsetType = UNSET,
    reason: str | UnsetType = UNSET,
) -> Call[models.PayerOf | models.ProposalView]:
    """Propose from which account the city pays (202); `client_code` (委託者コード) is the bank's name for the city.

    Refused with: proposal-pending, nobody-to-decide, bad-bank-account, bank-not-listed.
    """
    return json_call(
        "PUT",
        "/v1/city/bank-account",
        models.PayerOf,
        session=True,
        body=models.PayerWanted(
            bank_code=bank_code,
            bank_name=bank_name,
            branch_code=branch_code,
            branch_name=branch_name,
            kind=kind,
            number=number,
            holder=holder,
            unlisted=unlisted,
            reason=reason,
            client_code=client_code,
        ),
        by_status={202: models.ProposalView},
    )


def list_bank_results(starts_on: date) -> Call[models.BankResultFiles]:
    """The bank's result files of a cycle, oldest first."""
    return json_call(
        "GET",
        f"/v1/city/settlements/{path_part(starts_on)}/bank-results",
        models.BankResultFiles,
        session=True,
    )


def upload_bank_result(starts_on: date, *, content: bytes) -> Call[models.BankResultOf]:
    """Read the bank's own result file (総合振込の結果) and show what it says of each shop. Nothing is recorded by it.

    The same content again is the same file (200).

    Refused with: unknown-cycle, cycle-not-closed, result-layout-missing, upload-type-wrong, bank-result-unreadable, bank-result-of-another-run.
    """
    return file_call(
        "POST",
        f"/v1/city/settlements/{path_part(starts_on)}/bank-results",
        models.BankResultOf,
        session=True,
        content=content,
        media_type="application/octet-stream",
    )


def get_bank_result(starts_on: date, number: int) -> Call[models.BankResultOf]:
    """A result file held against what is known of each payment now.

    Refused with: unknown-file, result-layout-missing, bank-result-unreadable, bank-result-of-another-run.
    """
    return json_call(
        "GET",
        f"/v1/city/settlements/{path_part(starts_on)}/bank-results/{path_part(number)}",
        models.BankResultOf,
        session=True,
    )


def record_bank_result(
    starts_on: date, number: int, *, seen: str, reason: str, return_fee_yen: int | None | UnsetType = UNSET
) -> Call[models.ResultRecordedView]:
    """Record what was shown: what was paid at once; all that came back as one proposal, since it is owed again.

    Refused with: unknown-file, result-layout-missing, payout-state, changed-meanwhile, proposal-pending, nobody-to-decide, bank-result-unreadable, bank-result-of-another-run, reason-missing.
    """
    return json_call(
        "POST",
        f"/v1/city/settlements/{path_part(starts_on)}/bank-results/{path_part(number)}/recording",
        models.ResultRecordedView,
        session=True,
        body=models.RecordingWanted(seen=seen, reason=reason, return_fee_yen=return_fee_yen),
    )


def get_settlement_settings() -> Call[models.SettlementSettingsView]:
    """How the city settles with its bank."""
    return json_call("GET", "/v1/city/settlement-settings", models.SettlementSettingsView, session=True)


def change_settlement_settings(
    *,
    reason: str,
    bank_sheet: str | UnsetType = UNSET,
    result_column: int | UnsetType = UNSET,
    result_length: int | UnsetType = UNSET,
    paid_codes: list[str] | UnsetType = UNSET,
    returned_codes: list[str] | UnsetType = UNSET,
    recalled_codes: list[str] | UnsetType = UNSET,
    pending_codes: list[str] | UnsetType = UNSET,
    journal_columns: list[models.JournalColumnOf] | None | UnsetType = UNSET,
    journal_encoding: Literal["utf-8", "shift_jis"] | UnsetType = UNSET,
    journal_days: Literal["dashes", "slashes", "plain"] | UnsetType = UNSET,
    journal_debit: str | UnsetType = UNSET,
    journal_credit: str | UnsetType = UNSET,
    journal_summary: str | UnsetType = UNSET,
    fee_bands: list[models.FeeBandOf] | UnsetType = UNSET,
    fee_bearer: Literal["city", "shop"] | UnsetType = UNSET,
    fee_tax_percent: int | UnsetType = UNSET,
    invoice_number: str | UnsetType = UNSET,
    tax_note: str | UnsetType = UNSET,
    cycle_ends: list[int] | None | UnsetType = UNSET,
    cycle_pay_days: list[int] | None | UnsetType = UNSET,
    cycle_pay_after: int | UnsetType = UNSET,
    customer_field: Literal["line", "shop_number", "edi"] | UnsetType = UNSET,
    edi_text: str | UnsetType = UNSET,
    end_mark: Literal["none", "eof"] | UnsetType = UNSET,
    send_days: int | UnsetType = UNSET,
    return_fee_yen: int | UnsetType = UNSET,
    return_fee_bearer: Literal["city", "shop"] | UnsetType = UNSET,
    seen: str | None | UnsetType = UNSET,
) -> Call[models.ProposalView]:
    """Propose other settings (202): they count for what is made after another person's yes. What was closed stays as it is.

    Refused with: nothing-changed, changed-meanwhile, payer-missing, proposal-pending, nobody-to-decide, bad-settlement-settings, reason-missing.
    """
    return json_call(
        "PUT",
        "/v1/city/settlement-settings",
        models.ProposalView,
        session=True,
        body=models.SettlementSettingsWanted(
            bank_sheet=bank_sheet,
            result_column=result_column,
            result_length=result_length,
            paid_codes=paid_codes,
            returned_codes=returned_codes,
            recalled_codes=recalled_codes,
            pending_codes=pending_codes,
            journal_columns=journal_columns,
            journal_encoding=journal_encoding,
            journal_days=journal_days,
            journal_debit=journal_debit,
            journal_credit=journal_credit,
            journal_summary=journal_summary,
            fee_bands=fee_bands,
            fee_bearer=fee_bearer,
            fee_tax_percent=fee_tax_percent,
            invoice_number=invoice_number,
            tax_note=tax_note,
            cycle_ends=cycle_ends,
            cycle_pay_days=cycle_pay_days,
            cycle_pay_after=cycle_pay_after,
            customer_field=customer_field,
            edi_text=edi_text,
            end_mark=end_mark,
            send_days=send_days,
            return_fee_yen=return_fee_yen,
            return_fee_bearer=return_fee_bearer,
            reason=reason,
            seen=seen,
        ),
    )


def list_own_notices() -> Call[models.AccountNoticeList]:
    """What the city has changed of the account to which this shop is paid, newest first."""
    return json_call("GET", "/v1/shop/account-notices", models.AccountNoticeList, session=True)


def answer_notice(
    notice_id: str, *, answer: Literal["confirmed", "disputed"]
) -> Call[models.AccountNoticeView]:
    """Confirm a change, or object to it: then it does not take effect, or nothing more is paid to it.

    Refused with: unknown-notice, notice-answered.
    """
    return json_call(
        "POST",
        f"/v1/shop/account-notices/{path_part(notice_id)}/answer",
        models.AccountNoticeView,
        session=True,
        body=models.NoticeAnswer(answer=answer),
    )


def list_account_notices(
    *,
    shop_id: str | UnsetType = UNSET,
    state: Literal["waiting", "confirmed", "disputed"] | UnsetType = UNSET,
) -> Call[models.AccountNoticeList]:
    """What shops were told of their accounts and what they said, the newest 200."""
    return json_call(
        "GET",
        "/v1/city/account-notices",
        models.AccountNoticeList,
        session=True,
        query={"shop_id": shop_id, "state": state},
    )


def city_spend(spend_id: str) -> Call[models.CitySpend]:
    """A payment at one of the city's shops, with what was given back of it.

    Refused with: unknown-spend.
    """
    return json_call("GET", f"/v1/city/spends/{path_part(spend_id)}", models.CitySpend, session=True)


def city_refund(
    spend_id: str, *, refund_id: str, points: int, reason: str
) -> Call[models.GivenBackView | models.ProposalView]:
    """Give points of a payment back, at any time; after its cycle was closed it comes into the next one.

    Above the city's sum, beyond what one person gives in a day, or of a closed cycle it waits for a second person (202).

    Refused with: unknown-spend, unknown-shop, refund-too-much, refund-expired, id-reused, proposal-pending, nobody-to-decide, reason-missing.
    """
    return json_call(
        "POST",
        f"/v1/city/spends/{path_part(spend_id)}/refunds",
        models.GivenBackView,
        session=True,
        body=models.RefundWanted(refund_id=refund_id, points=points, reason=reason),
        by_status={202: models.ProposalView},
    )


def list_shop_debts() -> Call[models.ShopDebts]:
    """Closed shops that owe after their newest closing, and how earlier debts ended."""
    return json_call("GET", "/v1/city/shop-debts", models.ShopDebts, session=True)


def end_shop_debt(
    *, shop_id: str, debt_end: Literal["repaid", "written_off"], reason: str
) -> Call[models.DebtEnded | models.ProposalView]:
    """Propose that a closed shop's whole debt was repaid, or is written off; a second person decides it (202).

    Refused with: unknown-shop, no-debt, proposal-pending, nobody-to-decide, reason-missing.
    """
    return json_call(
        "POST",
        "/v1/city/shop-debts",
        models.DebtEnded,
        session=True,
        body=models.DebtEndWanted(shop_id=shop_id, debt_end=debt_end, reason=reason),
        by_status={202: models.ProposalView},
    )


def list_cycle_debts(starts_on: date) -> Call[models.CycleDebts]:
    """Debts of closed shops that a cycle's closing has taken up: what it brought forward is even by them."""
    return json_call(
        "GET", f"/v1/city/settlements/{path_part(starts_on)}/shop-debts", models.CycleDebts, session=True
    )


def list_settlements() -> Call[models.CyclesList]:
    """Every cycle since the first payment, newest first."""
    return json_call("GET", "/v1/city/settlements", models.CyclesList, session=True)


def get_settlement(starts_on: date) -> Call[models.SettlementView]:
    """A closed cycle, or what closing it now would give.

    Refused with: unknown-cycle.
    """
    return json_call(
        "GET", f"/v1/city/settlements/{path_part(starts_on)}", models.SettlementView, session=True
    )


def get_settlement_csv(starts_on: date) -> Call[File]:
    """A cycle for Excel, a line a shop.

    Refused with: unknown-cycle.
    """
    return json_call("GET", f"/v1/city/settlements/{path_part(starts_on)}/csv", File, session=True)


def get_settlement_journal(starts_on: date) -> Call[File]:
    """The journal of a closed cycle for the city's accounting (財務会計), as the settings say: a line for each shop that is paid.

    Refused with: unknown-cycle, cycle-not-closed, journal-unwritable.
    """
    return json_call("GET", f"/v1/city/settlements/{path_part(starts_on)}/journal", File, session=True)


def get_settlement_pdf(starts_on: date) -> Call[File]:
    """A cycle to print and to keep, a line a shop.

    Refused with: unknown-cycle.
    """
    return json_call("GET", f"/v1/city/settlements/{path_part(starts_on)}/pdf", File, session=True)


def close_settlement(starts_on: date, *, reason: str) -> Call[models.SettlementView | models.ProposalView]:
    """Propose to close a cycle, which happens once (202); corrections come into the next one.

    Refused with: unknown-cycle, cycle-not-over, cycle-closed, earlier-cycle-open, sum-too-large, shop-number-missing, proposal-pending, nobody-to-decide.
    """
    return json_call(
        "POST",
        f"/v1/city/settlements/{path_part(starts_on)}/closing",
        models.SettlementView,
        session=True,
        body=models.ReasonGiven(reason=reason),
        by_status={202: models.ProposalView},
    )


def get_corrections(starts_on: date) -> Call[models.CorrectionsList]:
    """What in a cycle corrects cycles that were closed before it (訂正): refunds of their payments, late payments.

    Refused with: unknown-cycle.
    """
    return json_call(
        "GET",
        f"/v1/city/settlements/{path_part(starts_on)}/corrections",
        models.CorrectionsList,
        session=True,
    )


def get_corrections_csv(starts_on: date) -> Call[File]:
    """A cycle's corrections for Excel, with the names of those who made them.

    Refused with: unknown-cycle.
    """
    return json_call(
        "GET", f"/v1/city/settlements/{path_part(starts_on)}/corrections/csv", File, session=True
    )


def city_statement(starts_on: date, shop_id: str) -> Call[models.StatementView]:
    """A shop's statement of a cycle, payment by payment.

    Refused with: unknown-cycle, unknown-shop.
    """
    return json_call(
        "GET",
        f"/v1/city/settlements/{path_part(starts_on)}/shops/{path_part(shop_id)}",
        models.StatementView,
        session=True,
    )


def city_statement_csv(starts_on: date, shop_id: str) -> Call[File]:
    """A shop's statement for Excel.

    Refused with: unknown-cycle, unknown-shop.
    """
    return json_call(
        "GET",
        f"/v1/city/settlements/{path_part(starts_on)}/shops/{path_part(shop_id)}/csv",
        File,
        session=True,
    )


def city_statement_pdf(starts_on: date, shop_id: str) -> Call[File]:
    """A shop's statement to print and to send.

    Refused with: unknown-cycle, unknown-shop.
    """
    return json_call(
        "GET",
        f"/v1/city/settlements/{path_part(starts_on)}/shops/{path_part(shop_id)}/pdf",
        File,
        session=True,
    )


def own_shop() -> Call[models.OwnShopView]:
    """The shop to which this session belongs.

    Refused with: unknown-shop.
    """
    return json_call("GET", "/v1/shop", models.OwnShopView, session=True)


def own_shop_code() -> Call[models.ShopCodeView]:
    """What members scan or type to pay here.

    Refused with: unknown-shop.
    """
    return json_call("GET", "/v1/shop/code", models.ShopCodeView, session=True)


def take_points(
    *, spend_id: str, code: str, points: int, pin: str | None | UnsetType = UNSET
) -> Call[models.TakenView]:
    """Take points with a member's code or card, scanned or typed. Whatever is refused here, nothing was taken.

    After a lost answer send the same again: it is the same payment (200), or it is made now (201).

    Refused with: pay-card-pin-wrong, pay-card-pin-locked, pay-code-unknown, unknown-shop, pay-card-unknown, pay-code-ended, pay-code-used, pay-code-unproven, shop-closed, not-enough-points, limit-of-the-day, id-reused, pay-card-stopped, pay-card-pin-needed, pay-card-no-pin.
    """
    return json_call(
        "POST",
        "/v1/shop/spends",
        models.TakenView,
        session=True,
        body=models.SpendTaken(spend_id=spend_id, code=code, points=points, pin=pin),
    )


def shop_day(*, day: date | UnsetType = UNSET) -> Call[models.ShopDay]:
    """A day's payments at this shop, newest first, those that members made by the shop's code among them.

    A till sees today alone.

    Refused with: unknown-shop.
    """
    return json_call("GET", "/v1/shop/spends", models.ShopDay, session=True, query={"day": day})


def shop_spend(spend_id: str) -> Call[models.ShopSpendView]:
    """One payment at this shop, of whatever day: what was taken at 23:59 is found after midnight.

    A till finds those of today and yesterday.

    Refused with: unknown-spend.
    """
    return json_call("GET", f"/v1/shop/spends/{path_part(spend_id)}", models.ShopSpendView, session=True)


def shop_refund(
    spend_id: str, *, refund_id: str, points: int, reason: str, pin: str | None | UnsetType = UNSET
) -> Call[models.GivenBackView]:
    """Give points back on the day of the payment; later the city's staff can. A till's log-in only where the owner lets it.

    A bound till sends the shop's PIN.

    Refused with: till-refunds-off, till-pin-wrong, till-pin-locked, unknown-spend, unknown-shop, refund-too-late, refund-too-much, refund-expired, id-reused, till-no-pin, till-pin-needed, reason-missing.
    """
    return json_call(
        "POST",
        f"/v1/shop/spends/{path_part(spend_id)}/refunds",
        models.GivenBackView,
        session=True,
        body=models.ShopRefund(refund_id=refund_id, points=points, reason=reason, pin=pin),
    )


def shop_settlements(*, shop_id: str | UnsetType = UNSET) -> Call[models.ShopCycles]:
    """The shop's last two dozen closed cycles: what was paid, and when.

    Refused with: unknown-shop.
    """
    return json_call(
        "GET", "/v1/shop/settlements", models.ShopCycles, session=True, query={"shop_id": shop_id}
    )


def shop_statement(starts_on: date, *, shop_id: str | UnsetType = UNSET) -> Call[models.StatementView]:
    """The shop's own statement of a cycle.

    Refused with: unknown-cycle, unknown-shop.
    """
    return json_call(
        "GET",
        f"/v1/shop/settlements/{path_part(starts_on)}",
        models.StatementView,
        session=True,
        query={"shop_id": shop_id},
    )


def shop_statement_csv(starts_on: date, *, shop_id: str | UnsetType = UNSET) -> Call[File]:
    """The shop's own statement for Excel.

    Refused with: unknown-cycle, unknown-shop.
    """
    return json_call(
        "GET",
        f"/v1/shop/settlements/{path_part(starts_on)}/csv",
        File,
        session=True,
        query={"shop_id": shop_id},
    )


def shop_statement_pdf(starts_on: date, *, shop_id: str | UnsetType = UNSET) -> Call[File]:
    """The shop's own statement to print and to keep.

    Refused with: unknown-cycle, unknown-shop.
    """
    return json_call(
        "GET",
        f"/v1/shop/settlements/{path_part(starts_on)}/pdf",
        File,
        session=True,
        query={"shop_id": shop_id},
    )


def member_references(reference: str) -> Call[models.MemberReferences]:
    """The member's own exchange or payment by the 8 characters that stand on its page.

    Refused with: not-for-a-representative, unknown-reference.
    """
    return json_call("GET", f"/v1/references/{path_part(reference)}", models.MemberReferences, session=True)


def shop_references(reference: str) -> Call[models.ShopReferences]:
    """A payment at this shop in the last 400 days, by the 8 characters on the customer's page; for a till since yesterday.

    Refused with: unknown-reference.
    """
    return json_call(
        "GET", f"/v1/shop/references/{path_part(reference)}", models.ShopReferences, session=True
    )


def city_references(reference: str) -> Call[models.CityReferences]:
    """A payment at any of the city's shops in the last 400 days, by the 8 characters that both sides have.

    Refused with: unknown-reference.
    """
    return json_call(
        "GET", f"/v1/city/references/{path_part(reference)}", models.CityReferences, session=True
    )


def propose_representative(
    *,
    mykey_id: str,
    actor_mykey_id: str,
    kind: Literal["guardian", "family", "care"],
    may_exchange: bool,
    pay_points_a_day: int,
    starts_on: date,
    ends_on: date,
    reason: str,
) -> Call[models.ProposalView]:
    """Propose who acts for a member, after the clerk has seen the papers; another person decides.

    Refused with: unknown-member, representative-exists, proposal-pending, nobody-to-decide, representative-unfit, reason-missing.
    """
    return json_call(
        "POST",
        "/v1/city/representatives",
        models.ProposalView,
        session=True,
        body=models.RepresentativeWanted(
            mykey_id=mykey_id,
            actor_mykey_id=actor_mykey_id,
            kind=kind,
            may_exchange=may_exchange,
            pay_points_a_day=pay_points_a_day,
            starts_on=starts_on,
            ends_on=ends_on,
            reason=reason,
        ),
    )


def list_representatives(*, mykey_id: str) -> Call[models.CityRepresentations]:
    """Who acts for a member, or has, as this city has appointed them; with what was done.

    Refused with: unknown-member.
    """
    return json_call(
        "POST",
        "/v1/city/representatives/of-member",
        models.CityRepresentations,
        session=True,
        body=models.MemberNamed(mykey_id=mykey_id),
    )


def end_representative(representation_id: str, *, reason: str) -> Call[None]:
    """End it at once; one person suffices. Sessions that act by it end with it.

    Refused with: unknown-representation, representation-over, reason-missing.
    """
    return json_call(
        "POST",
        f"/v1/city/representatives/{path_part(representation_id)}/end",
        NoneType,
        session=True,
        body=models.ReasonGiven(reason=reason),
    )


def search_by_reference(*, reference: str, reason: str) -> Call[models.Matches]:
    """Whose payment or exchange has this number. Short numbers of payments are found for 400 days.

    Refused with: unknown-reference, reason-missing.
    """
    return json_call(
        "POST",
        "/v1/city/support/references",
        models.Matches,
        session=True,
        body=models.ReferenceSearch(reference=reference, reason=reason),
    )


def search_by_payment(
    *, points: int, day: date, reason: str, shop_id: str | None | UnsetType = UNSET
) -> Call[models.Matches]:
    """Payments of exactly this sum on this day, with whose they are.

    Refused with: reason-missing.
    """
    return json_call(
        "POST",
        "/v1/city/support/payments",
        models.Matches,
        session=True,
        body=models.PaymentSearch(points=points, day=day, shop_id=shop_id, reason=reason),
    )


def member_timeline(
    *, mykey_id: str, reason: str, before: int | None | UnsetType = UNSET, limit: int | UnsetType = UNSET
) -> Call[models.TimelineView]:
    """What happened to a member in this city, newest first: points, exchanges, the account; and what ends when.

    Refused with: unknown-member, member-merged, reason-missing.
    """
    return json_call(
        "POST",
        "/v1/city/support/timelines",
        models.TimelineView,
        session=True,
        body=models.TimelineWanted(mykey_id=mykey_id, reason=reason, before=before, limit=limit),
    )


def unlock_member(*, mykey_id: str, reason: str) -> Call[None]:
    """Open the locks that wrong passwords have closed, after the clerk has seen who it is.

    Refused with: unknown-member, member-merged, reason-missing.
    """
    return json_call(
        "POST",
        "/v1/city/support/unlocking",
        NoneType,
        session=True,
        body=models.UnlockWanted(mykey_id=mykey_id, reason=reason),
    )


def propose_member_access(*, mykey_id: str, reason: str) -> Call[models.ProposalView]:
    """Propose a code for a member who has lost every way in, after the clerk has seen who it is.

    Another person decides, is shown the code once, and gives it to the member, who chooses a new password with it.

    Refused with: unknown-member, member-merged, proposal-pending, nobody-to-decide, reason-missing.
    """
    return json_call(
        "POST",
        "/v1/city/support/access",
        models.ProposalView,
        session=True,
        body=models.UnlockWanted(mykey_id=mykey_id, reason=reason),
    )


def issue_pay_cards(
    *, issue_id: str, point_service: str, mykey_ids: list[str], reason: str, replace: bool | UnsetType = UNSET
) -> Call[models.IssueView]:
    """Issue a card to each of these members, or replace it. Members who get none stand in `left_out`; the others get theirs.

    Refused with: unknown-municipality, unknown-point-service, pay-card-too-many, reason-missing.
    """
    return json_call(
        "POST",
        "/v1/city/pay-cards",
        models.IssueView,
        session=True,
        body=models.CardsWanted(
            issue_id=issue_id,
            point_service=point_service,
            mykey_ids=mykey_ids,
            replace=replace,
            reason=reason,
        ),
    )


def print_pay_cards(*, numbers: list[str]) -> Call[File]:
    """Cards to print and cut, five on a page of A4, each with a stub that says whose it is.

    Refused with: pay-card-unknown, pay-card-stopped.
    """
    return json_call(
        "POST", "/v1/city/pay-cards/sheets", File, session=True, body=models.SheetsWanted(numbers=numbers)
    )


def stop_pay_card(*, mykey_id: str, reason: str) -> Call[None]:
    """Stop a member's card. From this moment on no shop takes points with it.

    Refused with: unknown-member, member-merged, pay-card-none, reason-missing.
    """
    return json_call(
        "POST",
        "/v1/city/pay-cards/stopping",
        NoneType,
        session=True,
        body=models.CardStopWanted(mykey_id=mykey_id, reason=reason),
    )


def set_pay_card_pin(*, mykey_id: str, pin: str, reason: str) -> Call[None]:
    """Set the PIN that the member types at the desk; one that was locked is open again.

    Refused with: unknown-member, member-merged, pay-card-none, pay-card-pin-unfit, reason-missing.
    """
    return json_call(
        "POST",
        "/v1/city/pay-cards/pins",
        NoneType,
        session=True,
        body=models.CardPinWanted(mykey_id=mykey_id, pin=pin, reason=reason),
    )


def get_pay_card_limits() -> Call[models.CardLimitsView]:
    """The city's limits; where it has decided nothing, 1,000 points without a PIN, 5,000 a day, 30 cards a person and day."""
    return json_call("GET", "/v1/city/pay-cards/limits", models.CardLimitsView, session=True)


def change_pay_card_limits(
    *,
    no_pin_points: int,
    points_a_day: int,
    cards_a_day: int,
    reason: str,
    seen: str | None | UnsetType = UNSET,
) -> Call[models.CardLimitsView | models.ProposalView]:
    """Lower the city's limits, from this moment on; to raise any of them waits for a second person (202).

    Refused with: changed-meanwhile, proposal-pending, nobody-to-decide, pay-card-limits-unfit, reason-missing.
    """
    return json_call(
        "PUT",
        "/v1/city/pay-cards/limits",
        models.CardLimitsView,
        session=True,
        body=models.CardLimitsWanted(
            no_pin_points=no_pin_points,
            points_a_day=points_a_day,
            cards_a_day=cards_a_day,
            reason=reason,
            seen=seen,
        ),
        by_status={202: models.ProposalView},
    )


def list_places(
    *,
    municipality: str,
    name: str | UnsetType = UNSET,
    after: str | UnsetType = UNSET,
    limit: int | UnsetType = UNSET,
) -> Call[models.PlacesPage]:
    """Where a city's points can be used (自治体ポイントナビ).

    Refused with: unknown-municipality.
    """
    return json_call(
        "GET",
        "/v1/shops",
        models.PlacesPage,
        session=False,
        query={"municipality": municipality, "name": name, "after": after, "limit": limit},
    )


def make_pay_code(*, municipality: str, point_service: str) -> Call[models.PayCodeView]:
    """Make a code to show at a counter: sixty seconds, once. Ask for the next one before it ends.

    Refused with: not-for-a-representative, unknown-municipality, unknown-point-service.
    """
    return json_call(
        "POST",
        "/v1/pay-codes",
        models.PayCodeView,
        session=True,
        body=models.PayCodeWanted(municipality=municipality, point_service=point_service),
    )


def pay_code_state(digits: str) -> Call[models.PayCodeState]:
    """Whether a shop has taken points with this code of the member's own, and how many.

    Refused with: not-for-a-representative, pay-code-unknown.
    """
    return json_call("GET", f"/v1/pay-codes/{path_part(digits)}", models.PayCodeState, session=True)


def read_shop_code(*, shop_code: str) -> Call[models.PlaceView]:
    """Whose code the member has scanned or typed, to be shown before the amount is typed.

    Refused with: not-for-a-representative, shop-code-wrong, unknown-shop, shop-closed.
    """
    return json_call(
        "POST",
        "/v1/shop-codes",
        models.PlaceView,
        session=True,
        body=models.ShopCodeScanned(shop_code=shop_code),
    )


def pay_shop(*, spend_id: str, shop_code: str, point_service: str, points: int) -> Call[models.PaidView]:
    """Pay the shop whose code was scanned, under an id that you made; the same again is the same payment (200).

    Refused with: fresh-proof-needed, not-for-a-representative, shop-code-wrong, unknown-shop, unknown-municipality, unknown-point-service, unknown-representation, representation-over, representative-limit, shop-closed, not-enough-points, limit-of-the-day, id-reused.
    """
    return json_call(
        "POST",
        "/v1/spends",
        models.PaidView,
        session=True,
        body=models.SpendWanted(
            spend_id=spend_id, shop_code=shop_code, point_service=point_service, points=points
        ),
    )


def list_spends(*, before: int | UnsetType = UNSET, limit: int | UnsetType = UNSET) -> Call[models.Spends]:
    """The member's payments, newest first.

    Refused with: not-for-a-representative.
    """
    return json_call(
        "GET", "/v1/spends", models.Spends, session=True, query={"before": before, "limit": limit}
    )


def get_spend(spend_id: str) -> Call[models.PaidView]:
    """One payment of the member's own, for a receipt; `left` is what can be used now.

    Refused with: not-for-a-representative, unknown-spend.
    """
    return json_call("GET", f"/v1/spends/{path_part(spend_id)}", models.PaidView, session=True)


def list_expiries(municipality: str, point_service: str) -> Call[models.Expiries]:
    """What of the member's points expires when, the soonest first.

    Refused with: not-for-a-representative, unknown-municipality, unknown-point-service.
    """
    return json_call(
        "GET",
        f"/v1/expiries/{path_part(municipality)}/{path_part(point_service)}",
        models.Expiries,
        session=True,
    )


def city_figures(
    *, since: date, until: date, point_service: str | UnsetType = UNSET
) -> Call[models.DayFigures]:
    """Points in and out by day and by shop, partner or project; at most some seconds behind the ledger.

    Refused with: bad-period.
    """
    return json_call(
        "GET",
        "/v1/city/figures",
        models.DayFigures,
        session=True,
        query={"since": since, "until": until, "point_service": point_service},
    )


def city_figures_csv(*, since: date, until: date, point_service: str | UnsetType = UNSET) -> Call[File]:
    """The same figures for Excel.

    Refused with: bad-period.
    """
    return json_call(
        "GET",
        "/v1/city/figures/csv",
        File,
        session=True,
        query={"since": since, "until": until, "point_service": point_service},
    )


def city_totals_by_day(
    *, since: date, until: date, point_service: str | UnsetType = UNSET
) -> Call[models.DayTotals]:
    """Points in and out by day, all parties together, for years where need be.

    Refused with: bad-period.
    """
    return json_call(
        "GET",
        "/v1/city/figures/by-day",
        models.DayTotals,
        session=True,
        query={"since": since, "until": until, "point_service": point_service},
    )


def city_totals_by_party(
    *, since: date, until: date, point_service: str | UnsetType = UNSET
) -> Call[models.PartyTotals]:
    """Points of a period by partner, shop and project.

    Refused with: bad-period.
    """
    return json_call(
        "GET",
        "/v1/city/figures/by-party",
        models.PartyTotals,
        session=True,
        query={"since": since, "until": until, "point_service": point_service},
    )


def city_issue_months(point_service: str) -> Call[models.MonthsOfIssue]:
    """What came of the points of each month of issue, and what of it is unused.

    Refused with: unknown-municipality, unknown-point-service.
    """
    return json_call(
        "GET",
        f"/v1/city/point-services/{path_part(point_service)}/issue-months",
        models.MonthsOfIssue,
        session=True,
    )


def city_expiring(point_service: str) -> Call[models.ExpiringList]:
    """What expires when: unused points by their last day, the soonest first.

    Refused with: unknown-municipality, unknown-point-service.
    """
    return json_call(
        "GET",
        f"/v1/city/point-services/{path_part(point_service)}/expiring",
        models.ExpiringList,
        session=True,
    )


def city_open_exchanges() -> Call[models.OpenExchangesList]:
    """Exchanges into the city's points that wait for a partner's answer, by partner; no member is named."""
    return json_call("GET", "/v1/city/open-exchanges", models.OpenExchangesList, session=True)


def city_issues(point_service: str) -> Call[models.IssueFigures]:
    """What came of the points of each day of issue, and when what is left expires.

    Refused with: unknown-municipality, unknown-point-service.
    """
    return json_call(
        "GET", f"/v1/city/point-services/{path_part(point_service)}/issues", models.IssueFigures, session=True
    )


def city_partners() -> Call[models.CityPartners]:
    """The partner companies by name, and how many exchanges to this city have no outcome yet."""
    return json_call("GET", "/v1/city/partners", models.CityPartners, session=True)


def city_unused(*, day: date) -> Call[models.UnusedView]:
    """Unused points at the end of a day: for the legal report of 31 March and 30 September."""
    return json_call("GET", "/v1/city/unused", models.UnusedView, session=True, query={"day": day})


def city_unused_csv(*, day: date) -> Call[File]:
    """The legal report for Excel: a line a point service, and their sum."""
    return json_call("GET", "/v1/city/unused/csv", File, session=True, query={"day": day})


def city_issues_csv(point_service: str) -> Call[File]:
    """What came of the points of each day of issue, for Excel.

    Refused with: unknown-municipality, unknown-point-service.
    """
    return json_call(
        "GET", f"/v1/city/point-services/{path_part(point_service)}/issues/csv", File, session=True
    )


def get_issuer(point_service: str) -> Call[models.IssuerView]:
    """Who issues the points: the city itself, where nobody else was named."""
    return json_call(
        "GET", f"/v1/city/point-services/{path_part(point_service)}/issuer", models.IssuerView, session=True
    )


def put_issuer(
    point_service: str,
    *,
    kind: Literal["city", "chamber", "company"],
    name: str,
    reason: str,
    contact: str | UnsetType = UNSET,
    seen: str | None | UnsetType = UNSET,
) -> Call[models.IssuerView]:
    """Say who issues the points; it decides which law applies to them.

    Refused with: unknown-municipality, unknown-point-service, changed-meanwhile, bad-issuer.
    """
    return json_call(
        "PUT",
        f"/v1/city/point-services/{path_part(point_service)}/issuer",
        models.IssuerView,
        session=True,
        body=models.IssuerWanted(kind=kind, name=name, contact=contact, reason=reason, seen=seen),
    )


def half_year_report(base_day: date) -> Call[models.HalfYears]:
    """発行額, 回収額 and 未使用残高 of each issuer at a base day (31 March or 30 September), with the 10-million line.

    Refused with: bad-base-day.
    """
    return json_call(
        "GET", f"/v1/city/half-year-reports/{path_part(base_day)}", models.HalfYears, session=True
    )


def half_year_csv(base_day: date) -> Call[File]:
    """The same for Excel, a line an issuer.

    Refused with: bad-base-day.
    """
    return json_call("GET", f"/v1/city/half-year-reports/{path_part(base_day)}/csv", File, session=True)


def partner_settlements(*, year: int, month: int) -> Call[models.PartnerMonths]:
    """What each partner owes for a month, per rate and campaign, by name, and how far both books agree."""
    return json_call(
        "GET",
        "/v1/platform/partner-settlements",
        models.PartnerMonths,
        session=True,
        query={"year": year, "month": month},
    )


def partner_invoice(*, year: int, month: int) -> Call[File]:
    """The month's invoice for Excel; each id has its name beside it."""
    return json_call(
        "GET",
        "/v1/platform/partner-settlements/csv",
        File,
        session=True,
        query={"year": year, "month": month},
    )


def platform_exchanges(
    *,
    state: Literal["sending", "open", "needs_a_person", "settled", "declined", "not_sent"]
    | UnsetType = UNSET,
    partner_id: str | UnsetType = UNSET,
) -> Call[models.WaitingExchanges]:
    """Exchanges of all members, the longest waiting first; those that need a person before all others."""
    return json_call(
        "GET",
        "/v1/platform/exchanges",
        models.WaitingExchanges,
        session=True,
        query={"state": state, "partner_id": partner_id},
    )


def platform_exchange(exchange: str) -> Call[models.ExchangeStory]:
    """The whole story of an exchange: each state, each call to the partner, each move of points. No name, no secret.

    Refused with: unknown-exchange.
    """
    return json_call(
        "GET", f"/v1/platform/exchanges/{path_part(exchange)}", models.ExchangeStory, session=True
    )


def ask_about_exchange(exchange: str) -> Call[models.ExchangeStory]:
    """Ask the partner now, and give the story with its answer. Of one that has ended nothing is changed by it.

    Refused with: unknown-exchange, unknown-partner.
    """
    return json_call(
        "POST", f"/v1/platform/exchanges/{path_part(exchange)}/question", models.ExchangeStory, session=True
    )


def propose_outcome(
    exchange: str, *, debited: bool, reason: str, reference: str | UnsetType = UNSET
) -> Call[models.ProposalView]:
    """Propose how an exchange ends that asking has not settled. The partner is asked once more at the decision.

    Refused with: unknown-exchange, exchange-state, proposal-pending, nobody-to-decide, reason-missing.
    """
    return json_call(
        "POST",
        f"/v1/platform/exchanges/{path_part(exchange)}/outcome",
        models.ProposalView,
        session=True,
        body=models.OutcomeWanted(debited=debited, reference=reference, reason=reason),
    )


def propose_reversal(
    exchange: str,
    *,
    reversal_id: str,
    reason: str,
    units: int | str | None | UnsetType = UNSET,
    by_hand: bool | UnsetType = UNSET,
    reference: str | UnsetType = UNSET,
    taken_from: str | UnsetType = UNSET,
) -> Call[models.ProposalView]:
    """Propose to take a settled exchange back, wholly or in part (取消・返還), by an id that the caller made.

    Refused with: unknown-exchange, exchange-state, reversal-by-hand, more-than-is-left, points-already-spent, id-reused, proposal-pending, nobody-to-decide, not-the-members, reason-missing.
    """
    return json_call(
        "POST",
        f"/v1/platform/exchanges/{path_part(exchange)}/reversals",
        models.ProposalView,
        session=True,
        body=models.ReversalWanted(
            reversal_id=reversal_id,
            units=units,
            by_hand=by_hand,
            reference=reference,
            taken_from=taken_from,
            reason=reason,
        ),
    )


def propose_reversal_outcome(
    exchange: str, reversal_id: str, *, was_reversed: bool, reason: str
) -> Call[models.ProposalView]:
    """Propose how a reversal ends that asking has not settled.

    Refused with: unknown-exchange, unknown-reversal, reversal-ended, proposal-pending, nobody-to-decide, reason-missing.
    """
    return json_call(
        "POST",
        f"/v1/platform/exchanges/{path_part(exchange)}/reversals/{path_part(reversal_id)}/outcome",
        models.ProposalView,
        session=True,
        body=models.ReversalOutcomeWanted(was_reversed=was_reversed, reason=reason),
    )


def platform_partners() -> Call[models.PartnerStandings]:
    """Every partner: open or paused, what waits, how far both books were compared."""
    return json_call("GET", "/v1/platform/partners", models.PartnerStandings, session=True)


def pause_partner(partner_id: str, *, reason: str) -> Call[None]:
    """Stop a partner at once: nothing new begins with it; open outcomes are still asked about. One person suffices.

    Refused with: unknown-partner, reason-missing.
    """
    return json_call(
        "POST",
        f"/v1/platform/partners/{path_part(partner_id)}/pause",
        NoneType,
        session=True,
        body=models.ReasonGiven(reason=reason),
    )


def propose_resumption(partner_id: str, *, reason: str) -> Call[models.ProposalView]:
    """Propose to let exchanges with a paused partner begin again; it takes a second person.

    Refused with: partner-not-paused, proposal-pending, nobody-to-decide, reason-missing.
    """
    return json_call(
        "POST",
        f"/v1/platform/partners/{path_part(partner_id)}/resumption",
        models.ProposalView,
        session=True,
        body=models.ReasonGiven(reason=reason),
    )


def days_with_differences() -> Call[models.DaysWithDifferences]:
    """The days on which both books differ and nobody has closed it, the newest first."""
    return json_call("GET", "/v1/platform/differences", models.DaysWithDifferences, session=True)


def propose_closing(
    *, partner_id: str, day: date, exchange_id: str, reason: str, leave: bool | UnsetType = UNSET
) -> Call[models.ProposalView]:
    """Compare again and propose to close a difference: our side is made what the partner's is, or nothing moves.

    Refused with: unknown-partner, no-daily-list, no-difference, exchange-state, not-ours, no-whole-units, proposal-pending, nobody-to-decide, not-the-members, reason-missing, partner-unavailable.
    """
    return json_call(
        "POST",
        "/v1/platform/differences",
        models.ProposalView,
        session=True,
        body=models.DifferenceClosed(
            partner_id=partner_id, day=day, exchange_id=exchange_id, leave=leave, reason=reason
        ),
    )


def compare_day(*, partner_id: str, day: date) -> Call[models.Comparison]:
    """Ask for the partner's book of a day and lay ours beside it (突合); it repairs nothing.

    Refused with: unknown-partner, no-daily-list, partner-unavailable.
    """
    return json_call(
        "POST",
        "/v1/platform/comparisons",
        models.Comparison,
        session=True,
        body=models.DayCompared(partner_id=partner_id, day=day),
    )


def propose_merge(*, from_mykey_id: str, mykey_id: str, reason: str) -> Call[models.ProposalView]:
    """Propose to bring together two members who are one person; the old MyKey ID may have been revoked before.

    Refused with: unknown-member, same-member, member-revoked, member-merged, member-busy, nothing-to-merge, proposal-pending, nobody-to-decide, reason-missing.
    """
    return json_call(
        "POST",
        "/v1/platform/members/merges",
        models.ProposalView,
        session=True,
        body=models.MergeWanted(from_mykey_id=from_mykey_id, mykey_id=mykey_id, reason=reason),
    )


def propose_erasure(
    *, mykey_id: str, reason: str, gives_up: int | UnsetType = UNSET
) -> Call[models.ProposalView]:
    """Propose to erase what is kept of a member; moves of points, payments and logs stay under a number.

    Refused with: unknown-member, member-busy, points-left, proposal-pending, nobody-to-decide, reason-missing.
    """
    return json_call(
        "POST",
        "/v1/platform/members/erasures",
        models.ProposalView,
        session=True,
        body=models.ErasureWanted(mykey_id=mykey_id, gives_up=gives_up, reason=reason),
    )


def propose_rectification(
    *,
    mykey_id: str,
    reason: str,
    display_name: str | None | UnsetType = UNSET,
    language: Literal["ja", "en", "ja-easy"] | None | UnsetType = UNSET,
    new_mykey_id: str | None | UnsetType = UNSET,
    forgets_mail: bool | UnsetType = UNSET,
) -> Call[models.ProposalView]:
    """Propose to put right what is wrongly kept of a member; the member is told when it is done.

    Refused with: unknown-member, member-merged, member-revoked, mykey-id-taken, nothing-to-rectify, proposal-pending, nobody-to-decide, mykey-id-unfit, bad-display-name, reason-missing.
    """
    return json_call(
        "POST",
        "/v1/platform/members/rectifications",
        models.ProposalView,
        session=True,
        body=models.RectificationWanted(
            mykey_id=mykey_id,
            display_name=display_name,
            language=language,
            new_mykey_id=new_mykey_id,
            forgets_mail=forgets_mail,
            reason=reason,
        ),
    )


def announce_maintenance(
    partner_id: str, *, starts_at: str, ends_at: str, reason: str
) -> Call[models.WindowView | models.ProposalView]:
    """Announce a maintenance window: at once, or as a proposal (202) where it would end an announced one earlier.

    Refused with: unknown-partner, proposal-pending, nobody-to-decide, bad-window, reason-missing.
    """
    return json_call(
        "POST",
        f"/v1/platform/partners/{path_part(partner_id)}/maintenance",
        models.WindowView,
        session=True,
        body=models.WindowWanted(starts_at=starts_at, ends_at=ends_at, reason=reason),
        by_status={202: models.ProposalView},
    )


def propose_maintenance_withdrawal(
    partner_id: str, *, starts_at: str, reason: str
) -> Call[models.ProposalView]:
    """Propose to take a maintenance window back; it takes a second person, for it lets exchanges begin.

    Refused with: unknown-window, proposal-pending, nobody-to-decide, bad-window, reason-missing.
    """
    return json_call(
        "POST",
        f"/v1/platform/partners/{path_part(partner_id)}/maintenance/withdrawal",
        models.ProposalView,
        session=True,
        body=models.WindowNamed(starts_at=starts_at, reason=reason),
    )


def change_pace(
    partner_id: str, *, calls_per_minute: int | None, reason: str
) -> Call[models.PaceView | models.ProposalView]:
    """Keep a lower pace towards a partner: at once. A higher one, or none, is proposed (202).

    Refused with: unknown-partner, proposal-pending, nobody-to-decide, bad-pace, reason-missing.
    """
    return json_call(
        "PUT",
        f"/v1/platform/partners/{path_part(partner_id)}/pace",
        models.PaceView,
        session=True,
        body=models.PaceWanted(calls_per_minute=calls_per_minute, reason=reason),
        by_status={202: models.ProposalView},
    )


def platform_keys() -> Call[models.KeyList]:
    """All keys of client programs and webhooks, revoked ones included; no secret."""
    return json_call("GET", "/v1/platform/keys", models.KeyList, session=True)


def propose_client_key(
    *,
    client: str,
    public_key: str,
    scope: Literal["portal", "municipal", "pos", "read-only"],
    reason: str,
    last_day: date | None | UnsetType = UNSET,
    shop: models.ShopOfKey | None | UnsetType = UNSET,
) -> Call[models.ProposalView]:
    """Propose to let a client program sign with this key; it takes a second person.

    Refused with: unknown-shop, key-exists, proposal-pending, nobody-to-decide, bad-public-key, bad-client, bad-scope, bad-last-day, reason-missing.
    """
    return json_call(
        "POST",
        "/v1/platform/client-keys",
        models.ProposalView,
        session=True,
        body=models.ClientKeyWanted(
            client=client, public_key=public_key, scope=scope, last_day=last_day, shop=shop, reason=reason
        ),
    )


def revoke_client_key(key_id: str, *, reason: str) -> Call[None]:
    """Revoke a client program's key for good; it opens nothing within seconds. One person suffices.

    Refused with: unknown-key, reason-missing.
    """
    return json_call(
        "POST",
        f"/v1/platform/client-keys/{path_part(key_id)}/revocation",
        NoneType,
        session=True,
        body=models.ReasonGiven(reason=reason),
    )


def propose_webhook_key(
    *,
    direction: Literal["in", "out", "mailer", "digests"],
    party: str,
    reason: str,
    url: str | None | UnsetType = UNSET,
) -> Call[models.ProposalView]:
    """Propose a secret for a webhook; it takes a second person, whose approval answers the secret, this once.

    Refused with: unknown-partner, proposal-pending, nobody-to-decide, bad-url, reason-missing.
    """
    return json_call(
        "POST",
        "/v1/platform/webhook-keys",
        models.ProposalView,
        session=True,
        body=models.WebhookWanted(direction=direction, party=party, url=url, reason=reason),
    )


def revoke_webhook_key(key_id: str, *, reason: str) -> Call[None]:
    """Stop using a webhook's secret at once. One person suffices.

    Refused with: unknown-key, reason-missing.
    """
    return json_call(
        "POST",
        f"/v1/platform/webhook-keys/{path_part(key_id)}/revocation",
        NoneType,
        session=True,
        body=models.ReasonGiven(reason=reason),
    )


def list_proposals(
    *,
    state: Literal["waiting", "carried_out", "sent_back", "withdrawn", "expired", "ended"]
    | UnsetType = UNSET,
    after: str | UnsetType = UNSET,
) -> Call[models.ProposalList]:
    """The city's proposals, the newest first, 200 a page; `may_decide` says which of them wait for you.

    Refused with: unknown-proposal.
    """
    return json_call(
        "GET", "/v1/city/proposals", models.ProposalList, session=True, query={"state": state, "after": after}
    )


def get_proposal(proposal_id: str) -> Call[models.ProposalView]:
    """One proposal with its `digest`, which an approval names.

    Refused with: unknown-proposal.
    """
    return json_call("GET", f"/v1/city/proposals/{path_part(proposal_id)}", models.ProposalView, session=True)


def approve_proposal(
    proposal_id: str, *, digest: str, reason: str | UnsetType = UNSET
) -> Call[models.DecisionView]:
    """Say yes to what somebody else has proposed; the last yes that is needed carries it out, whole or not at all.

    Refused with: unknown-proposal, unknown-staff, unknown-point-service, unknown-municipality, unknown-project, unknown-shop, unknown-cycle, unknown-spend, unknown-member, unknown-file, unknown-rule, unknown-exchange, unknown-reversal, unknown-partner, proposal-state, proposal-changed, proposal-outdated, second-person-missing, project-exists, budget-exceeded, project-not-open, limit-of-the-day, limit-of-the-project, id-reused, login-taken, last-administrator, staff-active, staff-closed, cycle-closed, earlier-cycle-open, sum-too-large, cycle-not-closed, nothing-to-pay, file-made-before, payer-missing, bank-missing, refund-too-much, refund-expired, file-state, rule-in-effect, worse-not-accepted, too-few-deciders, no-debt, exchange-state, reversal-ended, reversal-by-hand, more-than-is-left, points-already-spent, no-difference, not-ours, no-whole-units, no-daily-list, partner-not-paused, member-merged, member-revoked, member-busy, nothing-to-merge, points-left, mykey-id-taken, unknown-window, key-exists, representative-exists, bad-transfer-day, bad-deed-rule, not-the-members, bad-window, bad-pace, bad-client, bad-scope, bad-last-day, bad-url, representative-unfit, partner-unavailable.
    """
    return json_call(
        "POST",
        f"/v1/city/proposals/{path_part(proposal_id)}/approval",
        models.DecisionView,
        session=True,
        body=models.Approval(digest=digest, reason=reason),
    )


def send_back_proposal(proposal_id: str, *, reason: str) -> Call[models.ProposalView]:
    """Send a proposal back to its author with a reason (差戻し); nothing happens.

    Refused with: unknown-proposal, unknown-staff, unknown-file, proposal-state, second-person-missing, reason-missing.
    """
    return json_call(
        "POST",
        f"/v1/city/proposals/{path_part(proposal_id)}/return",
        models.ProposalView,
        session=True,
        body=models.ReasonGiven(reason=reason),
    )


def withdraw_proposal(proposal_id: str, *, reason: str) -> Call[models.ProposalView]:
    """Take back what you have proposed yourself, while nobody has decided it.

    Refused with: unknown-proposal, unknown-file, proposal-state, proposal-of-another, reason-missing.
    """
    return json_call(
        "POST",
        f"/v1/city/proposals/{path_part(proposal_id)}/withdrawal",
        models.ProposalView,
        session=True,
        body=models.ReasonGiven(reason=reason),
    )


def list_deed_rules() -> Call[models.DeedRuleList]:
    """The city's table: how many others decide each deed, and from which sum a grant waits."""
    return json_call("GET", "/v1/city/deeds", models.DeedRuleList, session=True)


def propose_deed_rule(
    deed: Literal[
        "grant",
        "grant_file",
        "carry_in",
        "carry_in_join",
        "grant_cancel",
        "correction",
        "project",
        "budget",
        "refund",
        "shop_account",
        "payer_account",
        "closing",
        "transfer_file",
        "payout",
        "shop_debt",
        "settlement_settings",
        "privacy_text",
        "staff",
        "role",
        "reset",
        "restart",
        "rule",
        "rule_withdrawal",
        "shop_staff",
        "shop_reset",
        "shop_application",
        "shop_list",
        "company",
        "member_access",
        "representative",
        "card_limits",
        "announcement",
        "deed_rule",
    ],
    *,
    persons: int,
    reason: str,
    from_points: int | None | UnsetType = UNSET,
    points_a_day: int | None | UnsetType = UNSET,
    seen: str | None | UnsetType = UNSET,
) -> Call[models.ProposalView]:
    """Propose another line of the table. It takes a second person, whatever the table says.

    Refused with: changed-meanwhile, proposal-pending, nobody-to-decide, bad-deed-rule, reason-missing.
    """
    return json_call(
        "PUT",
        f"/v1/city/deeds/{path_part(deed)}",
        models.ProposalView,
        session=True,
        body=models.DeedRuleWanted(
            persons=persons, from_points=from_points, points_a_day=points_a_day, reason=reason, seen=seen
        ),
    )


def list_staff_changes() -> Call[models.StaffChangeList]:
    """Whose access was made, changed or ended in the last 30 days: all for administrators, one's own for others."""
    return json_call("GET", "/v1/city/staff-changes", models.StaffChangeList, session=True)


def list_transfer_files(starts_on: date) -> Call[models.TransferFileList]:
    """Who has made this cycle's transfer file, when and for which day, and downloaded it; and until when one has to be sent."""
    return json_call(
        "GET",
        f"/v1/city/settlements/{path_part(starts_on)}/transfer-files",
        models.TransferFileList,
        session=True,
    )


def make_transfer_file(
    starts_on: date,
    *,
    transfer_on: date | None | UnsetType = UNSET,
    again: bool | UnsetType = UNSET,
    reason: str | UnsetType = UNSET,
) -> Call[models.TransferFileView | models.ProposalView]:
    """Propose the bank's transfer file (全銀フォーマット, 総合振込) of a closed cycle, to the accounts it was closed with.

    `again` makes it once more, which the proposal and the log say.

    Refused with: unknown-cycle, cycle-not-closed, payer-missing, bank-missing, nothing-to-pay, file-made-before, shop-number-missing, proposal-pending, nobody-to-decide, bad-transfer-day.
    """
    return json_call(
        "POST",
        f"/v1/city/settlements/{path_part(starts_on)}/transfer-files",
        models.TransferFileView,
        session=True,
        body=models.TransferFileWanted(transfer_on=transfer_on, again=again, reason=reason),
        by_status={202: models.ProposalView},
    )


def download_transfer_file(starts_on: date, number: int, *, seen: int | UnsetType = UNSET) -> Call[File]:
    """A transfer file as it was approved, byte for byte. Each download stands in the log, a repeated one as such.

    With `seen`, a file that was downloaded more often is not given, and the answer says by whom and when last.

    Refused with: unknown-file, file-downloaded-before.
    """
    return json_call(
        "GET",
        f"/v1/city/settlements/{path_part(starts_on)}/transfer-files/{path_part(number)}",
        File,
        session=True,
        query={"seen": seen},
    )


def list_payouts(starts_on: date) -> Call[models.PayoutList]:
    """What became of each shop's payment of a closed cycle (振込結果).

    Refused with: unknown-cycle.
    """
    return json_call(
        "GET", f"/v1/city/settlements/{path_part(starts_on)}/payouts", models.PayoutList, session=True
    )


def record_payout(
    starts_on: date,
    shop_id: str,
    *,
    state: Literal["paid", "held", "returned"],
    reason: str,
    return_fee_yen: int | None | UnsetType = UNSET,
) -> Call[models.PayoutRecorded | models.ProposalView]:
    """Record what became of a payment; one that is held or came back is owed again, and the next closing pays it (202).

    Refused with: unknown-cycle, unknown-shop, cycle-not-closed, payout-state, proposal-pending, nobody-to-decide, reason-missing.
    """
    return json_call(
        "PUT",
        f"/v1/city/settlements/{path_part(starts_on)}/payouts/{path_part(shop_id)}",
        models.PayoutRecorded,
        session=True,
        body=models.PayoutWanted(state=state, reason=reason, return_fee_yen=return_fee_yen),
        by_status={202: models.ProposalView},
    )
