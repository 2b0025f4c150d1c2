// Made from the gateway's OpenAPI document by `make clients`; not written by hand.
import { BadRequestProblem, ConflictProblem, ForbiddenProblem, InvalidInputProblem, NotFoundProblem, PayloadProblem, Problem, ServerProblem, TooManyProblem, UnauthorizedProblem, UnavailableProblem } from "./errors.js";

/** This account is another member's. */
export class AccountLinkedElsewhere extends ConflictProblem {
  override name = "AccountLinkedElsewhere";
}

/** The application is past that. */
export class ApplicationState extends ConflictProblem {
  override name = "ApplicationState";
}

/** The announcement does not fit. */
export class BadAnnouncement extends InvalidInputProblem {
  override name = "BadAnnouncement";
}

/** The application does not fit. */
export class BadApplication extends InvalidInputProblem {
  override name = "BadApplication";
}

/** The bank account does not fit. */
export class BadBankAccount extends InvalidInputProblem {
  override name = "BadBankAccount";
}

/** This is no base day. */
export class BadBaseDay extends InvalidInputProblem {
  override name = "BadBaseDay";
}

/** The client program's name does not fit. */
export class BadClient extends InvalidInputProblem {
  override name = "BadClient";
}

/** The company does not fit. */
export class BadCompany extends InvalidInputProblem {
  override name = "BadCompany";
}

/** A correction moves points. */
export class BadCorrection extends InvalidInputProblem {
  override name = "BadCorrection";
}

/** The table of deeds does not fit. */
export class BadDeedRule extends InvalidInputProblem {
  override name = "BadDeedRule";
}

/** This name cannot be shown. */
export class BadDisplayName extends InvalidInputProblem {
  override name = "BadDisplayName";
}

/** The event does not fit. */
export class BadEvent extends InvalidInputProblem {
  override name = "BadEvent";
}

/** The issuer does not fit. */
export class BadIssuer extends InvalidInputProblem {
  override name = "BadIssuer";
}

/** The last day is over. */
export class BadLastDay extends InvalidInputProblem {
  override name = "BadLastDay";
}

/** This is no mail address. */
export class BadMailAddress extends InvalidInputProblem {
  override name = "BadMailAddress";
}

/** The pace does not fit. */
export class BadPace extends InvalidInputProblem {
  override name = "BadPace";
}

/** The period cannot be shown. */
export class BadPeriod extends InvalidInputProblem {
  override name = "BadPeriod";
}

/** The point service does not fit. */
export class BadPointService extends InvalidInputProblem {
  override name = "BadPointService";
}

/** The text does not fit. */
export class BadPrivacyText extends InvalidInputProblem {
  override name = "BadPrivacyText";
}

/** The project does not fit. */
export class BadProject extends InvalidInputProblem {
  override name = "BadProject";
}

/** This is no public key. */
export class BadPublicKey extends InvalidInputProblem {
  override name = "BadPublicKey";
}

/** The rule does not fit. */
export class BadRule extends InvalidInputProblem {
  override name = "BadRule";
}

/** The scope does not fit. */
export class BadScope extends InvalidInputProblem {
  override name = "BadScope";
}

/** The settings do not fit. */
export class BadSettlementSettings extends InvalidInputProblem {
  override name = "BadSettlementSettings";
}

/** The entry does not fit. */
export class BadShop extends InvalidInputProblem {
  override name = "BadShop";
}

/** The terms do not fit. */
export class BadShopTerms extends InvalidInputProblem {
  override name = "BadShopTerms";
}

/** No transfer on this day. */
export class BadTransferDay extends InvalidInputProblem {
  override name = "BadTransferDay";
}

/** The address does not fit. */
export class BadUrl extends InvalidInputProblem {
  override name = "BadUrl";
}

/** The window does not fit. */
export class BadWindow extends InvalidInputProblem {
  override name = "BadWindow";
}

/** A shop has no bank account. */
export class BankMissing extends ConflictProblem {
  override name = "BankMissing";
}

/** Not as the list of banks has it. */
export class BankNotListed extends InvalidInputProblem {
  override name = "BankNotListed";
}

/** The file is of another run. */
export class BankResultOfAnotherRun extends InvalidInputProblem {
  override name = "BankResultOfAnotherRun";
}

/** The result file cannot be read. */
export class BankResultUnreadable extends InvalidInputProblem {
  override name = "BankResultUnreadable";
}

/** The body broke off. */
export class BodyBroken extends BadRequestProblem {
  override name = "BodyBroken";
}

/** The body does not fit what is asked for. */
export class BodyInvalid extends InvalidInputProblem {
  override name = "BodyInvalid";
}

/** The body is not JSON in UTF-8. */
export class BodyNotJson extends BadRequestProblem {
  override name = "BodyNotJson";
}

/** The body is too large. */
export class BodyTooLarge extends PayloadProblem {
  override name = "BodyTooLarge";
}

/** This request takes no body. */
export class BodyUnexpected extends BadRequestProblem {
  override name = "BodyUnexpected";
}

