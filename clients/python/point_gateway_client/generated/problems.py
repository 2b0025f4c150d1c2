"""The problem types of the API, a class each.

Made from the gateway's OpenAPI document by `make clients`; not written by hand.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from point_gateway_client.errors import (
    BadRequestProblem,
    ConflictProblem,
    ForbiddenProblem,
    InvalidInputProblem,
    NotFoundProblem,
    PayloadProblem,
    Problem,
    ServerProblem,
    TooManyProblem,
    UnauthorizedProblem,
    UnavailableProblem,
)


class AccountLinkedElsewhere(ConflictProblem):
    """This account is another member's."""

    word = "account-linked-elsewhere"


class ApplicationState(ConflictProblem):
    """The application is past that."""

    word = "application-state"


class BadAnnouncement(InvalidInputProblem):
    """The announcement does not fit."""

    word = "bad-announcement"


class BadApplication(InvalidInputProblem):
    """The application does not fit."""

    word = "bad-application"


class BadBankAccount(InvalidInputProblem):
    """The bank account does not fit."""

    word = "bad-bank-account"


class BadBaseDay(InvalidInputProblem):
    """This is no base day."""

    word = "bad-base-day"


class BadClient(InvalidInputProblem):
    """The client program's name does not fit."""

    word = "bad-client"


class BadCompany(InvalidInputProblem):
    """The company does not fit."""

    word = "bad-company"


class BadCorrection(InvalidInputProblem):
    """A correction moves points."""

    word = "bad-correction"


class BadDeedRule(InvalidInputProblem):
    """The table of deeds does not fit."""

    word = "bad-deed-rule"


class BadDisplayName(InvalidInputProblem):
    """This name cannot be shown."""

    word = "bad-display-name"


class BadEvent(InvalidInputProblem):
    """The event does not fit."""

    word = "bad-event"


class BadIssuer(InvalidInputProblem):
    """The issuer does not fit."""

    word = "bad-issuer"


class BadLastDay(InvalidInputProblem):
    """The last day is over."""

    word = "bad-last-day"


class BadMailAddress(InvalidInputProblem):
    """This is no mail address."""

    word = "bad-mail-address"


class BadPace(InvalidInputProblem):
    """The pace does not fit."""

    word = "bad-pace"


class BadPeriod(InvalidInputProblem):
    """The period cannot be shown."""

    word = "bad-period"


class BadPointService(InvalidInputProblem):
    """The point service does not fit."""

    word = "bad-point-service"


class BadPrivacyText(InvalidInputProblem):
    """The text does not fit."""

    word = "bad-privacy-text"


class BadProject(InvalidInputProblem):
    """The project does not fit."""

    word = "bad-project"


class BadPublicKey(InvalidInputProblem):
    """This is no public key."""

    word = "bad-public-key"


class BadRule(InvalidInputProblem):
    """The rule does not fit."""

    word = "bad-rule"


class BadScope(InvalidInputProblem):
    """The scope does not fit."""

    word = "bad-scope"


class BadSettlementSettings(InvalidInputProblem):
    """The settings do not fit."""

    word = "bad-settlement-settings"


class BadShop(InvalidInputProblem):
    """The entry does not fit."""

    word = "bad-shop"


class BadShopTerms(InvalidInputProblem):
    """The terms do not fit."""

    word = "bad-shop-terms"


class BadTransferDay(InvalidInputProblem):
    """No transfer on this day."""

    word = "bad-transfer-day"


class BadUrl(InvalidInputProblem):
    """The address does not fit."""

    word = "bad-url"


class BadWindow(InvalidInputProblem):
    """The window does not fit."""

    word = "bad-window"


class BankMissing(ConflictProblem):
    """A shop has no bank account."""

    word = "bank-missing"


class BankNotListed(InvalidInputProblem):
    """Not as the list of banks has it."""

    word = "bank-not-listed"


class BankResultOfAnotherRun(InvalidInputProblem):
    """The file is of another run."""

    word = "bank-result-of-another-run"


class BankResultUnreadable(InvalidInputProblem):
    """The result file cannot be read."""

    word = "bank-result-unreadable"


class BodyBroken(BadRequestProblem):
    """The body broke off."""

    word = "body-broken"


class BodyInvalid(InvalidInputProblem):
    """The body does not fit what is asked for."""

    word = "body-invalid"


class BodyNotJson(BadRequestProblem):
    """The body is not JSON in UTF-8."""

    word = "body-not-json"


class BodyTooLarge(PayloadProblem):
    """The body is too large."""

    word = "body-too-large"


class BodyUnexpected(BadRequestProblem):
    """This request takes no body."""

    word = "body-unexpected"


class BudgetExceeded(ConflictProblem):
    """The budget does not suffice."""

    word = "budget-exceeded"


class Busy(UnavailableProblem):
    """Too much is going on at the moment."""

    word = "busy"


class CancelTooMuch(ConflictProblem):
    """More than is left of the grant."""

    word = "cancel-too-much"


class CardAlgorithmRefused(ForbiddenProblem):
    """This kind of key is not taken."""

    word = "card-algorithm-refused"


class CardCertificateExpired(ForbiddenProblem):
    """The card's certificate has expired."""

    word = "card-certificate-expired"


class CardCertificateIsCa(ForbiddenProblem):
    """This certificate is for something else."""

    word = "card-certificate-is-ca"


class CardCertificateMalformed(ForbiddenProblem):
    """This is not a card's certificate."""

    word = "card-certificate-malformed"


class CardCertificateNotYetValid(ForbiddenProblem):
    """The card's certificate is not valid yet."""

    word = "card-certificate-not-yet-valid"


class CardCertificateRevoked(ForbiddenProblem):
    """The card's certificate was revoked."""

    word = "card-certificate-revoked"


class CardChallengeExpired(UnauthorizedProblem):
    """The card came too late."""

    word = "card-challenge-expired"


class CardChallengeOfAnotherSession(UnauthorizedProblem):
    """Begun in another browser."""

    word = "card-challenge-of-another-session"


class CardChallengeUnknown(UnauthorizedProblem):
    """This request was used before."""

    word = "card-challenge-unknown"


class CardCriticalExtensionUnknown(ForbiddenProblem):
    """This certificate says what we cannot read."""

    word = "card-critical-extension-unknown"


class CardIssuerOutsideValidity(ForbiddenProblem):
    """Its issuer is out of date."""

    word = "card-issuer-outside-validity"


class CardIssuerUntrusted(ForbiddenProblem):
    """Nobody we trust vouches for this card."""

    word = "card-issuer-untrusted"


class CardLoginNotConfigured(UnavailableProblem):
    """Cards are not taken here."""

    word = "card-login-not-configured"


class CardRegistered(ConflictProblem):
    """This card is registered already."""

    word = "card-registered"


class CardResponseMalformed(BadRequestProblem):
    """This is not a card's answer."""

    word = "card-response-malformed"


class CardResponseTooLarge(PayloadProblem):
    """This is not a card's answer."""

    word = "card-response-too-large"


class CardRevocationUnknown(UnavailableProblem):
    """Whether it was revoked cannot be known now."""

    word = "card-revocation-unknown"


class CardSignCertificateUsed(ForbiddenProblem):
    """The signing certificate was sent."""

    word = "card-sign-certificate-used"


class CardSignatureWrong(UnauthorizedProblem):
    """The card's signature does not fit."""

    word = "card-signature-wrong"


class CardUnknown(UnauthorizedProblem):
    """This card is not registered."""

    word = "card-unknown"


class CardValidatorsDisagree(ForbiddenProblem):
    """The certificate is doubtful."""

    word = "card-validators-disagree"


class CardWrongKeyUsage(ForbiddenProblem):
    """This certificate is for something else."""

    word = "card-wrong-key-usage"


class CardWrongOrigin(UnauthorizedProblem):
    """The card signed for another site."""

    word = "card-wrong-origin"


class CardWrongPolicy(ForbiddenProblem):
    """This certificate is for something else."""

    word = "card-wrong-policy"


class CardWrongPurpose(UnauthorizedProblem):
    """The card signed for something else."""

    word = "card-wrong-purpose"


class CarryInLocked(TooManyProblem):
    """Too many tries."""

    word = "carry-in-locked"


class CarryInWrong(ConflictProblem):
    """Number or code is wrong."""

    word = "carry-in-wrong"


class ChangedMeanwhile(ConflictProblem):
    """Somebody else has changed it meanwhile."""

    word = "changed-meanwhile"


class CommitFailed(UnavailableProblem):
    """It is not known whether this was written."""

    word = "commit-failed"


class ContentDigestWrong(UnauthorizedProblem):
    """The body is not the one that was signed."""

    word = "content-digest-wrong"


class ContentTypeWrong(PayloadProblem):
    """The body must be plain JSON."""

    word = "content-type-wrong"


class CouponAlreadyUsed(ConflictProblem):
    """This coupon was exchanged before."""

    word = "coupon-already-used"


class CouponMissing(InvalidInputProblem):
    """This partner works by coupon."""

    word = "coupon-missing"


class CouponNotTaken(InvalidInputProblem):
    """This partner takes no coupons."""

    word = "coupon-not-taken"


class CouponNotWholeUnits(InvalidInputProblem):
    """The coupon is no whole number of units."""

    word = "coupon-not-whole-units"


class CouponRefused(ConflictProblem):
    """The partner does not honour this coupon."""

    word = "coupon-refused"


class CsvColumns(InvalidInputProblem):
    """The columns are not the ones expected."""

    word = "csv-columns"


class CsvTooLong(InvalidInputProblem):
    """Too many lines."""

    word = "csv-too-long"


class CsvUnreadable(InvalidInputProblem):
    """The file cannot be read."""

    word = "csv-unreadable"


class CurrentPasswordWrong(ForbiddenProblem):
    """The current password is not right."""

    word = "current-password-wrong"


class CycleClosed(ConflictProblem):
    """The cycle was closed before."""

    word = "cycle-closed"


class CycleNotClosed(ConflictProblem):
    """The cycle is not closed yet."""

    word = "cycle-not-closed"


class CycleNotOver(ConflictProblem):
    """The cycle is not over yet."""

    word = "cycle-not-over"


class DestinationIncomplete(InvalidInputProblem):
    """The destination is not clear."""

    word = "destination-incomplete"


class EarlierCycleOpen(ConflictProblem):
    """An earlier cycle is still open."""

    word = "earlier-cycle-open"


class EventBegun(ConflictProblem):
    """The event has begun."""

    word = "event-begun"


class EventExists(ConflictProblem):
    """There is such an event already."""

    word = "event-exists"


class EventNotForMember(ConflictProblem):
    """The event is for members of its city."""

    word = "event-not-for-member"


class EventNotOpen(ConflictProblem):
    """The event takes no points now."""

    word = "event-not-open"


class EventOver(ConflictProblem):
    """The event's period is over."""

    word = "event-over"


class EventState(ConflictProblem):
    """The event is not at that stage."""

    word = "event-state"


class ExchangeIdReused(ConflictProblem):
    """The id already names another exchange."""

    word = "exchange-id-reused"


class ExchangeState(ConflictProblem):
    """The exchange has moved on."""

    word = "exchange-state"


class FileDownloadedBefore(ConflictProblem):
    """This file was downloaded before."""

    word = "file-downloaded-before"


class FileMadeBefore(ConflictProblem):
    """This file was made before."""

    word = "file-made-before"


class FileState(ConflictProblem):
    """The file is not at that stage."""

    word = "file-state"


class FreshProofNeeded(ForbiddenProblem):
    """Card, phone or passkey first."""

    word = "fresh-proof-needed"


class GrantedAlready(ConflictProblem):
    """This member was granted it before."""

    word = "granted-already"


class IdReused(ConflictProblem):
    """The id was used for something else."""

    word = "id-reused"


class InternalError(ServerProblem):
    """Something is broken on our side."""

    word = "internal-error"


class JournalUnwritable(ConflictProblem):
    """A letter cannot be written."""

    word = "journal-unwritable"


class KeyExists(ConflictProblem):
    """This key is known already."""

    word = "key-exists"


class KeyMissing(UnavailableProblem):
    """Stored data cannot be opened."""

    word = "key-missing"


class KeyScope(ForbiddenProblem):
    """The signing key may not call that."""

    word = "key-scope"