/** The budget does not suffice. */
export class BudgetExceeded extends ConflictProblem {
  override name = "BudgetExceeded";
}

/** Too much is going on at the moment. */
export class Busy extends UnavailableProblem {
  override name = "Busy";
}

/** More than is left of the grant. */
export class CancelTooMuch extends ConflictProblem {
  override name = "CancelTooMuch";
}

/** This kind of key is not taken. */
export class CardAlgorithmRefused extends ForbiddenProblem {
  override name = "CardAlgorithmRefused";
}

/** The card's certificate has expired. */
export class CardCertificateExpired extends ForbiddenProblem {
  override name = "CardCertificateExpired";
}

/** This certificate is for something else. */
export class CardCertificateIsCa extends ForbiddenProblem {
  override name = "CardCertificateIsCa";
}

/** This is not a card's certificate. */
export class CardCertificateMalformed extends ForbiddenProblem {
  override name = "CardCertificateMalformed";
}

/** The card's certificate is not valid yet. */
export class CardCertificateNotYetValid extends ForbiddenProblem {
  override name = "CardCertificateNotYetValid";
}

/** The card's certificate was revoked. */
export class CardCertificateRevoked extends ForbiddenProblem {
  override name = "CardCertificateRevoked";
}

/** The card came too late. */
export class CardChallengeExpired extends UnauthorizedProblem {
  override name = "CardChallengeExpired";
}

/** Begun in another browser. */
export class CardChallengeOfAnotherSession extends UnauthorizedProblem {
  override name = "CardChallengeOfAnotherSession";
}

/** This request was used before. */
export class CardChallengeUnknown extends UnauthorizedProblem {
  override name = "CardChallengeUnknown";
}

/** This certificate says what we cannot read. */
export class CardCriticalExtensionUnknown extends ForbiddenProblem {
  override name = "CardCriticalExtensionUnknown";
}

/** Its issuer is out of date. */
export class CardIssuerOutsideValidity extends ForbiddenProblem {
  override name = "CardIssuerOutsideValidity";
}

/** Nobody we trust vouches for this card. */
export class CardIssuerUntrusted extends ForbiddenProblem {
  override name = "CardIssuerUntrusted";
}

/** Cards are not taken here. */
export class CardLoginNotConfigured extends UnavailableProblem {
  override name = "CardLoginNotConfigured";
}

/** This card is registered already. */
export class CardRegistered extends ConflictProblem {
  override name = "CardRegistered";
}

/** This is not a card's answer. */
export class CardResponseMalformed extends BadRequestProblem {
  override name = "CardResponseMalformed";
}

/** This is not a card's answer. */
export class CardResponseTooLarge extends PayloadProblem {
  override name = "CardResponseTooLarge";
}

/** Whether it was revoked cannot be known now. */
export class CardRevocationUnknown extends UnavailableProblem {
  override name = "CardRevocationUnknown";
}

/** The signing certificate was sent. */
export class CardSignCertificateUsed extends ForbiddenProblem {
  override name = "CardSignCertificateUsed";
}

/** The card's signature does not fit. */
export class CardSignatureWrong extends UnauthorizedProblem {
  override name = "CardSignatureWrong";
}

/** This card is not registered. */
export class CardUnknown extends UnauthorizedProblem {
  override name = "CardUnknown";
}

/** The certificate is doubtful. */
export class CardValidatorsDisagree extends ForbiddenProblem {
  override name = "CardValidatorsDisagree";
}

/** This certificate is for something else. */
export class CardWrongKeyUsage extends ForbiddenProblem {
  override name = "CardWrongKeyUsage";
}

/** The card signed for another site. */
export class CardWrongOrigin extends UnauthorizedProblem {
  override name = "CardWrongOrigin";
}

/** This certificate is for something else. */
export class CardWrongPolicy extends ForbiddenProblem {
  override name = "CardWrongPolicy";
}

/** The card signed for something else. */
export class CardWrongPurpose extends UnauthorizedProblem {
  override name = "CardWrongPurpose";
}

/** Too many tries. */
export class CarryInLocked extends TooManyProblem {
  override name = "CarryInLocked";
}

/** Number or code is wrong. */
export class CarryInWrong extends ConflictProblem {
  override name = "CarryInWrong";
}

/** Somebody else has changed it meanwhile. */
export class ChangedMeanwhile extends ConflictProblem {
  override name = "ChangedMeanwhile";
}

/** It is not known whether this was written. */
export class CommitFailed extends UnavailableProblem {
  override name = "CommitFailed";
}

/** The body is not the one that was signed. */
export class ContentDigestWrong extends UnauthorizedProblem {
  override name = "ContentDigestWrong";
}

/** The body must be plain JSON. */
export class ContentTypeWrong extends PayloadProblem {
  override name = "ContentTypeWrong";
}

/** This coupon was exchanged before. */
export class CouponAlreadyUsed extends ConflictProblem {
  override name = "CouponAlreadyUsed";
}

/** This partner works by coupon. */
export class CouponMissing extends InvalidInputProblem {
  override name = "CouponMissing";
}

/** This partner takes no coupons. */
export class CouponNotTaken extends InvalidInputProblem {
  override name = "CouponNotTaken";
}

/** The coupon is no whole number of units. */
export class CouponNotWholeUnits extends InvalidInputProblem {
  override name = "CouponNotWholeUnits";
}

/** The partner does not honour this coupon. */
export class CouponRefused extends ConflictProblem {
  override name = "CouponRefused";
}

/** The columns are not the ones expected. */
export class CsvColumns extends InvalidInputProblem {
  override name = "CsvColumns";
}

/** Too many lines. */
export class CsvTooLong extends InvalidInputProblem {
  override name = "CsvTooLong";
}

/** The file cannot be read. */
export class CsvUnreadable extends InvalidInputProblem {
  override name = "CsvUnreadable";
}

/** The current password is not right. */
export class CurrentPasswordWrong extends ForbiddenProblem {
  override name = "CurrentPasswordWrong";
}

/** The cycle was closed before. */
export class CycleClosed extends ConflictProblem {
  override name = "CycleClosed";
}

/** The cycle is not closed yet. */
export class CycleNotClosed extends ConflictProblem {
  override name = "CycleNotClosed";
}

/** The cycle is not over yet. */
export class CycleNotOver extends ConflictProblem {
  override name = "CycleNotOver";
}

/** The destination is not clear. */
export class DestinationIncomplete extends InvalidInputProblem {
  override name = "DestinationIncomplete";
}

/** An earlier cycle is still open. */
export class EarlierCycleOpen extends ConflictProblem {
  override name = "EarlierCycleOpen";
}

/** The event has begun. */
export class EventBegun extends ConflictProblem {
  override name = "EventBegun";
}

/** There is such an event already. */
export class EventExists extends ConflictProblem {
  override name = "EventExists";
}

/** The event is for members of its city. */
export class EventNotForMember extends ConflictProblem {
  override name = "EventNotForMember";
}

/** The event takes no points now. */
export class EventNotOpen extends ConflictProblem {
  override name = "EventNotOpen";
}

/** The event's period is over. */
export class EventOver extends ConflictProblem {
  override name = "EventOver";
}

/** The event is not at that stage. */
export class EventState extends ConflictProblem {
  override name = "EventState";
}

/** The id already names another exchange. */
export class ExchangeIdReused extends ConflictProblem {
  override name = "ExchangeIdReused";
}

/** The exchange has moved on. */
export class ExchangeState extends ConflictProblem {
  override name = "ExchangeState";
}

/** This file was downloaded before. */
export class FileDownloadedBefore extends ConflictProblem {
  override name = "FileDownloadedBefore";
}

/** This file was made before. */
export class FileMadeBefore extends ConflictProblem {
  override name = "FileMadeBefore";
}

/** The file is not at that stage. */
export class FileState extends ConflictProblem {
  override name = "FileState";
}

/** Card, phone or passkey first. */
export class FreshProofNeeded extends ForbiddenProblem {
  override name = "FreshProofNeeded";
}

/** This member was granted it before. */
export class GrantedAlready extends ConflictProblem {
  override name = "GrantedAlready";
}

/** The id was used for something else. */
export class IdReused extends ConflictProblem {
  override name = "IdReused";
}

/** Something is broken on our side. */
export class InternalError extends ServerProblem {
  override name = "InternalError";
}

/** A letter cannot be written. */
export class JournalUnwritable extends ConflictProblem {
  override name = "JournalUnwritable";
}

/** This key is known already. */
export class KeyExists extends ConflictProblem {
  override name = "KeyExists";
}

/** Stored data cannot be opened. */
export class KeyMissing extends UnavailableProblem {
  override name = "KeyMissing";
}

/** The signing key may not call that. */
export class KeyScope extends ForbiddenProblem {
  override name = "KeyScope";
}

/** A city keeps an administrator. */
export class LastAdministrator extends ConflictProblem {
  override name = "LastAdministrator";
}

/** A shop keeps an owner. */
export class LastOwner extends ConflictProblem {
  override name = "LastOwner";
}

/** More than the limit of the day. */
export class LimitOfTheDay extends ConflictProblem {
  override name = "LimitOfTheDay";
}

/** More than the project gives each member. */
export class LimitOfTheProject extends ConflictProblem {
  override name = "LimitOfTheProject";
}

/** The venue has given what it may today. */
export class LimitOfTheVenue extends ConflictProblem {
  override name = "LimitOfTheVenue";
}

/** The partner account is not linked. */
export class LinkMissing extends ConflictProblem {
  override name = "LinkMissing";
}

/** This login is taken. */
export class LoginTaken extends ConflictProblem {
  override name = "LoginTaken";
}

/** This cannot be a login. */
export class LoginUnfit extends InvalidInputProblem {
  override name = "LoginUnfit";
}