class LastAdministrator(ConflictProblem):
    """A city keeps an administrator."""

    word = "last-administrator"


class LastOwner(ConflictProblem):
    """A shop keeps an owner."""

    word = "last-owner"


class LimitOfTheDay(ConflictProblem):
    """More than the limit of the day."""

    word = "limit-of-the-day"


class LimitOfTheProject(ConflictProblem):
    """More than the project gives each member."""

    word = "limit-of-the-project"


class LimitOfTheVenue(ConflictProblem):
    """The venue has given what it may today."""

    word = "limit-of-the-venue"


class LinkMissing(ConflictProblem):
    """The partner account is not linked."""

    word = "link-missing"


class LoginTaken(ConflictProblem):
    """This login is taken."""

    word = "login-taken"


class LoginUnfit(InvalidInputProblem):
    """This cannot be a login."""

    word = "login-unfit"


class MailChangedEnough(ConflictProblem):
    """Changed often enough today."""

    word = "mail-changed-enough"


class MailLinkOver(NotFoundProblem):
    """This link is over."""

    word = "mail-link-over"


class MailNotOffered(NotFoundProblem):
    """No mail is sent here."""

    word = "mail-not-offered"


class MemberBusy(ConflictProblem):
    """Something of this member is under way."""

    word = "member-busy"


class MemberMerged(ConflictProblem):
    """This MyKey ID was brought together with another."""

    word = "member-merged"


class MemberRevoked(ConflictProblem):
    """This MyKey ID was revoked."""

    word = "member-revoked"


class MoreThanIsLeft(ConflictProblem):
    """More than can still be reversed."""

    word = "more-than-is-left"


class MykeyIdChangedEnough(ConflictProblem):
    """Changed often enough today."""

    word = "mykey-id-changed-enough"


class MykeyIdGeneratedEnough(ConflictProblem):
    """Generated three times already."""

    word = "mykey-id-generated-enough"


class MykeyIdOnlyGenerated(ConflictProblem):
    """Take a generated MyKey ID now."""

    word = "mykey-id-only-generated"


class MykeyIdTaken(ConflictProblem):
    """This MyKey ID is taken."""

    word = "mykey-id-taken"


class MykeyIdUnfit(InvalidInputProblem):
    """This cannot be a MyKey ID."""

    word = "mykey-id-unfit"


class NoApplications(NotFoundProblem):
    """No applications on the web."""

    word = "no-applications"


class NoCompany(NotFoundProblem):
    """No company."""

    word = "no-company"


class NoDailyList(ConflictProblem):
    """This partner tells no days."""

    word = "no-daily-list"


class NoDebt(ConflictProblem):
    """This shop owes nothing that can be ended."""

    word = "no-debt"


class NoDifference(ConflictProblem):
    """There is no difference to close."""

    word = "no-difference"


class NoRate(ConflictProblem):
    """No rate is in force."""

    word = "no-rate"


class NoWholeUnits(ConflictProblem):
    """The amounts are no whole units."""

    word = "no-whole-units"


class NobodyToDecide(ConflictProblem):
    """Nobody else may decide this."""

    word = "nobody-to-decide"


class NotEnough(ConflictProblem):
    """Not enough points."""

    word = "not-enough"


class NotEnoughPoints(ConflictProblem):
    """Not enough points."""

    word = "not-enough-points"


class NotForARepresentative(ForbiddenProblem):
    """Only the member does this."""

    word = "not-for-a-representative"


class NotOpenForDirectExchange(ConflictProblem):
    """Not open for direct exchange."""

    word = "not-open-for-direct-exchange"


class NotOurs(ConflictProblem):
    """No exchange here has this id."""

    word = "not-ours"


class NotQuoted(ConflictProblem):
    """There is no quote yet."""

    word = "not-quoted"


class NotReturned(ConflictProblem):
    """The member is not back yet."""

    word = "not-returned"


class NotTheMembers(InvalidInputProblem):
    """The account is not this member's."""

    word = "not-the-members"


class NothingChanged(ConflictProblem):
    """Nothing is changed."""

    word = "nothing-changed"


class NothingToMerge(ConflictProblem):
    """There is nothing to bring over."""

    word = "nothing-to-merge"


class NothingToPay(ConflictProblem):
    """Nothing is to be paid."""

    word = "nothing-to-pay"


class NothingToRectify(ConflictProblem):
    """Nothing of it differs."""

    word = "nothing-to-rectify"


class NoticeAnswered(ConflictProblem):
    """You have objected already."""

    word = "notice-answered"


class NumberNotWaiting(NotFoundProblem):
    """No such number waits."""

    word = "number-not-waiting"


class NumberProposedBefore(ConflictProblem):
    """You have proposed this number before."""

    word = "number-proposed-before"


class OidcArrivalUnknown(UnauthorizedProblem):
    """The phone must be read again."""

    word = "oidc-arrival-unknown"


class OidcCodeRefused(UnauthorizedProblem):
    """The provider takes this return no more."""

    word = "oidc-code-refused"


class OidcDeclined(UnauthorizedProblem):
    """The sign-in was stopped."""

    word = "oidc-declined"


class OidcOtherBrowser(UnauthorizedProblem):
    """Begun in another browser."""

    word = "oidc-other-browser"


class OidcRequestExpired(UnauthorizedProblem):
    """The return came too late."""

    word = "oidc-request-expired"


class OidcRequestUnknown(UnauthorizedProblem):
    """No such sign-in is under way."""

    word = "oidc-request-unknown"


class OidcSignInFailed(UnauthorizedProblem):
    """The provider signed nobody in."""

    word = "oidc-sign-in-failed"


class OidcTokenRefused(UnauthorizedProblem):
    """The provider's word is not believed."""

    word = "oidc-token-refused"


class OidcUnavailable(UnavailableProblem):
    """The provider cannot be asked."""

    word = "oidc-unavailable"


class OidcUnknownProvider(NotFoundProblem):
    """No such provider."""

    word = "oidc-unknown-provider"


class OidcWrongProvider(UnauthorizedProblem):
    """Not from the provider that was asked."""

    word = "oidc-wrong-provider"


class OwnRole(ConflictProblem):
    """Nobody changes their own access."""

    word = "own-role"