/** Changed often enough today. */
export class MailChangedEnough extends ConflictProblem {
  override name = "MailChangedEnough";
}

/** This link is over. */
export class MailLinkOver extends NotFoundProblem {
  override name = "MailLinkOver";
}

/** No mail is sent here. */
export class MailNotOffered extends NotFoundProblem {
  override name = "MailNotOffered";
}

/** Something of this member is under way. */
export class MemberBusy extends ConflictProblem {
  override name = "MemberBusy";
}

/** This MyKey ID was brought together with another. */
export class MemberMerged extends ConflictProblem {
  override name = "MemberMerged";
}

/** This MyKey ID was revoked. */
export class MemberRevoked extends ConflictProblem {
  override name = "MemberRevoked";
}

/** More than can still be reversed. */
export class MoreThanIsLeft extends ConflictProblem {
  override name = "MoreThanIsLeft";
}

/** Changed often enough today. */
export class MykeyIdChangedEnough extends ConflictProblem {
  override name = "MykeyIdChangedEnough";
}

/** Generated three times already. */
export class MykeyIdGeneratedEnough extends ConflictProblem {
  override name = "MykeyIdGeneratedEnough";
}

/** Take a generated MyKey ID now. */
export class MykeyIdOnlyGenerated extends ConflictProblem {
  override name = "MykeyIdOnlyGenerated";
}

/** This MyKey ID is taken. */
export class MykeyIdTaken extends ConflictProblem {
  override name = "MykeyIdTaken";
}

/** This cannot be a MyKey ID. */
export class MykeyIdUnfit extends InvalidInputProblem {
  override name = "MykeyIdUnfit";
}

/** No applications on the web. */
export class NoApplications extends NotFoundProblem {
  override name = "NoApplications";
}

/** No company. */
export class NoCompany extends NotFoundProblem {
  override name = "NoCompany";
}

/** This partner tells no days. */
export class NoDailyList extends ConflictProblem {
  override name = "NoDailyList";
}

/** This shop owes nothing that can be ended. */
export class NoDebt extends ConflictProblem {
  override name = "NoDebt";
}

/** There is no difference to close. */
export class NoDifference extends ConflictProblem {
  override name = "NoDifference";
}

/** No rate is in force. */
export class NoRate extends ConflictProblem {
  override name = "NoRate";
}

/** The amounts are no whole units. */
export class NoWholeUnits extends ConflictProblem {
  override name = "NoWholeUnits";
}

/** Nobody else may decide this. */
export class NobodyToDecide extends ConflictProblem {
  override name = "NobodyToDecide";
}

/** Not enough points. */
export class NotEnough extends ConflictProblem {
  override name = "NotEnough";
}

/** Not enough points. */
export class NotEnoughPoints extends ConflictProblem {
  override name = "NotEnoughPoints";
}

/** Only the member does this. */
export class NotForARepresentative extends ForbiddenProblem {
  override name = "NotForARepresentative";
}

/** Not open for direct exchange. */
export class NotOpenForDirectExchange extends ConflictProblem {
  override name = "NotOpenForDirectExchange";
}

/** No exchange here has this id. */
export class NotOurs extends ConflictProblem {
  override name = "NotOurs";
}

/** There is no quote yet. */
export class NotQuoted extends ConflictProblem {
  override name = "NotQuoted";
}

/** The member is not back yet. */
export class NotReturned extends ConflictProblem {
  override name = "NotReturned";
}

/** The account is not this member's. */
export class NotTheMembers extends InvalidInputProblem {
  override name = "NotTheMembers";
}

/** Nothing is changed. */
export class NothingChanged extends ConflictProblem {
  override name = "NothingChanged";
}

/** There is nothing to bring over. */
export class NothingToMerge extends ConflictProblem {
  override name = "NothingToMerge";
}

/** Nothing is to be paid. */
export class NothingToPay extends ConflictProblem {
  override name = "NothingToPay";
}

/** Nothing of it differs. */
export class NothingToRectify extends ConflictProblem {
  override name = "NothingToRectify";
}

/** You have objected already. */
export class NoticeAnswered extends ConflictProblem {
  override name = "NoticeAnswered";
}

/** No such number waits. */
export class NumberNotWaiting extends NotFoundProblem {
  override name = "NumberNotWaiting";
}

/** You have proposed this number before. */
export class NumberProposedBefore extends ConflictProblem {
  override name = "NumberProposedBefore";
}

/** The phone must be read again. */
export class OidcArrivalUnknown extends UnauthorizedProblem {
  override name = "OidcArrivalUnknown";
}

/** The provider takes this return no more. */
export class OidcCodeRefused extends UnauthorizedProblem {
  override name = "OidcCodeRefused";
}

/** The sign-in was stopped. */
export class OidcDeclined extends UnauthorizedProblem {
  override name = "OidcDeclined";
}

/** Begun in another browser. */
export class OidcOtherBrowser extends UnauthorizedProblem {
  override name = "OidcOtherBrowser";
}

/** The return came too late. */
export class OidcRequestExpired extends UnauthorizedProblem {
  override name = "OidcRequestExpired";
}