class PartnerInMaintenance(UnavailableProblem):
    """This partner is in maintenance."""

    word = "partner-in-maintenance"


class PartnerNotPaused(ConflictProblem):
    """This partner is not paused."""

    word = "partner-not-paused"


class PartnerPaused(UnavailableProblem):
    """This partner is paused."""

    word = "partner-paused"


class PartnerUnavailable(UnavailableProblem):
    """The partner cannot be asked at the moment."""

    word = "partner-unavailable"


class PasskeyEnded(UnauthorizedProblem):
    """This was begun too long ago."""

    word = "passkey-ended"


class PasskeyRefused(UnauthorizedProblem):
    """The passkey was not confirmed."""

    word = "passkey-refused"


class PasskeysEnough(ConflictProblem):
    """There are enough passkeys."""

    word = "passkeys-enough"


class PasskeysNotConfigured(NotFoundProblem):
    """Passkeys are not taken here."""

    word = "passkeys-not-configured"


class PasswordNotSet(ConflictProblem):
    """There is no password yet."""

    word = "password-not-set"


class PasswordToChange(ForbiddenProblem):
    """The first password is to be changed."""

    word = "password-to-change"


class PasswordUnfit(InvalidInputProblem):
    """This password cannot be used."""

    word = "password-unfit"


class PathMalformed(NotFoundProblem):
    """The address names nothing that can exist."""

    word = "path-malformed"


class PathUnknown(NotFoundProblem):
    """No such address."""

    word = "path-unknown"


class PayCardLimitsUnfit(InvalidInputProblem):
    """These limits do not fit."""

    word = "pay-card-limits-unfit"


class PayCardNoPin(ConflictProblem):
    """This card has no PIN."""

    word = "pay-card-no-pin"


class PayCardNone(ConflictProblem):
    """There is no valid card."""

    word = "pay-card-none"


class PayCardPinLocked(ForbiddenProblem):
    """The card's PIN is locked."""

    word = "pay-card-pin-locked"


class PayCardPinNeeded(ConflictProblem):
    """The card's PIN is needed."""

    word = "pay-card-pin-needed"


class PayCardPinUnfit(InvalidInputProblem):
    """This cannot be a PIN."""

    word = "pay-card-pin-unfit"


class PayCardPinWrong(ForbiddenProblem):
    """This is not the card's PIN."""

    word = "pay-card-pin-wrong"


class PayCardStopped(ConflictProblem):
    """This card was stopped."""

    word = "pay-card-stopped"


class PayCardTooMany(ConflictProblem):
    """Too many cards for one person and day."""

    word = "pay-card-too-many"


class PayCardUnknown(NotFoundProblem):
    """No card has this number."""

    word = "pay-card-unknown"


class PayCodeEnded(ConflictProblem):
    """This code is too old."""

    word = "pay-code-ended"


class PayCodeUnknown(NotFoundProblem):
    """This code is not one of ours."""

    word = "pay-code-unknown"


class PayCodeUnproven(ConflictProblem):
    """The customer confirms first."""

    word = "pay-code-unproven"


class PayCodeUsed(ConflictProblem):
    """This code was used before."""

    word = "pay-code-used"


class PayerMissing(ConflictProblem):
    """The city's own account is missing."""

    word = "payer-missing"


class PayoutState(ConflictProblem):
    """This payment is in another state."""

    word = "payout-state"


class PointServiceExists(ConflictProblem):
    """There is such a point service already."""

    word = "point-service-exists"


class PointsAlreadySpent(ConflictProblem):
    """The points have been spent."""

    word = "points-already-spent"


class PointsExpiredThere(ConflictProblem):
    """These points have expired there."""

    word = "points-expired-there"


class PointsLeft(ConflictProblem):
    """Points are left."""

    word = "points-left"


class ProjectExists(ConflictProblem):
    """There is such a project already."""

    word = "project-exists"


class ProjectNotOpen(ConflictProblem):
    """The project grants nothing now."""

    word = "project-not-open"


class ProofGuardsPayments(ConflictProblem):
    """Payments are confirmed with this."""

    word = "proof-guards-payments"


class ProofLast(ConflictProblem):
    """This is the only way to sign in."""

    word = "proof-last"


class ProofRegistered(ConflictProblem):
    """This leads to another MyKey ID."""

    word = "proof-registered"


class ProofUnknown(UnauthorizedProblem):
    """This leads to no MyKey ID."""

    word = "proof-unknown"


class ProposalChanged(ConflictProblem):
    """This is not what was proposed."""

    word = "proposal-changed"


class ProposalOfAnother(ConflictProblem):
    """Somebody else has proposed this."""

    word = "proposal-of-another"


class ProposalOutdated(ConflictProblem):
    """What it was proposed on has changed."""

    word = "proposal-outdated"


class ProposalPending(ConflictProblem):
    """A proposal for this waits already."""

    word = "proposal-pending"


class ProposalState(ConflictProblem):
    """The proposal does not wait any more."""

    word = "proposal-state"


class PushNotBelieved(UnauthorizedProblem):
    """The message is not believed."""

    word = "push-not-believed"


class QueryInvalid(BadRequestProblem):
    """The query does not fit what is asked for."""

    word = "query-invalid"


class QuoteExpired(ConflictProblem):
    """The quote is too old."""

    word = "quote-expired"


class QuoteReplaced(ConflictProblem):
    """There is a newer quote."""

    word = "quote-replaced"


class ReasonMissing(InvalidInputProblem):
    """A decision needs its reason."""

    word = "reason-missing"


class RefundExpired(ConflictProblem):
    """Part of these points has expired."""

    word = "refund-expired"


class RefundTooLate(ConflictProblem):
    """The day of the payment is over."""

    word = "refund-too-late"


class RefundTooMuch(ConflictProblem):
    """More than was paid."""

    word = "refund-too-much"


class RepresentationOver(ConflictProblem):
    """The representation is not in force."""

    word = "representation-over"


class RepresentativeExists(ConflictProblem):
    """This person acts for the member already."""

    word = "representative-exists"


class RepresentativeLimit(ConflictProblem):
    """Above what a representative may pay in a day."""

    word = "representative-limit"


class RepresentativeUnfit(InvalidInputProblem):
    """The representation cannot be made so."""

    word = "representative-unfit"


class RestorationRefused(UnauthorizedProblem):
    """The code opens nothing."""

    word = "restoration-refused"


class Restored(UnavailableProblem):
    """Being completed after a restore."""

    word = "restored"


class ResultLayoutMissing(ConflictProblem):
    """The bank's result files are not described yet."""

    word = "result-layout-missing"


class ReturnCodeWrong(ForbiddenProblem):
    """This is not the code of the return."""

    word = "return-code-wrong"


class ReturnUrlMissing(InvalidInputProblem):
    """Nowhere to come back to."""

    word = "return-url-missing"


class ReturnUrlNotAllowed(InvalidInputProblem):
    """That address is not one to come back to."""

    word = "return-url-not-allowed"


class ReversalByHand(ConflictProblem):
    """This partner cannot reverse by itself."""

    word = "reversal-by-hand"


class ReversalEnded(ConflictProblem):
    """The reversal has ended."""

    word = "reversal-ended"


class RoleNotAllowed(ForbiddenProblem):
    """This role may not do that."""

    word = "role-not-allowed"


class RoleUnfit(InvalidInputProblem):
    """This role does not fit."""

    word = "role-unfit"


class RuleInEffect(ConflictProblem):
    """This version is in effect."""

    word = "rule-in-effect"


class SameMember(ConflictProblem):
    """These are one record."""

    word = "same-member"


class SecondFactorExists(ConflictProblem):
    """There is one already."""

    word = "second-factor-exists"


class SecondFactorLast(ConflictProblem):
    """The last second factor stays."""

    word = "second-factor-last"


class SecondFactorMissing(ForbiddenProblem):
    """A second factor is needed."""

    word = "second-factor-missing"


class SecondFactorWrong(UnauthorizedProblem):
    """The passkey or the code is not right."""

    word = "second-factor-wrong"


class SecondPersonMissing(ConflictProblem):
    """A second person has to approve."""

    word = "second-person-missing"


class SessionEnded(UnauthorizedProblem):
    """The session has ended."""

    word = "session-ended"


class SessionMissing(UnauthorizedProblem):
    """Nobody is signed in."""

    word = "session-missing"


class SharedTerminal(ForbiddenProblem):
    """Not at a shared terminal."""

    word = "shared-terminal"


class ShopClosed(ConflictProblem):
    """The shop takes no more points."""

    word = "shop-closed"


class ShopCodeWrong(NotFoundProblem):
    """This is not the code of a shop."""

    word = "shop-code-wrong"


class ShopExists(ConflictProblem):
    """There is such a shop already."""

    word = "shop-exists"


class ShopListFaulty(ConflictProblem):
    """The list cannot be imported yet."""

    word = "shop-list-faulty"


class ShopNumberMissing(ConflictProblem):
    """A shop has no number yet."""

    word = "shop-number-missing"


class SignInEnded(UnauthorizedProblem):
    """This sign-in is over."""

    word = "sign-in-ended"


class SignInLocked(TooManyProblem):
    """Too many tries."""

    word = "sign-in-locked"


class SignInRefused(UnauthorizedProblem):
    """Not signed in."""

    word = "sign-in-refused"


class SignatureInvalid(UnauthorizedProblem):
    """The signature does not fit the request."""

    word = "signature-invalid"


class SignatureKeyEnded(UnauthorizedProblem):
    """The signing key has ended."""

    word = "signature-key-ended"


class SignatureKeyUnknown(UnauthorizedProblem):
    """The signing key is not known here."""

    word = "signature-key-unknown"


class SignatureMissing(UnauthorizedProblem):
    """The request is not signed."""

    word = "signature-missing"


class SignatureReplayed(UnauthorizedProblem):
    """This signature was used before."""

    word = "signature-replayed"


class SignatureStale(UnauthorizedProblem):
    """The signature was made at another time."""

    word = "signature-stale"


class StaffActive(ConflictProblem):
    """This person is let in already."""

    word = "staff-active"


class StaffClosed(ConflictProblem):
    """This person was stopped."""

    word = "staff-closed"


class StateExpired(BadRequestProblem):
    """This return came too late."""

    word = "state-expired"


class StateInvalid(BadRequestProblem):
    """This return does not belong to an exchange."""

    word = "state-invalid"


class StateUsed(ConflictProblem):
    """This return was used before."""

    word = "state-used"


class StepUpNoProof(ConflictProblem):
    """Nothing to prove it with."""

    word = "step-up-no-proof"


class StopTooSoon(ConflictProblem):
    """A stop is announced 30 days ahead."""

    word = "stop-too-soon"


class StrongSignInNeeded(ForbiddenProblem):
    """Sign in with card or phone first."""

    word = "strong-sign-in-needed"


class SumTooLarge(ConflictProblem):
    """The bank's file cannot carry this sum."""

    word = "sum-too-large"


class TermsChanged(ConflictProblem):
    """The terms have changed."""

    word = "terms-changed"


class TillEnded(UnauthorizedProblem):
    """This device is not a till any more."""

    word = "till-ended"


class TillNoPin(ConflictProblem):
    """The shop has set no PIN."""

    word = "till-no-pin"


class TillOnly(ForbiddenProblem):
    """This device is a till."""

    word = "till-only"


class TillOwnShop(ConflictProblem):
    """A till is bound by its own shop."""

    word = "till-own-shop"


class TillPinLocked(ForbiddenProblem):
    """The PIN for refunds is locked."""

    word = "till-pin-locked"


class TillPinNeeded(ConflictProblem):
    """The shop's PIN is needed."""

    word = "till-pin-needed"


class TillPinUnfit(InvalidInputProblem):
    """This cannot be a PIN."""

    word = "till-pin-unfit"


class TillPinWrong(ForbiddenProblem):
    """This is not the shop's PIN."""

    word = "till-pin-wrong"


class TillRefundsOff(ForbiddenProblem):
    """Tills of this shop give nothing back."""

    word = "till-refunds-off"


class TillsTooMany(ConflictProblem):
    """Too many tills."""

    word = "tills-too-many"


class TooFewDeciders(ConflictProblem):
    """Nobody could decide any more."""

    word = "too-few-deciders"


class TooManyApplications(TooManyProblem):
    """Too many applications wait."""

    word = "too-many-applications"