/** No such sign-in is under way. */
export class OidcRequestUnknown extends UnauthorizedProblem {
  override name = "OidcRequestUnknown";
}

/** The provider signed nobody in. */
export class OidcSignInFailed extends UnauthorizedProblem {
  override name = "OidcSignInFailed";
}

/** The provider's word is not believed. */
export class OidcTokenRefused extends UnauthorizedProblem {
  override name = "OidcTokenRefused";
}

/** The provider cannot be asked. */
export class OidcUnavailable extends UnavailableProblem {
  override name = "OidcUnavailable";
}

/** No such provider. */
export class OidcUnknownProvider extends NotFoundProblem {
  override name = "OidcUnknownProvider";
}

/** Not from the provider that was asked. */
export class OidcWrongProvider extends UnauthorizedProblem {
  override name = "OidcWrongProvider";
}

/** Nobody changes their own access. */
export class OwnRole extends ConflictProblem {
  override name = "OwnRole";
}

/** This partner is in maintenance. */
export class PartnerInMaintenance extends UnavailableProblem {
  override name = "PartnerInMaintenance";
}

/** This partner is not paused. */
export class PartnerNotPaused extends ConflictProblem {
  override name = "PartnerNotPaused";
}

/** This partner is paused. */
export class PartnerPaused extends UnavailableProblem {
  override name = "PartnerPaused";
}

/** The partner cannot be asked at the moment. */
export class PartnerUnavailable extends UnavailableProblem {
  override name = "PartnerUnavailable";
}

/** This was begun too long ago. */
export class PasskeyEnded extends UnauthorizedProblem {
  override name = "PasskeyEnded";
}

/** The passkey was not confirmed. */
export class PasskeyRefused extends UnauthorizedProblem {
  override name = "PasskeyRefused";
}

/** There are enough passkeys. */
export class PasskeysEnough extends ConflictProblem {
  override name = "PasskeysEnough";
}

/** Passkeys are not taken here. */
export class PasskeysNotConfigured extends NotFoundProblem {
  override name = "PasskeysNotConfigured";
}

/** There is no password yet. */
export class PasswordNotSet extends ConflictProblem {
  override name = "PasswordNotSet";
}

/** The first password is to be changed. */
export class PasswordToChange extends ForbiddenProblem {
  override name = "PasswordToChange";
}

/** This password cannot be used. */
export class PasswordUnfit extends InvalidInputProblem {
  override name = "PasswordUnfit";
}

/** The address names nothing that can exist. */
export class PathMalformed extends NotFoundProblem {
  override name = "PathMalformed";
}

/** No such address. */
export class PathUnknown extends NotFoundProblem {
  override name = "PathUnknown";
}

/** These limits do not fit. */
export class PayCardLimitsUnfit extends InvalidInputProblem {
  override name = "PayCardLimitsUnfit";
}

/** This card has no PIN. */
export class PayCardNoPin extends ConflictProblem {
  override name = "PayCardNoPin";
}

/** There is no valid card. */
export class PayCardNone extends ConflictProblem {
  override name = "PayCardNone";
}

/** The card's PIN is locked. */
export class PayCardPinLocked extends ForbiddenProblem {
  override name = "PayCardPinLocked";
}

/** The card's PIN is needed. */
export class PayCardPinNeeded extends ConflictProblem {
  override name = "PayCardPinNeeded";
}

/** This cannot be a PIN. */
export class PayCardPinUnfit extends InvalidInputProblem {
  override name = "PayCardPinUnfit";
}

/** This is not the card's PIN. */
export class PayCardPinWrong extends ForbiddenProblem {
  override name = "PayCardPinWrong";
}

/** This card was stopped. */
export class PayCardStopped extends ConflictProblem {
  override name = "PayCardStopped";
}

/** Too many cards for one person and day. */
export class PayCardTooMany extends ConflictProblem {
  override name = "PayCardTooMany";
}

/** No card has this number. */
export class PayCardUnknown extends NotFoundProblem {
  override name = "PayCardUnknown";
}

/** This code is too old. */
export class PayCodeEnded extends ConflictProblem {
  override name = "PayCodeEnded";
}

/** This code is not one of ours. */
export class PayCodeUnknown extends NotFoundProblem {
  override name = "PayCodeUnknown";
}

/** The customer confirms first. */
export class PayCodeUnproven extends ConflictProblem {
  override name = "PayCodeUnproven";
}

/** This code was used before. */
export class PayCodeUsed extends ConflictProblem {
  override name = "PayCodeUsed";
}

/** The city's own account is missing. */
export class PayerMissing extends ConflictProblem {
  override name = "PayerMissing";
}

/** This payment is in another state. */
export class PayoutState extends ConflictProblem {
  override name = "PayoutState";
}

/** There is such a point service already. */
export class PointServiceExists extends ConflictProblem {
  override name = "PointServiceExists";
}

/** The points have been spent. */
export class PointsAlreadySpent extends ConflictProblem {
  override name = "PointsAlreadySpent";
}