class TooManyRequests(TooManyProblem):
    """Too many requests."""

    word = "too-many-requests"


class TookTooLong(UnavailableProblem):
    """The answer took too long."""

    word = "took-too-long"


class TotalsDiffer(ConflictProblem):
    """The sums are not the file's."""

    word = "totals-differ"


class UnitsMissing(InvalidInputProblem):
    """The number of units is missing."""

    word = "units-missing"


class UnitsNotAllowed(InvalidInputProblem):
    """The number of units was not taken."""

    word = "units-not-allowed"


class UnitsNotForCoupons(InvalidInputProblem):
    """A coupon is exchanged whole."""

    word = "units-not-for-coupons"


class UnknownAnnouncement(NotFoundProblem):
    """No such announcement."""

    word = "unknown-announcement"


class UnknownApplication(NotFoundProblem):
    """No such application."""

    word = "unknown-application"


class UnknownCycle(NotFoundProblem):
    """No such cycle."""

    word = "unknown-cycle"


class UnknownEvent(NotFoundProblem):
    """No such support event."""

    word = "unknown-event"


class UnknownExchange(NotFoundProblem):
    """No such exchange."""

    word = "unknown-exchange"


class UnknownFile(NotFoundProblem):
    """No such file."""

    word = "unknown-file"


class UnknownGrant(NotFoundProblem):
    """No such grant."""

    word = "unknown-grant"


class UnknownKey(ConflictProblem):
    """There is no such key in use."""

    word = "unknown-key"


class UnknownMember(NotFoundProblem):
    """No such member."""

    word = "unknown-member"


class UnknownMunicipality(NotFoundProblem):
    """No such municipality."""

    word = "unknown-municipality"


class UnknownNotice(NotFoundProblem):
    """No such notice."""

    word = "unknown-notice"


class UnknownPartner(NotFoundProblem):
    """No such partner."""

    word = "unknown-partner"


class UnknownPasskey(NotFoundProblem):
    """No such passkey."""

    word = "unknown-passkey"


class UnknownPointService(NotFoundProblem):
    """No such point service."""

    word = "unknown-point-service"


class UnknownPrefecture(NotFoundProblem):
    """No such prefecture."""

    word = "unknown-prefecture"


class UnknownProject(NotFoundProblem):
    """No such grant project."""

    word = "unknown-project"


class UnknownProof(NotFoundProblem):
    """No such way to sign in."""

    word = "unknown-proof"


class UnknownProposal(NotFoundProblem):
    """No such proposal."""

    word = "unknown-proposal"


class UnknownReference(NotFoundProblem):
    """Nothing has this reference."""

    word = "unknown-reference"


class UnknownRepresentation(NotFoundProblem):
    """There is no such representation."""

    word = "unknown-representation"


class UnknownReversal(NotFoundProblem):
    """No such reversal."""

    word = "unknown-reversal"


class UnknownRule(NotFoundProblem):
    """No such version."""

    word = "unknown-rule"


class UnknownSession(NotFoundProblem):
    """No such session."""

    word = "unknown-session"


class UnknownShop(NotFoundProblem):
    """No such shop."""

    word = "unknown-shop"


class UnknownSpend(NotFoundProblem):
    """No such payment."""

    word = "unknown-spend"


class UnknownStaff(NotFoundProblem):
    """No such person on the staff."""

    word = "unknown-staff"


class UnknownTill(NotFoundProblem):
    """No such till."""

    word = "unknown-till"


class UnknownWindow(ConflictProblem):
    """No such window."""

    word = "unknown-window"


class UploadTypeWrong(PayloadProblem):
    """The file must be CSV."""

    word = "upload-type-wrong"


class VenueCodeWrong(ConflictProblem):
    """This is not today's code of a venue."""

    word = "venue-code-wrong"


class WorseNotAccepted(ConflictProblem):
    """The change takes something from members."""

    word = "worse-not-accepted"


KINDS: Final[Mapping[str, type[Problem]]] = {
    "account-linked-elsewhere": AccountLinkedElsewhere,
    "application-state": ApplicationState,
    "bad-announcement": BadAnnouncement,
    "bad-application": BadApplication,
    "bad-bank-account": BadBankAccount,
    "bad-base-day": BadBaseDay,
    "bad-client": BadClient,
    "bad-company": BadCompany,
    "bad-correction": BadCorrection,
    "bad-deed-rule": BadDeedRule,
    "bad-display-name": BadDisplayName,
    "bad-event": BadEvent,
    "bad-issuer": BadIssuer,
    "bad-last-day": BadLastDay,
    "bad-mail-address": BadMailAddress,
    "bad-pace": BadPace,
    "bad-period": BadPeriod,
    "bad-point-service": BadPointService,
    "bad-privacy-text": BadPrivacyText,
    "bad-project": BadProject,
    "bad-public-key": BadPublicKey,
    "bad-rule": BadRule,
    "bad-scope": BadScope,
    "bad-settlement-settings": BadSettlementSettings,
    "bad-shop": BadShop,
    "bad-shop-terms": BadShopTerms,
    "bad-transfer-day": BadTransferDay,
    "bad-url": BadUrl,
    "bad-window": BadWindow,
    "bank-missing": BankMissing,
    "bank-not-listed": BankNotListed,
    "bank-result-of-another-run": BankResultOfAnotherRun,
    "bank-result-unreadable": BankResultUnreadable,
    "body-broken": BodyBroken,
    "body-invalid": BodyInvalid,
    "body-not-json": BodyNotJson,
    "body-too-large": BodyTooLarge,
    "body-unexpected": BodyUnexpected,
    "budget-exceeded": BudgetExceeded,
    "busy": Busy,
    "cancel-too-much": CancelTooMuch,
    "card-algorithm-refused": CardAlgorithmRefused,
    "card-certificate-expired": CardCertificateExpired,
    "card-certificate-is-ca": CardCertificateIsCa,
    "card-certificate-malformed": CardCertificateMalformed,
    "card-certificate-not-yet-valid": CardCertificateNotYetValid,
    "card-certificate-revoked": CardCertificateRevoked,
    "card-challenge-expired": CardChallengeExpired,
    "card-challenge-of-another-session": CardChallengeOfAnotherSession,
    "card-challenge-unknown": CardChallengeUnknown,
    "card-critical-extension-unknown": CardCriticalExtensionUnknown,
    "card-issuer-outside-validity": CardIssuerOutsideValidity,
    "card-issuer-untrusted": CardIssuerUntrusted,
    "card-login-not-configured": CardLoginNotConfigured,
    "card-registered": CardRegistered,
    "card-response-malformed": CardResponseMalformed,
    "card-response-too-large": CardResponseTooLarge,
    "card-revocation-unknown": CardRevocationUnknown,
    "card-sign-certificate-used": CardSignCertificateUsed,
    "card-signature-wrong": CardSignatureWrong,
    "card-unknown": CardUnknown,
    "card-validators-disagree": CardValidatorsDisagree,
    "card-wrong-key-usage": CardWrongKeyUsage,
    "card-wrong-origin": CardWrongOrigin,
    "card-wrong-policy": CardWrongPolicy,
    "card-wrong-purpose": CardWrongPurpose,
    "carry-in-locked": CarryInLocked,
    "carry-in-wrong": CarryInWrong,
    "changed-meanwhile": ChangedMeanwhile,
    "commit-failed": CommitFailed,
    "content-digest-wrong": ContentDigestWrong,
    "content-type-wrong": ContentTypeWrong,
    "coupon-already-used": CouponAlreadyUsed,
    "coupon-missing": CouponMissing,
    "coupon-not-taken": CouponNotTaken,
    "coupon-not-whole-units": CouponNotWholeUnits,
    "coupon-refused": CouponRefused,
    "csv-columns": CsvColumns,
    "csv-too-long": CsvTooLong,
    "csv-unreadable": CsvUnreadable,
    "current-password-wrong": CurrentPasswordWrong,
    "cycle-closed": CycleClosed,
    "cycle-not-closed": CycleNotClosed,
    "cycle-not-over": CycleNotOver,
    "destination-incomplete": DestinationIncomplete,
    "earlier-cycle-open": EarlierCycleOpen,
    "event-begun": EventBegun,
    "event-exists": EventExists,
    "event-not-for-member": EventNotForMember,
    "event-not-open": EventNotOpen,
    "event-over": EventOver,
    "event-state": EventState,
    "exchange-id-reused": ExchangeIdReused,
    "exchange-state": ExchangeState,
    "file-downloaded-before": FileDownloadedBefore,
    "file-made-before": FileMadeBefore,
    "file-state": FileState,
    "fresh-proof-needed": FreshProofNeeded,
    "granted-already": GrantedAlready,
    "id-reused": IdReused,
    "internal-error": InternalError,
    "journal-unwritable": JournalUnwritable,
    "key-exists": KeyExists,
    "key-missing": KeyMissing,
    "key-scope": KeyScope,
    "last-administrator": LastAdministrator,
    "last-owner": LastOwner,
    "limit-of-the-day": LimitOfTheDay,
    "limit-of-the-project": LimitOfTheProject,
    "limit-of-the-venue": LimitOfTheVenue,
    "link-missing": LinkMissing,
    "login-taken": LoginTaken,
    "login-unfit": LoginUnfit,
    "mail-changed-enough": MailChangedEnough,
    "mail-link-over": MailLinkOver,
    "mail-not-offered": MailNotOffered,
    "member-busy": MemberBusy,
    "member-merged": MemberMerged,
    "member-revoked": MemberRevoked,
    "more-than-is-left": MoreThanIsLeft,
    "mykey-id-changed-enough": MykeyIdChangedEnough,
    "mykey-id-generated-enough": MykeyIdGeneratedEnough,
    "mykey-id-only-generated": MykeyIdOnlyGenerated,
    "mykey-id-taken": MykeyIdTaken,
    "mykey-id-unfit": MykeyIdUnfit,
    "no-applications": NoApplications,
    "no-company": NoCompany,
    "no-daily-list": NoDailyList,
    "no-debt": NoDebt,
    "no-difference": NoDifference,
    "no-rate": NoRate,
    "no-whole-units": NoWholeUnits,
    "nobody-to-decide": NobodyToDecide,
    "not-enough": NotEnough,
    "not-enough-points": NotEnoughPoints,
    "not-for-a-representative": NotForARepresentative,
    "not-open-for-direct-exchange": NotOpenForDirectExchange,
    "not-ours": NotOurs,
    "not-quoted": NotQuoted,
    "not-returned": NotReturned,
    "not-the-members": NotTheMembers,
    "nothing-changed": NothingChanged,
    "nothing-to-merge": NothingToMerge,
    "nothing-to-pay": NothingToPay,
    "nothing-to-rectify": NothingToRectify,
    "notice-answered": NoticeAnswered,
    "number-not-waiting": NumberNotWaiting,
    "number-proposed-before": NumberProposedBefore,
    "oidc-arrival-unknown": OidcArrivalUnknown,
    "oidc-code-refused": OidcCodeRefused,
    "oidc-declined": OidcDeclined,
    "oidc-other-browser": OidcOtherBrowser,
    "oidc-request-expired": OidcRequestExpired,
    "oidc-request-unknown": OidcRequestUnknown,
    "oidc-sign-in-failed": OidcSignInFailed,
    "oidc-token-refused": OidcTokenRefused,
    "oidc-unavailable": OidcUnavailable,
    "oidc-unknown-provider": OidcUnknownProvider,
    "oidc-wrong-provider": OidcWrongProvider,
    "own-role": OwnRole,
    "partner-in-maintenance": PartnerInMaintenance,
    "partner-not-paused": PartnerNotPaused,
    "partner-paused": PartnerPaused,
    "partner-unavailable": PartnerUnavailable,
    "passkey-ended": PasskeyEnded,
    "passkey-refused": PasskeyRefused,
    "passkeys-enough": PasskeysEnough,
    "passkeys-not-configured": PasskeysNotConfigured,
    "password-not-set": PasswordNotSet,
    "password-to-change": PasswordToChange,
    "password-unfit": PasswordUnfit,
    "path-malformed": PathMalformed,
    "path-unknown": PathUnknown,
    "pay-card-limits-unfit": PayCardLimitsUnfit,
    "pay-card-no-pin": PayCardNoPin,
    "pay-card-none": PayCardNone,
    "pay-card-pin-locked": PayCardPinLocked,
    "pay-card-pin-needed": PayCardPinNeeded,
    "pay-card-pin-unfit": PayCardPinUnfit,
    "pay-card-pin-wrong": PayCardPinWrong,
    "pay-card-stopped": PayCardStopped,
    "pay-card-too-many": PayCardTooMany,
    "pay-card-unknown": PayCardUnknown,
    "pay-code-ended": PayCodeEnded,
    "pay-code-unknown": PayCodeUnknown,
    "pay-code-unproven": PayCodeUnproven,
    "pay-code-used": PayCodeUsed,
    "payer-missing": PayerMissing,
    "payout-state": PayoutState,
    "point-service-exists": PointServiceExists,
    "points-already-spent": PointsAlreadySpent,
    "points-expired-there": PointsExpiredThere,
    "points-left": PointsLeft,
    "project-exists": ProjectExists,
    "project-not-open": ProjectNotOpen,
    "proof-guards-payments": ProofGuardsPayments,
    "proof-last": ProofLast,
    "proof-registered": ProofRegistered,
    "proof-unknown": ProofUnknown,
    "proposal-changed": ProposalChanged,
    "proposal-of-another": ProposalOfAnother,
    "proposal-outdated": ProposalOutdated,
    "proposal-pending": ProposalPending,
    "proposal-state": ProposalState,
    "push-not-believed": PushNotBelieved,
    "query-invalid": QueryInvalid,
    "quote-expired": QuoteExpired,
    "quote-replaced": QuoteReplaced,
    "reason-missing": ReasonMissing,
    "refund-expired": RefundExpired,
    "refund-too-late": RefundTooLate,
    "refund-too-much": RefundTooMuch,
    "representation-over": RepresentationOver,
    "representative-exists": RepresentativeExists,
    "representative-limit": RepresentativeLimit,
    "representative-unfit": RepresentativeUnfit,
    "restoration-refused": RestorationRefused,
    "restored": Restored,
    "result-layout-missing": ResultLayoutMissing,
    "return-code-wrong": ReturnCodeWrong,
    "return-url-missing": ReturnUrlMissing,
    "return-url-not-allowed": ReturnUrlNotAllowed,
    "reversal-by-hand": ReversalByHand,
    "reversal-ended": ReversalEnded,
    "role-not-allowed": RoleNotAllowed,
    "role-unfit": RoleUnfit,
    "rule-in-effect": RuleInEffect,
    "same-member": SameMember,
    "second-factor-exists": SecondFactorExists,
    "second-factor-last": SecondFactorLast,
    "second-factor-missing": SecondFactorMissing,
    "second-factor-wrong": SecondFactorWrong,
    "second-person-missing": SecondPersonMissing,
    "session-ended": SessionEnded,
    "session-missing": SessionMissing,
    "shared-terminal": SharedTerminal,
    "shop-closed": ShopClosed,
    "shop-code-wrong": ShopCodeWrong,
    "shop-exists": ShopExists,
    "shop-list-faulty": ShopListFaulty,
    "shop-number-missing": ShopNumberMissing,
    "sign-in-ended": SignInEnded,
    "sign-in-locked": SignInLocked,
    "sign-in-refused": SignInRefused,
    "signature-invalid": SignatureInvalid,
    "signature-key-ended": SignatureKeyEnded,
    "signature-key-unknown": SignatureKeyUnknown,
    "signature-missing": SignatureMissing,
    "signature-replayed": SignatureReplayed,
    "signature-stale": SignatureStale,
    "staff-active": StaffActive,
    "staff-closed": StaffClosed,
    "state-expired": StateExpired,
    "state-invalid": StateInvalid,
    "state-used": StateUsed,
    "step-up-no-proof": StepUpNoProof,
    "stop-too-soon": StopTooSoon,
    "strong-sign-in-needed": StrongSignInNeeded,
    "sum-too-large": SumTooLarge,
    "terms-changed": TermsChanged,
    "till-ended": TillEnded,
    "till-no-pin": TillNoPin,
    "till-only": TillOnly,
    "till-own-shop": TillOwnShop,
    "till-pin-locked": TillPinLocked,
    "till-pin-needed": TillPinNeeded,
    "till-pin-unfit": TillPinUnfit,
    "till-pin-wrong": TillPinWrong,
    "till-refunds-off": TillRefundsOff,
    "tills-too-many": TillsTooMany,
    "too-few-deciders": TooFewDeciders,
    "too-many-applications": TooManyApplications,
    "too-many-requests": TooManyRequests,
    "took-too-long": TookTooLong,
    "totals-differ": TotalsDiffer,
    "units-missing": UnitsMissing,
    "units-not-allowed": UnitsNotAllowed,
    "units-not-for-coupons": UnitsNotForCoupons,
    "unknown-announcement": UnknownAnnouncement,
    "unknown-application": UnknownApplication,
    "unknown-cycle": UnknownCycle,
    "unknown-event": UnknownEvent,
    "unknown-exchange": UnknownExchange,
    "unknown-file": UnknownFile,
    "unknown-grant": UnknownGrant,
    "unknown-key": UnknownKey,
    "unknown-member": UnknownMember,
    "unknown-municipality": UnknownMunicipality,
    "unknown-notice": UnknownNotice,
    "unknown-partner": UnknownPartner,
    "unknown-passkey": UnknownPasskey,
    "unknown-point-service": UnknownPointService,
    "unknown-prefecture": UnknownPrefecture,
    "unknown-project": UnknownProject,
    "unknown-proof": UnknownProof,
    "unknown-proposal": UnknownProposal,
    "unknown-reference": UnknownReference,
    "unknown-representation": UnknownRepresentation,
    "unknown-reversal": UnknownReversal,
    "unknown-rule": UnknownRule,
    "unknown-session": UnknownSession,
    "unknown-shop": UnknownShop,
    "unknown-spend": UnknownSpend,
    "unknown-staff": UnknownStaff,
    "unknown-till": UnknownTill,
    "unknown-window": UnknownWindow,
    "upload-type-wrong": UploadTypeWrong,
    "venue-code-wrong": VenueCodeWrong,
    "worse-not-accepted": WorseNotAccepted,
}