/** These points have expired there. */
export class PointsExpiredThere extends ConflictProblem {
  override name = "PointsExpiredThere";
}

/** Points are left. */
export class PointsLeft extends ConflictProblem {
  override name = "PointsLeft";
}

/** There is such a project already. */
export class ProjectExists extends ConflictProblem {
  override name = "ProjectExists";
}

/** The project grants nothing now. */
export class ProjectNotOpen extends ConflictProblem {
  override name = "ProjectNotOpen";
}

/** Payments are confirmed with this. */
export class ProofGuardsPayments extends ConflictProblem {
  override name = "ProofGuardsPayments";
}

/** This is the only way to sign in. */
export class ProofLast extends ConflictProblem {
  override name = "ProofLast";
}

/** This leads to another MyKey ID. */
export class ProofRegistered extends ConflictProblem {
  override name = "ProofRegistered";
}

/** This leads to no MyKey ID. */
export class ProofUnknown extends UnauthorizedProblem {
  override name = "ProofUnknown";
}

/** This is not what was proposed. */
export class ProposalChanged extends ConflictProblem {
  override name = "ProposalChanged";
}

/** Somebody else has proposed this. */
export class ProposalOfAnother extends ConflictProblem {
  override name = "ProposalOfAnother";
}

/** What it was proposed on has changed. */
export class ProposalOutdated extends ConflictProblem {
  override name = "ProposalOutdated";
}

/** A proposal for this waits already. */
export class ProposalPending extends ConflictProblem {
  override name = "ProposalPending";
}

/** The proposal does not wait any more. */
export class ProposalState extends ConflictProblem {
  override name = "ProposalState";
}

/** The message is not believed. */
export class PushNotBelieved extends UnauthorizedProblem {
  override name = "PushNotBelieved";
}

/** The query does not fit what is asked for. */
export class QueryInvalid extends BadRequestProblem {
  override name = "QueryInvalid";
}

/** The quote is too old. */
export class QuoteExpired extends ConflictProblem {
  override name = "QuoteExpired";
}

/** There is a newer quote. */
export class QuoteReplaced extends ConflictProblem {
  override name = "QuoteReplaced";
}

/** A decision needs its reason. */
export class ReasonMissing extends InvalidInputProblem {
  override name = "ReasonMissing";
}

/** Part of these points has expired. */
export class RefundExpired extends ConflictProblem {
  override name = "RefundExpired";
}

/** The day of the payment is over. */
export class RefundTooLate extends ConflictProblem {
  override name = "RefundTooLate";
}

/** More than was paid. */
export class RefundTooMuch extends ConflictProblem {
  override name = "RefundTooMuch";
}

/** The representation is not in force. */
export class RepresentationOver extends ConflictProblem {
  override name = "RepresentationOver";
}

/** This person acts for the member already. */
export class RepresentativeExists extends ConflictProblem {
  override name = "RepresentativeExists";
}

/** Above what a representative may pay in a day. */
export class RepresentativeLimit extends ConflictProblem {
  override name = "RepresentativeLimit";
}

/** The representation cannot be made so. */
export class RepresentativeUnfit extends InvalidInputProblem {
  override name = "RepresentativeUnfit";
}

/** The code opens nothing. */
export class RestorationRefused extends UnauthorizedProblem {
  override name = "RestorationRefused";
}

/** Being completed after a restore. */
export class Restored extends UnavailableProblem {
  override name = "Restored";
}

/** The bank's result files are not described yet. */
export class ResultLayoutMissing extends ConflictProblem {
  override name = "ResultLayoutMissing";
}

/** This is not the code of the return. */
export class ReturnCodeWrong extends ForbiddenProblem {
  override name = "ReturnCodeWrong";
}

/** Nowhere to come back to. */
export class ReturnUrlMissing extends InvalidInputProblem {
  override name = "ReturnUrlMissing";
}

/** That address is not one to come back to. */
export class ReturnUrlNotAllowed extends InvalidInputProblem {
  override name = "ReturnUrlNotAllowed";
}

/** This partner cannot reverse by itself. */
export class ReversalByHand extends ConflictProblem {
  override name = "ReversalByHand";
}

/** The reversal has ended. */
export class ReversalEnded extends ConflictProblem {
  override name = "ReversalEnded";
}

/** This role may not do that. */
export class RoleNotAllowed extends ForbiddenProblem {
  override name = "RoleNotAllowed";
}

/** This role does not fit. */
export class RoleUnfit extends InvalidInputProblem {
  override name = "RoleUnfit";
}

/** This version is in effect. */
export class RuleInEffect extends ConflictProblem {
  override name = "RuleInEffect";
}

/** These are one record. */
export class SameMember extends ConflictProblem {
  override name = "SameMember";
}

/** There is one already. */
export class SecondFactorExists extends ConflictProblem {
  override name = "SecondFactorExists";
}

/** The last second factor stays. */
export class SecondFactorLast extends ConflictProblem {
  override name = "SecondFactorLast";
}

/** A second factor is needed. */
export class SecondFactorMissing extends ForbiddenProblem {
  override name = "SecondFactorMissing";
}

/** The passkey or the code is not right. */
export class SecondFactorWrong extends UnauthorizedProblem {
  override name = "SecondFactorWrong";
}

/** A second person has to approve. */
export class SecondPersonMissing extends ConflictProblem {
  override name = "SecondPersonMissing";
}

/** The session has ended. */
export class SessionEnded extends UnauthorizedProblem {
  override name = "SessionEnded";
}

/** Nobody is signed in. */
export class SessionMissing extends UnauthorizedProblem {
  override name = "SessionMissing";
}

/** Not at a shared terminal. */
export class SharedTerminal extends ForbiddenProblem {
  override name = "SharedTerminal";
}

/** The shop takes no more points. */
export class ShopClosed extends ConflictProblem {
  override name = "ShopClosed";
}

/** This is not the code of a shop. */
export class ShopCodeWrong extends NotFoundProblem {
  override name = "ShopCodeWrong";
}

/** There is such a shop already. */
export class ShopExists extends ConflictProblem {
  override name = "ShopExists";
}

/** The list cannot be imported yet. */
export class ShopListFaulty extends ConflictProblem {
  override name = "ShopListFaulty";
}

/** A shop has no number yet. */
export class ShopNumberMissing extends ConflictProblem {
  override name = "ShopNumberMissing";
}

/** This sign-in is over. */
export class SignInEnded extends UnauthorizedProblem {
  override name = "SignInEnded";
}

/** Too many tries. */
export class SignInLocked extends TooManyProblem {
  override name = "SignInLocked";
}

/** Not signed in. */
export class SignInRefused extends UnauthorizedProblem {
  override name = "SignInRefused";
}

/** The signature does not fit the request. */
export class SignatureInvalid extends UnauthorizedProblem {
  override name = "SignatureInvalid";
}

/** The signing key has ended. */
export class SignatureKeyEnded extends UnauthorizedProblem {
  override name = "SignatureKeyEnded";
}

/** The signing key is not known here. */
export class SignatureKeyUnknown extends UnauthorizedProblem {
  override name = "SignatureKeyUnknown";
}

/** The request is not signed. */
export class SignatureMissing extends UnauthorizedProblem {
  override name = "SignatureMissing";
}

/** This signature was used before. */
export class SignatureReplayed extends UnauthorizedProblem {
  override name = "SignatureReplayed";
}

/** The signature was made at another time. */
export class SignatureStale extends UnauthorizedProblem {
  override name = "SignatureStale";
}

/** This person is let in already. */
export class StaffActive extends ConflictProblem {
  override name = "StaffActive";
}

/** This person was stopped. */
export class StaffClosed extends ConflictProblem {
  override name = "StaffClosed";
}

/** This return came too late. */
export class StateExpired extends BadRequestProblem {
  override name = "StateExpired";
}

/** This return does not belong to an exchange. */
export class StateInvalid extends BadRequestProblem {
  override name = "StateInvalid";
}

/** This return was used before. */
export class StateUsed extends ConflictProblem {
  override name = "StateUsed";
}

/** Nothing to prove it with. */
export class StepUpNoProof extends ConflictProblem {
  override name = "StepUpNoProof";
}

/** A stop is announced 30 days ahead. */
export class StopTooSoon extends ConflictProblem {
  override name = "StopTooSoon";
}

/** Sign in with card or phone first. */
export class StrongSignInNeeded extends ForbiddenProblem {
  override name = "StrongSignInNeeded";
}

/** The bank's file cannot carry this sum. */
export class SumTooLarge extends ConflictProblem {
  override name = "SumTooLarge";
}

/** The terms have changed. */
export class TermsChanged extends ConflictProblem {
  override name = "TermsChanged";
}

/** This device is not a till any more. */
export class TillEnded extends UnauthorizedProblem {
  override name = "TillEnded";
}

/** The shop has set no PIN. */
export class TillNoPin extends ConflictProblem {
  override name = "TillNoPin";
}

/** This device is a till. */
export class TillOnly extends ForbiddenProblem {
  override name = "TillOnly";
}

/** A till is bound by its own shop. */
export class TillOwnShop extends ConflictProblem {
  override name = "TillOwnShop";
}

/** The PIN for refunds is locked. */
export class TillPinLocked extends ForbiddenProblem {
  override name = "TillPinLocked";
}

/** The shop's PIN is needed. */
export class TillPinNeeded extends ConflictProblem {
  override name = "TillPinNeeded";
}

/** This cannot be a PIN. */
export class TillPinUnfit extends InvalidInputProblem {
  override name = "TillPinUnfit";
}

/** This is not the shop's PIN. */
export class TillPinWrong extends ForbiddenProblem {
  override name = "TillPinWrong";
}

/** Tills of this shop give nothing back. */
export class TillRefundsOff extends ForbiddenProblem {
  override name = "TillRefundsOff";
}

/** Too many tills. */
export class TillsTooMany extends ConflictProblem {
  override name = "TillsTooMany";
}

/** Nobody could decide any more. */
export class TooFewDeciders extends ConflictProblem {
  override name = "TooFewDeciders";
}

/** Too many applications wait. */
export class TooManyApplications extends TooManyProblem {
  override name = "TooManyApplications";
}

/** Too many requests. */
export class TooManyRequests extends TooManyProblem {
  override name = "TooManyRequests";
}

/** The answer took too long. */
export class TookTooLong extends UnavailableProblem {
  override name = "TookTooLong";
}

/** The sums are not the file's. */
export class TotalsDiffer extends ConflictProblem {
  override name = "TotalsDiffer";
}

/** The number of units is missing. */
export class UnitsMissing extends InvalidInputProblem {
  override name = "UnitsMissing";
}

/** The number of units was not taken. */
export class UnitsNotAllowed extends InvalidInputProblem {
  override name = "UnitsNotAllowed";
}

/** A coupon is exchanged whole. */
export class UnitsNotForCoupons extends InvalidInputProblem {
  override name = "UnitsNotForCoupons";
}

/** No such announcement. */
export class UnknownAnnouncement extends NotFoundProblem {
  override name = "UnknownAnnouncement";
}

/** No such application. */
export class UnknownApplication extends NotFoundProblem {
  override name = "UnknownApplication";
}

/** No such cycle. */
export class UnknownCycle extends NotFoundProblem {
  override name = "UnknownCycle";
}

/** No such support event. */
export class UnknownEvent extends NotFoundProblem {
  override name = "UnknownEvent";
}

/** No such exchange. */
export class UnknownExchange extends NotFoundProblem {
  override name = "UnknownExchange";
}

/** No such file. */
export class UnknownFile extends NotFoundProblem {
  override name = "UnknownFile";
}

/** No such grant. */
export class UnknownGrant extends NotFoundProblem {
  override name = "UnknownGrant";
}

/** There is no such key in use. */
export class UnknownKey extends ConflictProblem {
  override name = "UnknownKey";
}

/** No such member. */
export class UnknownMember extends NotFoundProblem {
  override name = "UnknownMember";
}

/** No such municipality. */
export class UnknownMunicipality extends NotFoundProblem {
  override name = "UnknownMunicipality";
}

/** No such notice. */
export class UnknownNotice extends NotFoundProblem {
  override name = "UnknownNotice";
}

/** No such partner. */
export class UnknownPartner extends NotFoundProblem {
  override name = "UnknownPartner";
}

/** No such passkey. */
export class UnknownPasskey extends NotFoundProblem {
  override name = "UnknownPasskey";
}

/** No such point service. */
export class UnknownPointService extends NotFoundProblem {
  override name = "UnknownPointService";
}

/** No such prefecture. */
export class UnknownPrefecture extends NotFoundProblem {
  override name = "UnknownPrefecture";
}

/** No such grant project. */
export class UnknownProject extends NotFoundProblem {
  override name = "UnknownProject";
}

/** No such way to sign in. */
export class UnknownProof extends NotFoundProblem {
  override name = "UnknownProof";
}

/** No such proposal. */
export class UnknownProposal extends NotFoundProblem {
  override name = "UnknownProposal";
}

/** Nothing has this reference. */
export class UnknownReference extends NotFoundProblem {
  override name = "UnknownReference";
}

/** There is no such representation. */
export class UnknownRepresentation extends NotFoundProblem {
  override name = "UnknownRepresentation";
}

/** No such reversal. */
export class UnknownReversal extends NotFoundProblem {
  override name = "UnknownReversal";
}

/** No such version. */
export class UnknownRule extends NotFoundProblem {
  override name = "UnknownRule";
}

/** No such session. */
export class UnknownSession extends NotFoundProblem {
  override name = "UnknownSession";
}

/** No such shop. */
export class UnknownShop extends NotFoundProblem {
  override name = "UnknownShop";
}

/** No such payment. */
export class UnknownSpend extends NotFoundProblem {
  override name = "UnknownSpend";
}

/** No such person on the staff. */
export class UnknownStaff extends NotFoundProblem {
  override name = "UnknownStaff";
}

/** No such till. */
export class UnknownTill extends NotFoundProblem {
  override name = "UnknownTill";
}

/** No such window. */
export class UnknownWindow extends ConflictProblem {
  override name = "UnknownWindow";
}

/** The file must be CSV. */
export class UploadTypeWrong extends PayloadProblem {
  override name = "UploadTypeWrong";
}

/** This is not today's code of a venue. */
export class VenueCodeWrong extends ConflictProblem {
  override name = "VenueCodeWrong";
}

/** The change takes something from members. */
export class WorseNotAccepted extends ConflictProblem {
  override name = "WorseNotAccepted";
}

/** The class of each problem type, by the last part of its `type`. */
export const KINDS: Readonly<Record<string, typeof Problem>> = {
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
};
