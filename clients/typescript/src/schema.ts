// Made from the gateway's OpenAPI document by `make clients`; not written by hand.
export interface paths {
    "/v1/sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** All places where the member is signed in, the one used last first. */
        get: operations["list_sessions"];
        put?: never;
        /**
         * Sign a member in by MyKey ID and password.
         * @description The words of a refusal are the same whichever half was wrong. `shared_terminal` (at a library) shortens the
         *     idle limit to two minutes.
         */
        post: operations["sign_in"];
        /** Sign out everywhere else. */
        delete: operations["end_other_sessions"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/sessions/current": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Sign out: the token is worthless from now on. */
        delete: operations["sign_out"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/sessions/{session_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Sign out in one other place. */
        delete: operations["end_session"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/me": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The member who is signed in. */
        get: operations["me"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/me/default-municipality": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Choose the 基本自治体: where reserve points go by themselves after 14 days. */
        put: operations["set_default_municipality"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/me/language": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Choose the language of pages and messages. */
        put: operations["set_language"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/me/password": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Change the password. All other sessions of the member end. */
        put: operations["change_password"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/me/mykey-id/check": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Is this MyKey ID free (重複チェック)? After three taken ones a generated one is offered. */
        post: operations["check_mykey_id"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/me/mykey-id/generate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Draw a free MyKey ID (自動生成), up to three times a day. */
        post: operations["generate_mykey_id"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/me/mykey-id": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Take a MyKey ID if it is free; the answer says so, or what is offered instead.
         * @description The password is asked for again: an open session alone would take the account away from its owner.
         */
        put: operations["change_mykey_id"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/me/revocation": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Revoke the MyKey ID (失効). It cannot be undone; the password is asked for again. */
        post: operations["revoke_mykey_id"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/card": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Whether members can come with their card. */
        get: operations["card_standing"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/card/challenges": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Make a challenge for a card to sign: good once, for two minutes, for this browser and purpose alone. */
        post: operations["ask_card"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/card/sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Sign a member in by card (purpose `login`). A lock-out from wrong passwords does not close this door. */
        post: operations["sign_in_by_card"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/card/registrations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Make a MyKey ID (マイキーID) with a card (purpose `register`): one per certificate, drawn at random.
         * @description The answer signs the new member in and tells the MyKey ID. A password can be given at once or set later.
         */
        post: operations["register_by_card"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/card/relinks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Give an old MyKey ID a renewed certificate (purpose `relink`), after its password; signs the member in. */
        post: operations["relink_card"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/me/card": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Link a card, or the renewed one (purpose `relink`), to the member who is signed in. Asks for the password. */
        post: operations["link_card"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/me/card/password": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Set a first or forgotten password with the card in hand (purpose `login`). All other sessions end. */
        put: operations["set_password_by_card"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/oidc": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** By which services members can sign in with their phone; empty where none is set up. */
        get: operations["list_providers"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/oidc/requests": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Begin a sign-in (`login`), or read the phone of who is signed in (`link`, `password`). */
        post: operations["begin_oidc"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/oidc/returns": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Hand over what the browser brought back. A phone that is known signs its member in. */
        post: operations["return_from_oidc"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/oidc/registrations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Make a MyKey ID (マイキーID) for a phone that leads to none; signs the new member in.
         * @description Only for who has said that there is no MyKey ID yet: a person with two gets neither joined to the other by itself.
         */
        post: operations["register_by_phone"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/oidc/joins": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Give the phone to an old MyKey ID, after its password, in place of the one before; signs the member in. */
        post: operations["join_phone"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/oidc/card-joins": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Give the phone to the MyKey ID whose card answers, in place of the one before; signs the member in.
         * @description For who has a card reader and no password. A card that is nobody's joins nothing.
         */
        post: operations["join_phone_by_card"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/me/oidc": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Link the phone that was read (purpose `link`) to the member who is signed in. Asks for the password. */
        post: operations["link_phone"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/me/oidc/password": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Set a first or forgotten password with the phone in hand (purpose `password`). All other sessions end. */
        put: operations["set_password_by_phone"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/passkeys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Whether members can sign in with a passkey. */
        get: operations["passkey_support"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/passkeys/challenges": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Make a challenge for any passkey of this site: good once, for five minutes, for this browser alone. */
        post: operations["ask_passkey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/passkeys/sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Sign a member in by a passkey, with user verification. A lock-out from wrong passwords does not close this door. */
        post: operations["sign_in_by_passkey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/me/passkeys/challenges": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Begin to make a passkey, within ten minutes of a sign-in by card or phone. */
        post: operations["begin_member_passkey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/me/passkeys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Keep the passkey that the browser made; from now on it signs the member in. */
        post: operations["add_member_passkey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/me/proofs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** By what the member can sign in: since when, and when it was last used. */
        get: operations["list_proofs"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/me/proofs/removal": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Take one proof away, never the last. The password is asked for again; all other sessions end. */
        post: operations["remove_proof"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/me/step-up": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Above which sum a payment asks who pays. */
        get: operations["get_step_up"];
        /** Set the sum. To raise it or take it away, the session has begun with card, phone or passkey within five minutes. */
        put: operations["set_step_up"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/representations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** For whom the member acts, who acts for the member, and what was done. */
        get: operations["list_representations"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/representations/{representation_id}/session": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Act for the member from now on. One's own session ends; to be oneself again is to sign in again. */
        post: operations["begin_acting"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/representations/{representation_id}/end": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** End it at once: the member who is represented, or the representative. Sessions that act by it end. */
        post: operations["end_representation"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/restorations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Choose a new password with a code from the desk; signs the member in. Cards, phones and sessions of before end. */
        post: operations["restore_member"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/partners": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The partner companies (地域経済応援ポイント協力会社一覧), and which of them the member has linked. */
        get: operations["list_partners"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/links": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The member's linked partner accounts (移行用のサービスID). */
        get: operations["list_links"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/links/{partner_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Unlink a partner account. What was exchanged stays. */
        delete: operations["unlink"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/exchanges": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The member's exchanges, newest first, a page at a time. */
        get: operations["list_exchanges"];
        put?: never;
        /**
         * Begin an exchange under an id that you made and stored first.
         * @description The same id with the same body is the same exchange (200), with another body it is refused. With an account
         *     link that is not saved yet the state is `awaiting_return`: send the browser to `redirect_url`; it comes back
         *     to `return_url` with `exchange` and `return_code`.
         */
        post: operations["start_exchange"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/exchanges/{exchange_id}/return": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Finish the link, with the code that the returning browser brought. Safe to repeat.
         * @description Afterwards the exchange is `ready`, and `link.shown_as` is how the partner knows the member: show it and ask.
         *     Or `refused`, when the member did not consent.
         */
        post: operations["complete_return"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/exchanges/{exchange_id}/offer": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What the member has at the partner, the rates in force and the most units (口) that can be drawn. */
        get: operations["offer"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/exchanges/{exchange_id}/quote": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Show what will happen (確認): the numbers, rates and terms, which hold for ten minutes.
         * @description They hold also when a rate changes in between: the member was shown them. A new quote replaces the old one.
         */
        post: operations["quote"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/exchanges/{exchange_id}/confirm": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Carry the quote out. There is one debit, however often this is sent.
         * @description The state is then `settled`, `declined`, `not_sent`, or `open` when the partner's answer is not known yet:
         *     look at the exchange again, nothing is lost.
         */
        post: operations["confirm"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/exchanges/{exchange_id}/cancellation": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Give up an exchange that is not confirmed yet (やめる): no points have moved. Once more is the same. */
        post: operations["cancel"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/exchanges/{exchange_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One exchange as it stands. An open one is asked about at the partner when it is looked at. */
        get: operations["show_exchange"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/balances": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** 留保ポイント, 自治体ポイント by point service with the 基本自治体 marked, and event points. */
        get: operations["balances"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/history/reserve": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** 留保ポイントの履歴, newest first. */
        get: operations["reserve_history"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/history/municipal/{municipality}/{point_service}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** 自治体ポイントの履歴 of one point service, newest first. */
        get: operations["municipal_history"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/history/events/{event_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** 特定支援イベントポイントの履歴 of one event, newest first. */
        get: operations["event_history"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/allocations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Move points from the reserve to a municipality (各自治体ポイントへの移行), under an id that you made.
         * @description The same id with the same content again is the same allocation (200).
         */
        post: operations["allocate"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/contributions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Move points from the reserve to a support event (留保ポイントを個別特定支援イベントに移行). */
        post: operations["contribute"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/me/mail": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Where the member hears of notices by mail. */
        get: operations["mail_address"];
        /** Set the address; a link in the mail to it confirms it within a day. The answer is the same for every address. */
        put: operations["set_mail_address"];
        post?: never;
        /** Forget the address; nothing more is sent. */
        delete: operations["remove_mail_address"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/mail/confirmation": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** The reader of the address has opened the link of the confirming mail. Needs no session. */
        post: operations["confirm_mail_address"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/mail/stop": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Send nothing more to the address (RFC 8058). Needs no session; a second time is the same answer. */
        post: operations["stop_mail"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/notices": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** お知らせ, newest first. */
        get: operations["list_notices"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/notices/read": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Everything up to a moment was read; never beyond now, and never less than before. */
        put: operations["mark_read"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/announcements": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What the member's cities announce now, newest first: the 基本自治体 and every city whose points the member has had. */
        get: operations["list_announcements"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/planned-stops": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Planned stops of the gateway, for every page of a portal: from 30 days before each until its end. */
        get: operations["list_planned_stops"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/me/record": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What is kept about me, since when, why and how long, with every row (開示). */
        get: operations["own_record"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/me/privacy-texts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What the member's default city, and each city whose points the member has, say of members' data. */
        get: operations["own_privacy_texts"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/municipalities/{municipality}/privacy-text": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What one city says of members' data, for a page before somebody registers. */
        get: operations["municipality_privacy_text"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/overview": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The member, the balances, what expires and the waiting exchanges, all read at one moment. */
        get: operations["overview"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/prefectures": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** All 47 prefectures (都道府県) with their readings. */
        get: operations["list_prefectures"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/prefectures/{prefecture}/municipalities": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The municipalities of a prefecture with their six-digit codes (JIS X 0402 and a check digit). */
        get: operations["list_municipalities"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/point-services": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Point services (自治体ポイント), of a prefecture or a municipality; `direct` asks for those open to partners.
         * @description The ones that are not open are reached by way of the reserve and an allocation.
         */
        get: operations["list_point_services"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Support events (特定支援イベント) with their progress; without `period` those that take points now.
         * @description Of the open ones the one that ends first comes first; of ended ones the newest 200.
         */
        get: operations["list_events"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/events/{event_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One support event with its progress, also after its end, when `outcome` says what became of the points. */
        get: operations["get_event"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/problem-types": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Every problem type: its word, its HTTP status, and title and remedy in both languages. */
        get: operations["list_problem_types"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/staff/sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Sign staff in by login and password; where a second factor is set up, this is half of it. */
        post: operations["staff_sign_in"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/staff/sessions/passkey": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Complete a sign-in with what `navigator.credentials.get` gave for `passkey_options`. */
        post: operations["staff_prove_by_passkey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/staff/sessions/totp": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Complete a sign-in with the six digits of the authenticator app. */
        post: operations["staff_prove_by_totp"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/staff/sessions/current": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Sign out: the token is worthless from now on. */
        delete: operations["staff_sign_out"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/staff/me": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Who is signed in, what this role may do, and which second factors are set up. */
        get: operations["staff_me"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/staff/me/password": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Change one's own password. All other sessions end. */
        put: operations["staff_change_password"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/staff/me/sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** All places where this person is signed in, the one used last first. */
        get: operations["staff_list_sessions"];
        put?: never;
        post?: never;
        /** Sign out everywhere else. */
        delete: operations["staff_end_other_sessions"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/staff/me/sessions/{session_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Sign out in one place. */
        delete: operations["staff_end_session"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/staff/me/passkeys/begin": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Begin to make a passkey: give `options` to `navigator.credentials.create`.
         * @description The password is asked for again: an open session alone would make a second way in that lasts.
         */
        post: operations["staff_begin_passkey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/staff/me/passkeys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Keep the passkey that the browser made; from now on it is asked for at sign-in. */
        post: operations["staff_add_passkey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/staff/me/totp/begin": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Make a seed for an authenticator app; it counts once a code has confirmed it. The password is asked for again. */
        post: operations["staff_begin_totp"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/staff/me/totp": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Show by a code that the app was set up; from now on codes are asked for at sign-in. */
        post: operations["staff_confirm_totp"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/staff/me/passkeys/removal": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Take one of one's own passkeys away. Another second factor stays; all other sessions end. */
        post: operations["staff_remove_passkey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/staff/me/totp/removal": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Take one's own authenticator app away. A passkey stays; all other sessions end. */
        post: operations["staff_remove_totp"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/staff": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Everybody on the city's staff and its shops' people, closed ones included. */
        get: operations["list_staff"];
        put?: never;
        /** Propose somebody for the city's staff (202); the first password is shown to who decides it, once. */
        post: operations["add_staff"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/people": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The names behind staff ids, as files, settlements and refunds tell who did it; nothing else about anybody. */
        get: operations["name_people"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/staff/{staff_id}/role": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Give somebody another role; their sessions end. One that may do more waits for a second person (202). */
        put: operations["change_staff_role"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/staff/{staff_id}/closure": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Let somebody in no more; what they did stays in the log. */
        post: operations["close_staff"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/staff/{staff_id}/reset": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * A phone or password is lost: a new first password; second factors and sessions are gone.
         * @description For the city's own staff it waits for a second person (202), to whom the first password is shown, once.
         */
        post: operations["reset_staff"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/staff/{staff_id}/restart": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Let somebody in again who was stopped, with a new first password; it waits for a second person (202). */
        post: operations["restart_staff"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/audit": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What the city's staff did, newest first: who, what, to whom, why. */
        get: operations["read_audit"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/audit/actions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Every deed that a city's log may hold, for whoever filters by one. */
        get: operations["list_audit_actions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/audit/csv": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The same for Excel, the newest 100,000 lines. */
        get: operations["audit_csv"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/audit/verification": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Read the city's whole log again and compare every hash. */
        post: operations["verify_audit"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/privacy-text": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What the city tells members of their data. */
        get: operations["get_privacy_text"];
        /** Propose another text (202): members read it after another person's yes. */
        put: operations["change_privacy_text"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/point-services": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The city's own point services, those that take no more points too. */
        get: operations["list_city_point_services"];
        put?: never;
        /** Add a point service; its id becomes part of account names and never changes. Announce its rules next. */
        post: operations["add_city_point_service"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/point-services/{point_service}/reading": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Say how a point service's name is read: shown over it in やさしい日本語, in Latin letters in English, and searched. */
        put: operations["put_city_point_service_reading"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/point-services/{point_service}/closure": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Let a point service take no more points; what members hold can still be used. */
        post: operations["close_city_point_service"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/point-services/{point_service}/reopening": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Let a closed point service take points again. */
        post: operations["reopen_city_point_service"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/point-services/{municipality}/{point_service}/rules": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The rules of a point service: what is in force, what is coming, and what members lose by it. */
        get: operations["point_service_rules"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/point-services/{point_service}/rules": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** All versions of the rules of one of the city's point services. */
        get: operations["city_rules"];
        put?: never;
        /** Propose a new version (202). A change for the worse is refused once, naming what members lose. */
        post: operations["announce_rule"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/point-services/{point_service}/rules/{version}/withdrawal": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Propose to take back a version that has not taken effect (202). */
        post: operations["withdraw_rule"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/members/{mykey_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A member who has the city's points or has chosen it; anybody else does not exist here. */
        get: operations["city_member"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/projects": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The city's grant projects (給付事業), the one that starts last first. */
        get: operations["list_projects"];
        put?: never;
        /** Propose a grant project with its period and budget; a second person decides it (202). */
        post: operations["add_project"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/projects/{project_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One grant project with what is left of its budget. */
        get: operations["get_project"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/projects/{project_id}/budget": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Lower a budget, never below what is granted or set aside; or propose to raise it (202). */
        put: operations["change_project_budget"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/projects/{project_id}/open": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Let a project grant nothing more, or again. */
        put: operations["set_project_open"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/projects/{project_id}/venue-code": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Today's code of the project's venue, to be shown as a QR. */
        get: operations["project_venue_code"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/projects/{project_id}/grants": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Who was granted what in a project, when, by whom, and what was taken back; who was granted last comes first. */
        get: operations["list_grants"];
        put?: never;
        /**
         * Grant to one member by MyKey ID, under an id that you made; the same again is the same grant (200).
         * @description Above the city's sum, or beyond what one person grants in a day, it waits for a second person (202).
         */
        post: operations["grant_to_one"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/venue-grants": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** The member has scanned a venue's code: granted once in each project. */
        post: operations["grant_at_venue"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/projects/{project_id}/grants/csv": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The same for Excel, with the names of who granted. */
        get: operations["grants_csv"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/projects/{project_id}/grant-cancellations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Propose to take a grant back (給付の取消): what is unspent comes back, the rest is shown as owed. */
        post: operations["cancel_grant"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/members/{mykey_id}/corrections": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Propose to correct a member's balance. It takes a second person, whatever the table says. */
        post: operations["correct_balance"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/projects/{project_id}/files": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Check a list whole, up to 100,000 lines, CSV or Excel (.xlsx); then it waits as a proposal.
         * @description CSV is UTF-8, UTF-16 or Shift_JIS. A header names the columns マイキーID, ポイント and 摘要; other columns are dropped, or kept as the query says.
         *
         *     The same content again is the same file (200). Lines that cannot be granted make the file `faulty`.
         */
        post: operations["upload_grants"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/files": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The city's newest 200 grant files. */
        get: operations["list_files"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/files/{file_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How far a file is: `granted_lines` of `lines` while it is being applied. */
        get: operations["get_file"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/files/{file_id}/lines": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The lines of a file with what is wrong with each, by their numbers in the file. */
        get: operations["file_lines"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/files/{file_id}/report": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Every line as it was typed, those with a fault first, with what to do; to be mended and sent again. */
        get: operations["file_report"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/files/{file_id}/report/xlsx": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The same as an Excel workbook, in which every cell is text: no program makes a number of an ID. */
        get: operations["file_report_workbook"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/files/{file_id}/cancellation": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Take back a file that nobody has approved. */
        post: operations["cancel_file"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/files/{file_id}/granted-before": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Who of a file was granted in its project before, with sums and dates: what an approver looks at first. */
        get: operations["file_granted_before"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/me/carry-ins": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Take over the points of a city's former system, with the number there and the code that the city has sent.
         * @description Each number once for ever. The points keep their days of issue and their last days.
         */
        post: operations["claim_carry_in"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/carry-in-joins": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Propose to join a waiting number to a member who has lost its code, after the clerk has seen who it is.
         * @description The code opens nothing from now on; where the proposal ends without a yes it opens again, and who proposed it
         *     proposes the same number no sooner than 14 days later. The member who is named is told.
         */
        post: operations["propose_carry_in_join"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/carry-ins": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The city's newest 200 files of balances. */
        get: operations["list_carry_ins"];
        put?: never;
        /**
         * Check a predecessor's balances whole, up to 100,000 lines, CSV or Excel (.xlsx). Nothing is carried in yet.
         * @description The columns are 利用者番号, マイキーID, 引継ぎコード, ポイント制度, ポイント, 発行日, 最終日 and 有償・無償; others are dropped.
         *
         *     The same content again is the same file (200). A line that cannot be carried in makes the file `faulty`.
         */
        post: operations["upload_carry_in"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/carry-ins/{file_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A file with its sums by point service and last day, month or year. */
        get: operations["get_carry_in"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/carry-ins/{file_id}/lines": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The lines of a file with what is wrong with each, by their numbers in the file. */
        get: operations["carry_in_lines"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/carry-ins/{file_id}/report": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Every line as it was typed, those with a fault first, with what to do; to be mended and sent again.
         * @description Until the file is approved, sent back or cancelled the codes are in it, for some weeks: it is for who may send the file.
         */
        get: operations["carry_in_report"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/carry-ins/{file_id}/proposal": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Propose a checked file, with the sums that the predecessor's system reports: they must be the file's. */
        post: operations["propose_carry_in"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/carry-ins/{file_id}/cancellation": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Take back a file that nobody has approved. */
        post: operations["cancel_carry_in"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/carry-ins/{file_id}/reconciliation": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The file held against the ledger, move by move: by point service, last day and origin. */
        get: operations["reconcile_carry_in"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/carry-ins/{file_id}/reconciliation/csv": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The same for Excel. */
        get: operations["reconciliation_of_carry_in"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/projects/{project_id}/grantees/{mykey_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Whether a MyKey ID can be granted to, by the rule of grant files; the name of who has the city's points. */
        get: operations["get_grantee"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The city's own events with their progress, planned and ended ones too; the one that starts last comes first. */
        get: operations["list_city_events"];
        put?: never;
        /** Plan an event. Members see nothing of it until somebody whose role may shows it. */
        post: operations["plan_event"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/events/{event_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One of the city's own events. */
        get: operations["get_city_event"];
        /** Change an event before its start. One that is shown is planned again: it has to be shown anew. */
        put: operations["change_event"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/events/{event_id}/showing": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Let members see an event, and give to it from its start on. */
        post: operations["show_event"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/events/{event_id}/end": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** End an event early: its goal and its rule decide at once; shares move in the background. */
        post: operations["end_event"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/shop/people": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Who has a log-in of this shop, and what the city has changed of them: the shop notices what was not its wish. */
        get: operations["list_own_people"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/shop/till-refunds": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Let the tills of this shop give points back on the day of the payment, or no longer; from now on. */
        put: operations["set_till_refunds"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/shop/report": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What this shop took and gave back in a period, by day or month and by point service. */
        get: operations["own_report"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/shop/report/csv": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The same for Excel, with the sum in its last line. */
        get: operations["own_report_csv"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/shop/tills": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The shop's bound devices with their last use, and whether a PIN for refunds is set. */
        get: operations["list_own_tills"];
        put?: never;
        /** Bind the device at which this person sits: it stays signed in at the till, and opens nothing else. */
        post: operations["bind_till"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/shop/tills/{till_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** End one of the shop's tills: at once, and for ever. One that has ended stays so. */
        delete: operations["end_own_till"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/shop/till-pin": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Set the PIN that bound tills ask for before they give points back. */
        put: operations["set_till_pin"];
        post?: never;
        /** Take the PIN away: from now on no bound till gives points back. */
        delete: operations["remove_till_pin"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/staff/sessions/till": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * A bound device shows its secret: it gets a session of the till for a day, and the secret to show next.
         * @description A secret that was good before ends the till: then somebody has a copy. After a lost answer, show the same again.
         */
        post: operations["open_till"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/shops/{shop_id}/tills": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A shop's bound devices, for the desk to which a lost one is told. */
        get: operations["list_shop_tills"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/shops/{shop_id}/tills/{till_id}/end": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** End a shop's till: it was lost or stolen. One person does it; binding it again is the shop's affair. */
        post: operations["end_shop_till"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/companies": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The city's companies with several shops. */
        get: operations["list_companies"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/companies/{company_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Propose which shops are one company's, whose log-ins read the books of all of them, and whose work at each (202). */
        put: operations["set_company"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/shop/company/shops": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The company's shops at which this log-in works, one at a time. */
        get: operations["shops_worked_at"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/shop/company/sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Go on at another of the company's shops: this session ends, and the new one takes points at, and sees, that shop alone. */
        post: operations["choose_shop"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/shop/company": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The company whose shops' books this log-in reads; each of them is named by `shop_id` where books are asked for. */
        get: operations["own_company"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/shop/company/report": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What each of the company's shops took and gave back in a period, and all of them together. */
        get: operations["company_report"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/shop/company/report/csv": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The same for Excel: by month, shop and point service, with the company's sum in its last line. */
        get: operations["company_report_file"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/shop/company/settlements": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The last two dozen closed cycles: what each shop was paid, and the company in all. Statements stay one a shop. */
        get: operations["company_settlements"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/shop/company/settlements/{starts_on}/csv": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The company's statement of a cycle for Excel: every payment and refund of each shop; the lines add up to the transfers. */
        get: operations["company_statement_file"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/shop/company/settlements/{starts_on}/pdf": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The company's statement of a cycle to print and to keep: its sums, and a line a shop. */
        get: operations["company_statement_paper"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/shop-list": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The whole register, closed shops too, as CSV in the columns that are imported, with the log-ins of each owner.
         * @description Account numbers are in full for who keeps accounts; others have their last three digits.
         */
        get: operations["export_shops"];
        put?: never;
        /** Propose the new shops of a checked list (202), as one deed. Shops that are registered are not changed by it. */
        post: operations["propose_shop_list"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/shop-list/check": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Check a list of at most 500 shops, CSV or Excel (.xlsx), field by field and against the register. Nothing is stored.
         * @description The columns are 店名, 店名（カナ）, 業種, 住所, 電話, 銀行コード, 銀行名, 支店コード, 支店名, 預金種目, 口座番号, 口座名義 and
         *     銀行の一覧にない口座; 番号 or 加盟店ID name a shop that is registered. Only 店名 is needed; others are dropped.
         */
        post: operations["check_shop_list"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/shop-list/report": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** The same check as a list to mend and send again: lines with a fault first, each fault with what to do. */
        post: operations["shop_list_report"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/proposals/{proposal_id}/shops": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The shops that a proposal of a list imports, each with its account and whom it is like now. */
        get: operations["list_proposed_shops"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/shops": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The register of shops (加盟店登録名簿), in order of shop id; `closed` asks for closed ones too. */
        get: operations["list_city_shops"];
        put?: never;
        /** Put a shop on the register; the id becomes part of account names and never changes. */
        post: operations["register_shop"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/shops/{shop_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One shop of the register. */
        get: operations["get_shop"];
        /** Change what the register says of a shop. */
        put: operations["change_shop"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/shops/{shop_id}/closure": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Let a shop take no more points; what it is owed is still paid. */
        post: operations["close_shop"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/shops/{shop_id}/reopening": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Let a closed shop take points again. */
        post: operations["reopen_shop"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/shops/{shop_id}/code": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The text of the QR for the shop's counter, for printing. */
        get: operations["city_shop_code"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/shops/{shop_id}/staff": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Who has a log-in of this shop, and with which right. */
        get: operations["list_shop_staff"];
        put?: never;
        /** Propose a log-in of a shop (202); whoever decides it is shown the first password, once. */
        post: operations["add_shop_staff"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/shops/{shop_id}/staff/{staff_id}/reset": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** A shop has lost its password: propose a new first one (202), which is shown to whoever decides it, once. */
        post: operations["reset_shop_staff"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/municipalities/{municipality}/shop-terms": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What a shop accepts that applies in this city; 404 where it takes no applications on the web. */
        get: operations["municipality_shop_terms"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/municipalities/{municipality}/shop-applications": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Apply to take this city's points. The number and the secret open the application, and are all that does. */
        post: operations["apply_as_shop"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/shop-applications/view": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** The applicant's own application; a secret stands in no address, so this is no GET. */
        post: operations["view_own_application"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/shop-applications/resubmission": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Submit an open application again as it is now. */
        post: operations["resubmit_own_application"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/shop-applications/withdrawal": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Take an open application back. */
        post: operations["withdraw_own_application"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/shop-applications": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Applications in order of number, 100 a page; those that wait for somebody unless another state is named. */
        get: operations["list_shop_applications"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/shop-applications/{number}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One application with the terms that were accepted, and which shops and applications say the same. */
        get: operations["get_shop_application"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/shop-applications/{number}/return": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Let the applicant mend it (差戻し). */
        post: operations["send_back_shop_application"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/shop-applications/{number}/refusal": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Refuse it (却下). */
        post: operations["refuse_shop_application"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/shop-applications/{number}/acceptance": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Propose that the shop takes the city's points; whoever decides it is shown its first password, once. */
        post: operations["accept_shop_application"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/shop-terms": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The city's terms for shops as they are now. */
        get: operations["get_shop_terms"];
        /** Add a version of the terms; who has applied before keeps the version that was accepted. */
        put: operations["set_shop_terms"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/announcements": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What the city has announced: upcoming, shown, ended and withdrawn. */
        get: operations["list_city_announcements"];
        put?: never;
        /** Propose an announcement (202), or publish it (201) where the city's table asks for nobody else. */
        post: operations["publish_announcement"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/announcements/{announcement_id}/withdrawal": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Show it no more, at once. */
        post: operations["withdraw_announcement"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/shop/announcements": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What the city announces to its shops now, newest first. */
        get: operations["list_shop_announcements"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/platform/planned-stops": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Planned stops of the gateway: upcoming, announced, over and withdrawn. */
        get: operations["list_platform_stops"];
        put?: never;
        /** Propose a planned stop, which all pages announce from 30 days before it until its end. */
        post: operations["plan_stop"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/platform/planned-stops/{announcement_id}/withdrawal": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Announce it no more, at once: it does not take place. */
        post: operations["withdraw_stop"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/shops/{shop_id}/bank-account": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Where a shop is paid; of the number only the end. */
        get: operations["get_shop_bank"];
        /** Propose where a shop is paid (202): a first account counts at once, a change from the next closing on. */
        put: operations["set_shop_bank"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/bank-account": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** From which account the city pays its shops. */
        get: operations["get_payer"];
        /** Propose from which account the city pays (202); `client_code` (委託者コード) is the bank's name for the city. */
        put: operations["set_payer"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/settlements/{starts_on}/bank-results": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The bank's result files of a cycle, oldest first. */
        get: operations["list_bank_results"];
        put?: never;
        /**
         * Read the bank's own result file (総合振込の結果) and show what it says of each shop. Nothing is recorded by it.
         * @description The same content again is the same file (200).
         */
        post: operations["upload_bank_result"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/settlements/{starts_on}/bank-results/{number}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A result file held against what is known of each payment now. */
        get: operations["get_bank_result"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/settlements/{starts_on}/bank-results/{number}/recording": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Record what was shown: what was paid at once; all that came back as one proposal, since it is owed again. */
        post: operations["record_bank_result"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/settlement-settings": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How the city settles with its bank. */
        get: operations["get_settlement_settings"];
        /** Propose other settings (202): they count for what is made after another person's yes. What was closed stays as it is. */
        put: operations["change_settlement_settings"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/shop/account-notices": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What the city has changed of the account to which this shop is paid, newest first. */
        get: operations["list_own_notices"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/shop/account-notices/{notice_id}/answer": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Confirm a change, or object to it: then it does not take effect, or nothing more is paid to it. */
        post: operations["answer_notice"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/account-notices": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What shops were told of their accounts and what they said, the newest 200. */
        get: operations["list_account_notices"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/spends/{spend_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A payment at one of the city's shops, with what was given back of it. */
        get: operations["city_spend"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/spends/{spend_id}/refunds": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Give points of a payment back, at any time; after its cycle was closed it comes into the next one.
         * @description Above the city's sum, beyond what one person gives in a day, or of a closed cycle it waits for a second person (202).
         */
        post: operations["city_refund"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/shop-debts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Closed shops that owe after their newest closing, and how earlier debts ended. */
        get: operations["list_shop_debts"];
        put?: never;
        /** Propose that a closed shop's whole debt was repaid, or is written off; a second person decides it (202). */
        post: operations["end_shop_debt"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/settlements/{starts_on}/shop-debts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Debts of closed shops that a cycle's closing has taken up: what it brought forward is even by them. */
        get: operations["list_cycle_debts"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/settlements": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Every cycle since the first payment, newest first. */
        get: operations["list_settlements"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/settlements/{starts_on}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A closed cycle, or what closing it now would give. */
        get: operations["get_settlement"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/settlements/{starts_on}/csv": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A cycle for Excel, a line a shop. */
        get: operations["get_settlement_csv"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/settlements/{starts_on}/journal": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The journal of a closed cycle for the city's accounting (財務会計), as the settings say: a line for each shop that is paid. */
        get: operations["get_settlement_journal"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/settlements/{starts_on}/pdf": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A cycle to print and to keep, a line a shop. */
        get: operations["get_settlement_pdf"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/settlements/{starts_on}/closing": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Propose to close a cycle, which happens once (202); corrections come into the next one. */
        post: operations["close_settlement"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/settlements/{starts_on}/corrections": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What in a cycle corrects cycles that were closed before it (訂正): refunds of their payments, late payments. */
        get: operations["get_corrections"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/settlements/{starts_on}/corrections/csv": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A cycle's corrections for Excel, with the names of those who made them. */
        get: operations["get_corrections_csv"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/settlements/{starts_on}/shops/{shop_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A shop's statement of a cycle, payment by payment. */
        get: operations["city_statement"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/settlements/{starts_on}/shops/{shop_id}/csv": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A shop's statement for Excel. */
        get: operations["city_statement_csv"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/settlements/{starts_on}/shops/{shop_id}/pdf": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A shop's statement to print and to send. */
        get: operations["city_statement_pdf"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/shop": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The shop to which this session belongs. */
        get: operations["own_shop"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/shop/code": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What members scan or type to pay here. */
        get: operations["own_shop_code"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/shop/spends": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A day's payments at this shop, newest first, those that members made by the shop's code among them.
         * @description A till sees today alone.
         */
        get: operations["shop_day"];
        put?: never;
        /**
         * Take points with a member's code or card, scanned or typed. Whatever is refused here, nothing was taken.
         * @description After a lost answer send the same again: it is the same payment (200), or it is made now (201).
         */
        post: operations["take_points"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/shop/spends/{spend_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One payment at this shop, of whatever day: what was taken at 23:59 is found after midnight.
         * @description A till finds those of today and yesterday.
         */
        get: operations["shop_spend"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/shop/spends/{spend_id}/refunds": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Give points back on the day of the payment; later the city's staff can. A till's log-in only where the owner lets it.
         * @description A bound till sends the shop's PIN.
         */
        post: operations["shop_refund"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/shop/settlements": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The shop's last two dozen closed cycles: what was paid, and when. */
        get: operations["shop_settlements"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/shop/settlements/{starts_on}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The shop's own statement of a cycle. */
        get: operations["shop_statement"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/shop/settlements/{starts_on}/csv": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The shop's own statement for Excel. */
        get: operations["shop_statement_csv"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/shop/settlements/{starts_on}/pdf": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The shop's own statement to print and to keep. */
        get: operations["shop_statement_pdf"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/references/{reference}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The member's own exchange or payment by the 8 characters that stand on its page. */
        get: operations["member_references"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/shop/references/{reference}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A payment at this shop in the last 400 days, by the 8 characters on the customer's page; for a till since yesterday. */
        get: operations["shop_references"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/references/{reference}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A payment at any of the city's shops in the last 400 days, by the 8 characters that both sides have. */
        get: operations["city_references"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/representatives": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Propose who acts for a member, after the clerk has seen the papers; another person decides. */
        post: operations["propose_representative"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/representatives/of-member": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Who acts for a member, or has, as this city has appointed them; with what was done. */
        post: operations["list_representatives"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/representatives/{representation_id}/end": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** End it at once; one person suffices. Sessions that act by it end with it. */
        post: operations["end_representative"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/support/references": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Whose payment or exchange has this number. Short numbers of payments are found for 400 days. */
        post: operations["search_by_reference"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/support/payments": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Payments of exactly this sum on this day, with whose they are. */
        post: operations["search_by_payment"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/support/timelines": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** What happened to a member in this city, newest first: points, exchanges, the account; and what ends when. */
        post: operations["member_timeline"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/support/unlocking": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Open the locks that wrong passwords have closed, after the clerk has seen who it is. */
        post: operations["unlock_member"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/support/access": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Propose a code for a member who has lost every way in, after the clerk has seen who it is.
         * @description Another person decides, is shown the code once, and gives it to the member, who chooses a new password with it.
         */
        post: operations["propose_member_access"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/pay-cards": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Issue a card to each of these members, or replace it. Members who get none stand in `left_out`; the others get theirs. */
        post: operations["issue_pay_cards"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/pay-cards/sheets": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Cards to print and cut, five on a page of A4, each with a stub that says whose it is. */
        post: operations["print_pay_cards"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/pay-cards/stopping": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Stop a member's card. From this moment on no shop takes points with it. */
        post: operations["stop_pay_card"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/pay-cards/pins": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Set the PIN that the member types at the desk; one that was locked is open again. */
        post: operations["set_pay_card_pin"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/pay-cards/limits": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The city's limits; where it has decided nothing, 1,000 points without a PIN, 5,000 a day, 30 cards a person and day. */
        get: operations["get_pay_card_limits"];
        /** Lower the city's limits, from this moment on; to raise any of them waits for a second person (202). */
        put: operations["change_pay_card_limits"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/shops": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Where a city's points can be used (自治体ポイントナビ). */
        get: operations["list_places"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/pay-codes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Make a code to show at a counter: sixty seconds, once. Ask for the next one before it ends. */
        post: operations["make_pay_code"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/pay-codes/{digits}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Whether a shop has taken points with this code of the member's own, and how many. */
        get: operations["pay_code_state"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/shop-codes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Whose code the member has scanned or typed, to be shown before the amount is typed. */
        post: operations["read_shop_code"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/spends": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The member's payments, newest first. */
        get: operations["list_spends"];
        put?: never;
        /** Pay the shop whose code was scanned, under an id that you made; the same again is the same payment (200). */
        post: operations["pay_shop"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/spends/{spend_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One payment of the member's own, for a receipt; `left` is what can be used now. */
        get: operations["get_spend"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/expiries/{municipality}/{point_service}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What of the member's points expires when, the soonest first. */
        get: operations["list_expiries"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/figures": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Points in and out by day and by shop, partner or project; at most some seconds behind the ledger. */
        get: operations["city_figures"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/figures/csv": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The same figures for Excel. */
        get: operations["city_figures_csv"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/figures/by-day": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Points in and out by day, all parties together, for years where need be. */
        get: operations["city_totals_by_day"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/figures/by-party": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Points of a period by partner, shop and project. */
        get: operations["city_totals_by_party"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/point-services/{point_service}/issue-months": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What came of the points of each month of issue, and what of it is unused. */
        get: operations["city_issue_months"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/point-services/{point_service}/expiring": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What expires when: unused points by their last day, the soonest first. */
        get: operations["city_expiring"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/open-exchanges": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Exchanges into the city's points that wait for a partner's answer, by partner; no member is named. */
        get: operations["city_open_exchanges"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/point-services/{point_service}/issues": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What came of the points of each day of issue, and when what is left expires. */
        get: operations["city_issues"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/partners": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The partner companies by name, and how many exchanges to this city have no outcome yet. */
        get: operations["city_partners"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/unused": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Unused points at the end of a day: for the legal report of 31 March and 30 September. */
        get: operations["city_unused"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/unused/csv": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The legal report for Excel: a line a point service, and their sum. */
        get: operations["city_unused_csv"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/point-services/{point_service}/issues/csv": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What came of the points of each day of issue, for Excel. */
        get: operations["city_issues_csv"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/point-services/{point_service}/issuer": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Who issues the points: the city itself, where nobody else was named. */
        get: operations["get_issuer"];
        /** Say who issues the points; it decides which law applies to them. */
        put: operations["put_issuer"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/half-year-reports/{base_day}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** 発行額, 回収額 and 未使用残高 of each issuer at a base day (31 March or 30 September), with the 10-million line. */
        get: operations["half_year_report"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/half-year-reports/{base_day}/csv": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The same for Excel, a line an issuer. */
        get: operations["half_year_csv"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/platform/partner-settlements": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What each partner owes for a month, per rate and campaign, by name, and how far both books agree. */
        get: operations["partner_settlements"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/platform/partner-settlements/csv": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The month's invoice for Excel; each id has its name beside it. */
        get: operations["partner_invoice"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/platform/exchanges": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Exchanges of all members, the longest waiting first; those that need a person before all others. */
        get: operations["platform_exchanges"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/platform/exchanges/{exchange}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The whole story of an exchange: each state, each call to the partner, each move of points. No name, no secret. */
        get: operations["platform_exchange"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/platform/exchanges/{exchange}/question": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Ask the partner now, and give the story with its answer. Of one that has ended nothing is changed by it. */
        post: operations["ask_about_exchange"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/platform/exchanges/{exchange}/outcome": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Propose how an exchange ends that asking has not settled. The partner is asked once more at the decision. */
        post: operations["propose_outcome"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/platform/exchanges/{exchange}/reversals": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Propose to take a settled exchange back, wholly or in part (取消・返還), by an id that the caller made. */
        post: operations["propose_reversal"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/platform/exchanges/{exchange}/reversals/{reversal_id}/outcome": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Propose how a reversal ends that asking has not settled. */
        post: operations["propose_reversal_outcome"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/platform/partners": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Every partner: open or paused, what waits, how far both books were compared. */
        get: operations["platform_partners"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/platform/partners/{partner_id}/pause": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Stop a partner at once: nothing new begins with it; open outcomes are still asked about. One person suffices. */
        post: operations["pause_partner"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/platform/partners/{partner_id}/resumption": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Propose to let exchanges with a paused partner begin again; it takes a second person. */
        post: operations["propose_resumption"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/platform/differences": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The days on which both books differ and nobody has closed it, the newest first. */
        get: operations["days_with_differences"];
        put?: never;
        /** Compare again and propose to close a difference: our side is made what the partner's is, or nothing moves. */
        post: operations["propose_closing"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/platform/comparisons": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Ask for the partner's book of a day and lay ours beside it (突合); it repairs nothing. */
        post: operations["compare_day"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/platform/members/merges": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Propose to bring together two members who are one person; the old MyKey ID may have been revoked before. */
        post: operations["propose_merge"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/platform/members/erasures": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Propose to erase what is kept of a member; moves of points, payments and logs stay under a number. */
        post: operations["propose_erasure"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/platform/members/rectifications": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Propose to put right what is wrongly kept of a member; the member is told when it is done. */
        post: operations["propose_rectification"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/platform/partners/{partner_id}/maintenance": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Announce a maintenance window: at once, or as a proposal (202) where it would end an announced one earlier. */
        post: operations["announce_maintenance"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/platform/partners/{partner_id}/maintenance/withdrawal": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Propose to take a maintenance window back; it takes a second person, for it lets exchanges begin. */
        post: operations["propose_maintenance_withdrawal"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/platform/partners/{partner_id}/pace": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Keep a lower pace towards a partner: at once. A higher one, or none, is proposed (202). */
        put: operations["change_pace"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/platform/keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** All keys of client programs and webhooks, revoked ones included; no secret. */
        get: operations["platform_keys"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/platform/client-keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Propose to let a client program sign with this key; it takes a second person. */
        post: operations["propose_client_key"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/platform/client-keys/{key_id}/revocation": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Revoke a client program's key for good; it opens nothing within seconds. One person suffices. */
        post: operations["revoke_client_key"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/platform/webhook-keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Propose a secret for a webhook; it takes a second person, whose approval answers the secret, this once. */
        post: operations["propose_webhook_key"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/platform/webhook-keys/{key_id}/revocation": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Stop using a webhook's secret at once. One person suffices. */
        post: operations["revoke_webhook_key"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/proposals": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The city's proposals, the newest first, 200 a page; `may_decide` says which of them wait for you. */
        get: operations["list_proposals"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/proposals/{proposal_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One proposal with its `digest`, which an approval names. */
        get: operations["get_proposal"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/proposals/{proposal_id}/approval": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Say yes to what somebody else has proposed; the last yes that is needed carries it out, whole or not at all. */
        post: operations["approve_proposal"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/proposals/{proposal_id}/return": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Send a proposal back to its author with a reason (差戻し); nothing happens. */
        post: operations["send_back_proposal"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/proposals/{proposal_id}/withdrawal": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Take back what you have proposed yourself, while nobody has decided it. */
        post: operations["withdraw_proposal"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/deeds": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The city's table: how many others decide each deed, and from which sum a grant waits. */
        get: operations["list_deed_rules"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/deeds/{deed}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Propose another line of the table. It takes a second person, whatever the table says. */
        put: operations["propose_deed_rule"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/staff-changes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Whose access was made, changed or ended in the last 30 days: all for administrators, one's own for others. */
        get: operations["list_staff_changes"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/settlements/{starts_on}/transfer-files": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Who has made this cycle's transfer file, when and for which day, and downloaded it; and until when one has to be sent. */
        get: operations["list_transfer_files"];
        put?: never;
        /**
         * Propose the bank's transfer file (全銀フォーマット, 総合振込) of a closed cycle, to the accounts it was closed with.
         * @description `again` makes it once more, which the proposal and the log say.
         */
        post: operations["make_transfer_file"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/settlements/{starts_on}/transfer-files/{number}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A transfer file as it was approved, byte for byte. Each download stands in the log, a repeated one as such.
         * @description With `seen`, a file that was downloaded more often is not given, and the answer says by whom and when last.
         */
        get: operations["download_transfer_file"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/settlements/{starts_on}/payouts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What became of each shop's payment of a closed cycle (振込結果). */
        get: operations["list_payouts"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/city/settlements/{starts_on}/payouts/{shop_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Record what became of a payment; one that is held or came back is owed again, and the next closing pays it (202). */
        put: operations["record_payout"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** @description `shop_id` becomes part of account names and never changes; `login` is the shop's first log-in. */
        AcceptanceWanted: {
            shop_id: string;
            login: string;
            /** @default  */
            reason?: string;
            /** @default null */
            seen?: string | null;
        };
        /** @description How the member signs in. `locked_until` is the longest lock that stands after wrong passwords, null for none. */
        AccessView: {
            proofs: components["schemas"]["ProofView"][];
            language: string;
            /** Format: date-time */
            registered_at: string;
            locked_until: string | null;
            notices_read_until: string | null;
            links: components["schemas"]["SupportLinkView"][];
        };
        AccountNoticeList: {
            notices: components["schemas"]["AccountNoticeView"][];
        };
        /**
         * @description Accounts are masked; `account_before` is empty for a first one.
         *
         *     `stops_payment`: the shop objected after it took effect, so it is paid nothing until two persons decide anew.
         */
        AccountNoticeView: {
            notice_id: string;
            shop_id: string;
            account_before: string;
            account: string;
            /** Format: date-time */
            decided_at: string;
            state: string;
            answered_at: string | null;
            stops_payment: boolean;
        };
        /** @description `kind` is exchange, allocation or payment; `points` 0 where they were not known then. */
        ActView: {
            kind: string;
            subject: string;
            points: number;
            /** Format: date-time */
            at: string;
        };
        /**
         * @description The token is shown once and takes the place of the member's own, which has ended. `name`: for whom one acts now.
         *
         *     `rights` are see, exchange and pay, as far as the desk has allowed them.
         */
        ActingStarted: {
            token: string;
            session: components["schemas"]["SessionView"];
            name: string;
            rights: string[];
        };
        /** @description A shop by its id, an application or a line of the list by its number, and in what it is the same. */
        AlikeView: {
            /** @enum {string} */
            kind: "shop" | "application" | "line";
            key: string;
            name: string;
            same: ("name" | "phone" | "account")[];
        };
        AllocationWanted: {
            allocation_id: string;
            points: number;
            municipality: string;
            point_service: string;
        };
        AnnouncementList: {
            announcements: components["schemas"]["AnnouncementView"][];
        };
        /**
         * @description Follows from the clock and from whether it was withdrawn.
         * @enum {string}
         */
        AnnouncementState: "upcoming" | "shown" | "ended" | "withdrawn";
        /** @description What is shown until just before `shown_until`. The texts are plain: their line breaks are all that they have. */
        AnnouncementView: {
            announcement_id: string;
            municipality: string;
            municipality_name: string;
            title: components["schemas"]["WordingView"];
            text: components["schemas"]["WordingView"];
            /** Format: date-time */
            shown_from: string;
            /** Format: date-time */
            shown_until: string;
        };
        /** @description `announcement_id` is made by the caller and stored first. It is shown on both days and between, Japan's time. */
        AnnouncementWanted: {
            title_ja: string;
            /** @default  */
            title_en?: string;
            /** @default  */
            title_easy?: string;
            text_ja: string;
            /** @default  */
            text_en?: string;
            /** @default  */
            text_easy?: string;
            announcement_id: string;
            /** @enum {string} */
            audience: "members" | "shops" | "all";
            /** Format: date */
            starts_on: string;
            /** Format: date */
            ends_on: string;
        };
        /** @description What the applicant was given, as it is typed: in any width and case, with hyphens or without. */
        ApplicantSecret: {
            number: string;
            secret: string;
        };
        /** @description `secret` is shown this once; the same request again gives the same one. */
        ApplicationAdded: {
            application: components["schemas"]["ApplicationView"];
            secret: string;
        };
        /** @description The applicant reads `reason`. `seen` is the `version` of what was examined. */
        ApplicationDecision: {
            reason: string;
            /** @default null */
            seen?: string | null;
        };
        ApplicationList: {
            applications: components["schemas"]["ApplicationView"][];
            next_after: string | null;
        };
        /**
         * @description `keeps_account` leaves the account that was sent before; else it is `account`, or none.
         *
         *     `seen` is the `version` that the form was drawn from.
         */
        ApplicationResubmitted: {
            number: string;
            secret: string;
            name: string;
            name_kana: string;
            category: string;
            address: string;
            phone: string;
            contact: string;
            mail: string;
            terms_version: number;
            /** @default null */
            account?: components["schemas"]["BankAccountTyped"] | null;
            /** @default false */
            keeps_account?: boolean;
            /** @default null */
            seen?: string | null;
        };
        /** @enum {string} */
        ApplicationState: "submitted" | "sent_back" | "withdrawn" | "refused" | "accepted";
        /**
         * @description An application. `account` is null where none was sent, and once the shop has it.
         *
         *     `reason` is that of the last decision; `erased_after` is when it goes unless something is done, null while it stays.
         */
        ApplicationView: {
            number: string;
            municipality: string;
            municipality_name: string;
            state: components["schemas"]["ApplicationState"];
            reason: string;
            name: string;
            name_kana: string;
            category: string;
            address: string;
            phone: string;
            contact: string;
            mail: string;
            account: components["schemas"]["BankView"] | null;
            terms_version: number;
            shop_id: string | null;
            /** Format: date-time */
            applied_at: string;
            /** Format: date-time */
            changed_at: string;
            /** Format: date-time */
            state_at: string;
            erased_after: string | null;
            version: string;
        };
        /**
         * @description `request_id` is made by the caller and stored first; it makes the secret, so nobody else may guess it.
         *
         *     `terms_version` is the version that the applicant has read and accepts. `source` names the browser's network.
         */
        ApplicationWanted: {
            name: string;
            name_kana: string;
            category: string;
            address: string;
            phone: string;
            contact: string;
            mail: string;
            request_id: string;
            terms_version: number;
            /** @default null */
            account?: components["schemas"]["BankAccountTyped"] | null;
            /** @default  */
            source?: string;
        };
        /** @description `digest` is the proposal's own: what you have seen is what you approve. */
        Approval: {
            digest: string;
            /** @default  */
            reason?: string;
        };
        /** @enum {string} */
        Audience: "members" | "shops" | "all";
        /**
         * AuditAction
         * @description A deed. The value is what lines hold and programs branch on; `label` is what people read.
         * @enum {string}
         */
        AuditAction: "signed in" | "sign-in failed" | "member looked up" | "member searched for" | "history looked at" | "pay card issued" | "pay card stopped" | "pay card printed" | "pay card PIN set" | "pay card limits changed" | "representative appointed" | "representative ended" | "representative acted" | "sign-in unlocked" | "member access restored" | "password changed" | "passkey added" | "authenticator app set up" | "passkey removed" | "authenticator app removed" | "session ended" | "access reset" | "staff added" | "staff closed" | "role changed" | "rule announced" | "rule withdrawn" | "project added" | "project closed" | "project reopened" | "budget changed" | "granted" | "grants looked at" | "list exported" | "city exported" | "grant cancelled" | "balance corrected" | "carry-in checked" | "carry-in cancelled" | "carry-in approved" | "carry-in joined" | "carry-in code stopped" | "carry-in code opened" | "carry-in code refused" | "carry-in applied" | "grant file checked" | "grant file approved" | "grant file cancelled" | "grant file applied" | "point service added" | "point service reading changed" | "point service closed" | "point service reopened" | "issuer named" | "event planned" | "event changed" | "event shown" | "event ended" | "event outcome decided" | "event settled" | "shop registered" | "shops imported" | "company changed" | "shop chosen" | "shop terms set" | "shop applied" | "shop application resubmitted" | "shop application sent back" | "shop application refused" | "shop application accepted" | "shop application withdrawn" | "shop application erased" | "shop changed" | "shop closed" | "shop reopened" | "till refunds changed" | "shop account changed" | "payer account changed" | "refunded" | "settlement closed" | "transfer file downloaded" | "transfer file downloaded again" | "payout recorded" | "bank result uploaded" | "bank result recorded" | "settlement settings changed" | "privacy text changed" | "shop debt ended" | "shop account confirmed" | "shop account disputed" | "transfer file made" | "proposed" | "proposal approved" | "proposal sent back" | "proposal withdrawn" | "proposal expired" | "deed rule changed" | "announcement published" | "announcement withdrawn" | "till bound" | "till ended" | "till PIN set" | "till PIN removed" | "staff restarted" | "client key made" | "client key revoked" | "push secret made" | "push secret revoked" | "webhook added" | "webhook revoked" | "partner paused" | "partner resumed" | "partner paced" | "partner maintenance announced" | "partner maintenance withdrawn" | "planned stop announced" | "planned stop withdrawn" | "database restored" | "database completed" | "exchange recovered" | "exchange left" | "reversal recovered" | "record recovered" | "chains signed" | "member record exported" | "members merged" | "member erased" | "member rectified" | "exchange resolved" | "exchange reversed" | "reversal resolved" | "difference closed";
        /** @description A deed that a city's log may hold, as the filter takes it, and named for people. */
        AuditActionView: {
            action: string;
            label: components["schemas"]["LabelView"];
        };
        AuditActions: {
            actions: components["schemas"]["AuditActionView"][];
        };
        /** @description One fact of a line, named for people; `value_label` where the value is a word that only the log has. */
        AuditFactView: {
            name: string;
            label: components["schemas"]["LabelView"];
            value: string | number;
            value_label: components["schemas"]["LabelView"] | null;
        };
        AuditFaultView: {
            seq: number;
            text: string;
        };
        /** @description `facts` are as they are stored and hashed; `named_facts` are those that say something, named for people. */
        AuditLineView: {
            seq: number;
            /** Format: date-time */
            at: string;
            actor: string;
            actor_name: string;
            action: string;
            action_label: components["schemas"]["LabelView"];
            subject: string;
            reason: string;
            facts: {
                [key: string]: string | number;
            };
            named_facts: components["schemas"]["AuditFactView"][];
            hash: string;
        };
        AuditPage: {
            lines: components["schemas"]["AuditLineView"][];
            next_before: number | null;
        };
        /** @description An empty list means that no line was changed, dropped or slipped in. */
        AuditVerified: {
            faults: components["schemas"]["AuditFaultView"][];
        };
        /** @description `available` can be used now; `held` is promised away, `coming` is promised and not here yet. */
        BalanceView: {
            points: number;
            available: number;
            held: number;
            coming: number;
        };
        Balances: {
            reserve: components["schemas"]["BalanceView"];
            reserve_heaps: components["schemas"]["HeapView"][];
            municipal: components["schemas"]["MunicipalBalanceView"][];
            events: components["schemas"]["EventBalanceView"][];
        };
        /**
         * @description Names in kana, letters and digits; they are kept as transfer files write them. Left empty, they are the list's.
         *
         *     kind: 1 普通, 2 当座, 4 貯蓄, 9 その他. `unlisted` sends what the list of banks lacks or has another name for: names are
         *     given then, and whoever decides is told.
         */
        BankAccountTyped: {
            bank_code: string;
            /** @default  */
            bank_name?: string;
            branch_code: string;
            /** @default  */
            branch_name?: string;
            /** @enum {integer} */
            kind: 1 | 2 | 4 | 9;
            number: string;
            holder: string;
            /** @default false */
            unlisted?: boolean;
        };
        BankAccountWanted: {
            bank_code: string;
            /** @default  */
            bank_name?: string;
            branch_code: string;
            /** @default  */
            branch_name?: string;
            /** @enum {integer} */
            kind: 1 | 2 | 4 | 9;
            number: string;
            holder: string;
            /** @default false */
            unlisted?: boolean;
            /** @default  */
            reason?: string;
        };
        /** @description Null as long as nobody has said where to pay. */
        BankOf: {
            account: components["schemas"]["BankView"] | null;
        };
        BankResultFileView: {
            number: number;
            uploaded_by: string;
            /** Format: date-time */
            uploaded_at: string;
            applied_by: string | null;
            applied_at: string | null;
        };
        BankResultFiles: {
            files: components["schemas"]["BankResultFileView"][];
        };
        /**
         * @description One transfer of a result file. `place` 0 was sent and stands not in the file; `shop_id` is empty where none fits.
         *
         *     `match`: same, other_sum, other_account, not_sent, twice or unknown_code. `effect` is what recording would do: record
         *     (paid, at once), propose (came back, a second person), waits (proposed already), known, pending (the bank does not
         *     know yet), refused (does not fit), no_result.
         */
        BankResultLineView: {
            place: number;
            shop_id: string;
            shop_name: string;
            account: string;
            yen: number;
            sent_yen: number | null;
            code: string;
            word: ("paid" | "returned" | "recalled" | "pending") | null;
            match: string;
            state: string;
            effect: string;
        };
        /** @description `version` names exactly what is shown; recording sends it back. `transfer_file` is the number of the file that was sent. */
        BankResultOf: {
            file: components["schemas"]["BankResultFileView"];
            /** Format: date */
            starts_on: string;
            transfer_file: number;
            version: string;
            lines: components["schemas"]["BankResultLineView"][];
        };
        BankView: {
            bank_code: string;
            bank_name: string;
            branch_code: string;
            branch_name: string;
            kind: number;
            number_ends_with: string;
            holder: string;
        };
        /**
         * @description `venue_points_a_day` is the most that the venue's code gives in a day; null leaves it as it is.
         *
         *     `seen` is the `version` of the project that the change was drawn from; null changes whatever is there.
         */
        BudgetWanted: {
            budget: number;
            /** @default null */
            venue_points_a_day?: number | null;
            reason: string;
            /** @default null */
            seen?: string | null;
        };
        /** @description `party` is how figures call who pays for the campaign's points. */
        CampaignNameView: {
            party: string;
            name: components["schemas"]["LabelView"];
        };
        CampaignView: {
            id: string;
            name: components["schemas"]["LabelView"];
            funder: string;
            extra_points_per_unit: number;
        };
        /** @description `grant` is the grant's own id, as the list has it; `points` of it come back, or are owed where they were used. */
        CancellationWanted: {
            cancellation_id: string;
            grant: string;
            mykey_id: string;
            points: number;
            reason: string;
        };
        /** @description The card agent's answer as it came: bytes in base64url without padding. */
        CardAnswer: {
            client_data: string;
            certificate: string;
            signature: string;
        };
        /**
         * @description Up to `no_pin_points` a payment by card needs no PIN; `points_a_day` is what a member's card pays in a day, 0 for nothing.
         *
         *     `cards_a_day` is how many cards one person of staff issues in a day.
         */
        CardLimitsView: {
            no_pin_points: number;
            points_a_day: number;
            cards_a_day: number;
            version: string;
        };
        /** @description `seen` is the version that the form was drawn from. */
        CardLimitsWanted: {
            no_pin_points: number;
            points_a_day: number;
            cards_a_day: number;
            reason: string;
            /** @default null */
            seen?: string | null;
        };
        CardLink: {
            browser: string;
            card: components["schemas"]["CardAnswer"];
            password: string;
        };
        /** @description `pin` has four digits, typed by the member. */
        CardPinWanted: {
            mykey_id: string;
            pin: string;
            reason: string;
        };
        CardRegistration: {
            browser: string;
            card: components["schemas"]["CardAnswer"];
            display_name: string;
            /** @default null */
            password?: string | null;
            /**
             * @default ja
             * @enum {string}
             */
            language?: "ja" | "en" | "ja-easy";
            /** @default false */
            shared_terminal?: boolean;
        };
        CardRelink: {
            browser: string;
            card: components["schemas"]["CardAnswer"];
            mykey_id: string;
            password: string;
            /** @default false */
            shared_terminal?: boolean;
        };
        CardSignIn: {
            browser: string;
            card: components["schemas"]["CardAnswer"];
            /** @default false */
            shared_terminal?: boolean;
        };
        /** @description Whether cards are taken here; `only_tests` where just the cards of a demonstration are believed. */
        CardStanding: {
            open: boolean;
            only_tests: boolean;
        };
        CardStopWanted: {
            mykey_id: string;
            reason: string;
        };
        /** @description `issue_id` is made by the caller; what it has issued it never issues again. `replace` stops a card that is valid. */
        CardsWanted: {
            issue_id: string;
            point_service: string;
            mykey_ids: string[];
            /** @default false */
            replace?: boolean;
            reason: string;
        };
        /**
         * @description `fault` is a word, `fault_ja` and `remedy_ja` say it, `column` names where it is; `typed` is by the columns' names.
         *
         *     `last_day` is the one of the point service's rules; null where points never expire. Codes are never in it.
         */
        CarryInLineView: {
            line: number;
            number: string;
            mykey_id: string;
            point_service: string;
            points: number;
            issued_on: string | null;
            last_day: string | null;
            origin: string;
            fault: string | null;
            fault_ja: string | null;
            remedy_ja: string | null;
            column: string | null;
            typed: {
                [key: string]: string;
            };
        };
        CarryInLines: {
            lines: components["schemas"]["CarryInLineView"][];
            next_after: number | null;
        };
        CarryInList: {
            files: components["schemas"]["CarryInView"][];
        };
        /** @description The predecessor's sums, by point service and what the file's `totals_by` says. */
        CarryInProposal: {
            totals: components["schemas"]["TotalWanted"][];
            /** @default  */
            reason?: string;
        };
        /**
         * @description `state`: checking, faulty, checked, approved (being carried in), applied, sent_back or cancelled.
         *
         *     `proposal_id` is the proposal in which a checked file waits; `totals` are its sums by point service and last day. With
         *     more than 500 last days they are by month, then by year: `totals_by`, and `last_day` is the last day of it. All three
         *     where one file is asked for.
         */
        CarryInView: {
            file_id: string;
            name: string;
            state: string;
            lines: number;
            faults: number;
            points: number;
            uploaded_by: string;
            /** Format: date-time */
            uploaded_at: string;
            approved_by: string | null;
            approved_at: string | null;
            ended_at: string | null;
            /** @default null */
            proposal_id?: string | null;
            /**
             * @default day
             * @enum {string}
             */
            totals_by?: "day" | "month" | "year";
            totals?: components["schemas"]["LotTotalView"][];
        };
        /** @description `column` is where it is, empty for the whole line; `fault` is a word, `fault_ja` and `remedy_ja` say it. */
        CellFaultView: {
            column: string;
            typed: string;
            fault: string;
            fault_ja: string;
            remedy_ja: string;
        };
        /** @description `purpose` and `value` are what the page hands to the card agent's POST /v1/sign. */
        ChallengeView: {
            value: string;
            purpose: string;
            /** Format: date-time */
            expires_at: string;
        };
        ChallengeWanted: {
            /** @enum {string} */
            purpose: "login" | "register" | "relink";
            browser: string;
        };
        /**
         * @description Whether the wanted MyKey ID is free; `generated` is offered once three wanted ones were taken.
         *
         *     `offered` are all that were generated within the day; each of them may be chosen.
         */
        ChoiceView: {
            wanted: string;
            available: boolean;
            generated: string | null;
            tries_left: number;
            offered: string[];
        };
        /** @description As staff see it. `stops_from` is set for a planned stop alone. */
        CityAnnouncementView: {
            announcement_id: string;
            municipality: string;
            municipality_name: string;
            title: components["schemas"]["WordingView"];
            text: components["schemas"]["WordingView"];
            /** Format: date-time */
            shown_from: string;
            /** Format: date-time */
            shown_until: string;
            audience: components["schemas"]["Audience"];
            state: components["schemas"]["AnnouncementState"];
            stops_from: string | null;
            published_by: string;
            /** Format: date-time */
            published_at: string;
        };
        /** @description The one that ends last comes first; at most 200. */
        CityAnnouncements: {
            announcements: components["schemas"]["CityAnnouncementView"][];
        };
        /** @description An event as its city's staff see it. `state`: planned, shown or ended; `settled_at`: every share has moved. */
        CityEventView: {
            event_id: string;
            name: string;
            purpose: string;
            municipality: string | null;
            goal_points: number | null;
            /** Format: date-time */
            starts_at: string;
            /** Format: date-time */
            ends_at: string;
            period: string;
            givers: string;
            on_failure: string;
            given_points: number;
            given_by: number;
            outcome: string | null;
            state: string;
            /** Format: date */
            starts_on: string;
            /** Format: date */
            ends_on: string;
            decided_at: string | null;
            settled_at: string | null;
            version: string;
        };
        CityEvents: {
            events: components["schemas"]["CityEventView"][];
        };
        CityExpiringView: {
            last_day: string | null;
            points: number;
        };
        /**
         * @description A member as the city's staff may see one who has its points, or has chosen it as 基本自治体.
         *
         *     The name is masked for roles that help nobody at the desk.
         */
        CityMemberView: {
            mykey_id: string;
            display_name: string;
            balances: components["schemas"]["ServiceBalanceView"][];
        };
        /**
         * @description `open_exchanges` to this city, for `open_points`, the oldest sent at `oldest_at`; some wait for a person.
         *
         *     `campaigns` are those of the partner's rates that were asked for last.
         */
        CityPartner: {
            partner_id: string;
            name: components["schemas"]["LabelView"];
            open_exchanges: number;
            open_points: number;
            oldest_at: string | null;
            waiting_for_a_person: number;
            campaigns: components["schemas"]["CampaignNameView"][];
        };
        CityPartners: {
            partners: components["schemas"]["CityPartner"][];
        };
        /** @description A point service as its city's staff see it; `closed_at` is set from the moment it takes no more points. */
        CityPointService: {
            point_service: string;
            name: string;
            name_kana: string;
            open_for_direct_exchange: boolean;
            /** Format: date-time */
            created_at: string;
            closed_at: string | null;
            version: string;
        };
        CityPointServices: {
            point_services: components["schemas"]["CityPointService"][];
        };
        /** @description Plain text, a blank line between paragraphs; empty for what the city has not written, `changed_at` null for none at all. */
        CityPrivacyTextView: {
            ja: string;
            en: string;
            easy: string;
            changed_at: string | null;
            version: string;
        };
        CityReference: {
            shop_id: string;
            spend: components["schemas"]["ShopSpendView"];
        };
        /** @description Payments of the last 400 days at the city's shops, newest first: nearly always one. */
        CityReferences: {
            spends: components["schemas"]["CityReference"][];
        };
        /** @description One representation that this city has appointed. `ended_by` is member, actor, or an id of staff. */
        CityRepresentationView: {
            representation_id: string;
            actor_mykey_id: string;
            actor_name: string;
            kind: string;
            may_exchange: boolean;
            pay_points_a_day: number;
            /** Format: date */
            starts_on: string;
            /** Format: date */
            ends_on: string;
            reason: string;
            /** Format: date-time */
            appointed_at: string;
            ended_at: string | null;
            ended_by: string | null;
            acts: components["schemas"]["ActView"][];
        };
        CityRepresentations: {
            representatives: components["schemas"]["CityRepresentationView"][];
        };
        /**
         * @description A payment as the city's staff looks it up, with what was given back of it.
         *
         *     Of what has not come back `refundable_points` still can; `expired_points` would be gone at once and stay with the shop.
         */
        CitySpend: {
            spend: components["schemas"]["ShopSpendView"];
            shop_id: string;
            refundable_points: number;
            expired_points: number;
            refunds: components["schemas"]["RefundView"][];
        };
        /** @description A number of the city's former system and the code from the city's letter. */
        ClaimWanted: {
            municipality: string;
            number: string;
            code: string;
        };
        /** @description What was taken over. */
        ClaimedView: {
            points: number;
            lots: components["schemas"]["LotTotalView"][];
        };
        /** @description `scope` is null for a key from before there were scopes, which calls everything. */
        ClientKeyView: {
            key_id: string;
            client: string;
            scope: string | null;
            shop: string | null;
            /** Format: date-time */
            made_at: string;
            last_day: string | null;
            ended: boolean;
            revoked_at: string | null;
        };
        /**
         * @description `public_key` is the public half of an Ed25519 pair, as PEM or base64 of its 32 bytes; the private half stays where it was made.
         *
         *     `last_day`: the last day in Japan on which it is good; null: no end. `shop`: the one shop whose till signs with it.
         */
        ClientKeyWanted: {
            client: string;
            public_key: string;
            /** @enum {string} */
            scope: "portal" | "municipal" | "pos" | "read-only";
            /** @default null */
            last_day?: string | null;
            /** @default null */
            shop?: components["schemas"]["ShopOfKey"] | null;
            reason: string;
        };
        CompaniesView: {
            companies: components["schemas"]["CompanyView"][];
        };
        /** @description A closed cycle: a line for each shop, and what they were paid together. */
        CompanyCycleView: {
            cycle: components["schemas"]["CycleView"];
            lines: components["schemas"]["ShopLineView"][];
            paid_yen: number;
            transfer_yen: number;
        };
        CompanyCycles: {
            cycles: components["schemas"]["CompanyCycleView"][];
        };
        /** @description A log-in that reads the company's books, or works at its shops; `shop_id` is its own. */
        CompanyReaderView: {
            staff_id: string;
            login: string;
            display_name: string;
            shop_id: string;
        };
        /** @description Each shop's sums, and the company's. */
        CompanyReportView: {
            company_id: string;
            name: string;
            /** Format: date */
            since: string;
            /** Format: date */
            until: string;
            shops: components["schemas"]["ShopSumsView"][];
            points: number;
            yen: number;
        };
        CompanyShopView: {
            shop_id: string;
            name: string;
        };
        CompanyView: {
            company_id: string;
            name: string;
            shops: components["schemas"]["CompanyShopView"][];
            readers: components["schemas"]["CompanyReaderView"][];
            workers: components["schemas"]["CompanyReaderView"][];
            version: string;
        };
        /**
         * @description The company as it shall be; without shops it ends. `readers` are log-ins of owners and book-keepers of its shops.
         *
         *     `workers` are log-ins of its shops that work at each of them, with the right that they have; null keeps those of shops that stay.
         *
         *     `seen` is the `version` that it was drawn from; null changes whatever is there.
         */
        CompanyWanted: {
            name: string;
            shop_ids: string[];
            readers?: string[];
            /** @default null */
            workers?: string[] | null;
            /** @default  */
            reason?: string;
            /** @default null */
            seen?: string | null;
        };
        /** @description One exchange from both sides: amounts are the partner's points by wallet, `points` are ours. */
        ComparedLineView: {
            exchange_id: string;
            verdict: string;
            our_state: string;
            our_reference: string;
            their_reference: string;
            our_amounts: {
                [key: string]: number;
            };
            their_amounts: {
                [key: string]: number;
            };
            our_account: string;
            their_account: string;
            points: number;
            note: string;
        };
        /** @description `lines` are the differences; what matches is only counted. */
        Comparison: {
            partner_id: string;
            /** Format: date */
            day: string;
            counts: {
                [key: string]: number;
            };
            lines: components["schemas"]["ComparedLineView"][];
        };
        ContributionWanted: {
            contribution_id: string;
            points: number;
            event_id: string;
        };
        /**
         * @description One line that corrects the cycle `corrects`, by what it adds to the shop's sum: a refund is below zero.
         *
         *     Without a `refund_id` it is the payment itself, committed after the closing of its own cycle.
         */
        CorrectionView: {
            shop_id: string;
            shop_name: string;
            spend_id: string;
            refund_id: string | null;
            /** Format: date-time */
            paid_at: string;
            corrects: components["schemas"]["CycleView"];
            /** Format: date-time */
            at: string;
            points: number;
            yen: number;
            reason: string;
            made_by: string;
        };
        /** @description `points` are added to the balance, or taken where they are below zero. The member reads the reason. */
        CorrectionWanted: {
            correction_id: string;
            point_service: string;
            points: number;
            reason: string;
        };
        /** @description What in a cycle corrects earlier ones, and its sums; it can still change while `closed_at` is null. */
        CorrectionsList: {
            cycle: components["schemas"]["CycleView"];
            closed_at: string | null;
            points: number;
            yen: number;
            corrections: components["schemas"]["CorrectionView"][];
        };
        /** @description A PublicKeyCredential as its own `toJSON()` writes it. */
        Credential: {
            id: string;
            rawId: string;
            /** @constant */
            type: "public-key";
            response: components["schemas"]["CredentialResponse"];
            /** @default null */
            authenticatorAttachment?: ("platform" | "cross-platform") | null;
            /** @default null */
            clientExtensionResults?: {
                [key: string]: unknown;
            } | null;
        };
        /** @description The `response` of a PublicKeyCredential as its own `toJSON()` writes it. */
        CredentialResponse: {
            clientDataJSON: string;
            /** @default null */
            attestationObject?: string | null;
            /** @default null */
            authenticatorData?: string | null;
            /** @default null */
            signature?: string | null;
            /** @default null */
            userHandle?: string | null;
            /** @default null */
            publicKey?: string | null;
            /** @default null */
            publicKeyAlgorithm?: number | null;
            /** @default null */
            transports?: string[] | null;
        };
        CycleDebts: {
            ended: components["schemas"]["EndedDebtView"][];
        };
        /** @description `paid_yen` is null while the cycle is not closed. */
        CycleListed: {
            cycle: components["schemas"]["CycleView"];
            paid_yen: number | null;
        };
        /**
         * @description From `since` on (null: from the beginning) cycles end on these days of the month, 31 being its last.
         *
         *     The cycle of each end is paid on its day of `pay_days`, or `pay_after` bank days after the end; on the next bank day where
         *     banks are closed.
         */
        CycleRuleView: {
            since: string | null;
            ends: number[];
            pay_days: number[];
            pay_after: number;
        };
        CycleView: {
            /** Format: date */
            starts_on: string;
            /** Format: date */
            ends_on: string;
            /** Format: date */
            pays_on: string;
        };
        /** @description `rules`: how cycles end and are paid today, then each change that is to come. */
        CyclesList: {
            cycles: components["schemas"]["CycleListed"][];
            rules: components["schemas"]["CycleRuleView"][];
        };
        DayCompared: {
            partner_id: string;
            /** Format: date */
            day: string;
        };
        DayFigureView: {
            /** Format: date */
            day: string;
            figure: string;
            party: string;
            moves: number;
            points: number;
        };
        /** @description `figure`: granted, exchanged, campaign, allocated, refunded come in; spent, expired, reversed go out. */
        DayFigures: {
            figures: components["schemas"]["DayFigureView"][];
        };
        DayTotalView: {
            /** Format: date */
            day: string;
            figure: string;
            moves: number;
            points: number;
        };
        /** @description The figures of all parties together, day by day. */
        DayTotals: {
            totals: components["schemas"]["DayTotalView"][];
        };
        /** @description A day of which so many differences were found and not closed, as it was compared last. */
        DayWithDifferences: {
            partner_id: string;
            /** Format: date */
            day: string;
            differences: number;
            /** Format: date-time */
            compared_at: string;
        };
        DaysWithDifferences: {
            days: components["schemas"]["DayWithDifferences"][];
        };
        /** @description `repaid`: the shop has paid the money back. `written_off`: the city gives it up. */
        DebtEndWanted: {
            shop_id: string;
            /** @enum {string} */
            debt_end: "repaid" | "written_off";
            reason: string;
        };
        DebtEnded: {
            shop_id: string;
            debt_end: string;
            points: number;
            yen: number;
        };
        /**
         * @description Shown this once, where the deed made one: `first_password` for `staff`, `member_code` for a member, `new_secret` for a webhook.
         *
         *     `key_id` names the key that the secret belongs to.
         */
        DecisionView: {
            proposal: components["schemas"]["ProposalView"];
            staff: components["schemas"]["StaffView"] | null;
            first_password: string | null;
            member_code: string | null;
            new_secret: string | null;
            key_id: string | null;
        };
        DeedRuleList: {
            deeds: components["schemas"]["DeedRuleView"][];
        };
        DeedRuleView: {
            deed: string;
            persons: number;
            from_points: number | null;
            points_a_day: number | null;
            version: string;
        };
        /**
         * @description `persons` decide besides the author; 0 lets the deed take effect at once. The sums belong to grants and refunds.
         *
         *     `seen` is the `version` of the line that it was drawn from; null changes whatever is there.
         */
        DeedRuleWanted: {
            persons: number;
            /** @default null */
            from_points?: number | null;
            /** @default null */
            points_a_day?: number | null;
            reason: string;
            /** @default null */
            seen?: string | null;
        };
        DefaultMunicipality: {
            municipality: string;
            point_service: string;
        };
        DestinationView: {
            /** @enum {string} */
            kind: "reserve" | "municipality";
            /** @default null */
            municipality?: string | null;
            /** @default null */
            point_service?: string | null;
        };
        /** @description `leave`: nothing moves, because both sides have agreed otherwise; say how as the reason. */
        DifferenceClosed: {
            partner_id: string;
            /** Format: date */
            day: string;
            exchange_id: string;
            /** @default false */
            leave?: boolean;
            reason: string;
        };
        DownloadView: {
            staff_id: string;
            name: string;
            /** Format: date-time */
            at: string;
        };
        DueView: {
            /** Format: date */
            issued_on: string;
            last_day: string | null;
            points: number;
        };
        /** @description `key` is a shop's id or an application's number; `same` has `name`, `phone`, `account`. */
        DuplicateView: {
            kind: string;
            key: string;
            name: string;
            same: string[];
        };
        /** @description `carried_in` is the first day of the cycle that has taken it up; null until that is closed. */
        EndedDebtView: {
            shop_id: string;
            shop_name: string;
            debt_end: string;
            points: number;
            yen: number;
            reason: string;
            recorded_by: string;
            /** Format: date-time */
            recorded_at: string;
            carried_in: string | null;
        };
        /** @description `gives_up` are all points that are left; 0 for who has none, or has revoked the MyKey ID. */
        ErasureWanted: {
            mykey_id: string;
            /** @default 0 */
            gives_up?: number;
            reason: string;
        };
        EventBalanceView: {
            event_id: string;
            event_name: string;
            balance: components["schemas"]["BalanceView"];
        };
        /** @description The same; `seen` is the `version` of the event that the change was drawn from; null changes whatever is there. */
        EventChanged: {
            name: string;
            /** @default  */
            purpose?: string;
            /** @default null */
            goal_points?: number | null;
            /** Format: date */
            starts_on: string;
            /** Format: date */
            ends_on: string;
            /**
             * @default everybody
             * @enum {string}
             */
            givers?: "everybody" | "city";
            /**
             * @default keep
             * @enum {string}
             */
            on_failure?: "keep" | "give_back";
            /** @default null */
            seen?: string | null;
        };
        /**
         * @description An event with its progress: `given_points` by `given_by` members so far, of `goal_points`.
         *
         *     `period`: coming, open or ended. `givers`: everybody, or city (members whose 基本自治体 it is). `on_failure`
         *     decides over the points where the goal is missed: keep or give_back. `outcome`: reached, kept, given_back.
         */
        EventView: {
            event_id: string;
            name: string;
            purpose: string;
            municipality: string | null;
            goal_points: number | null;
            /** Format: date-time */
            starts_at: string;
            /** Format: date-time */
            ends_at: string;
            period: string;
            givers: string;
            on_failure: string;
            given_points: number;
            given_by: number;
            outcome: string | null;
        };
        /** @description `own_id` is the city's own; the event's id is the city's code, a hyphen and this. */
        EventWanted: {
            name: string;
            /** @default  */
            purpose?: string;
            /** @default null */
            goal_points?: number | null;
            /** Format: date */
            starts_on: string;
            /** Format: date */
            ends_on: string;
            /**
             * @default everybody
             * @enum {string}
             */
            givers?: "everybody" | "city";
            /**
             * @default keep
             * @enum {string}
             */
            on_failure?: "keep" | "give_back";
            own_id: string;
        };
        Events: {
            events: components["schemas"]["EventView"][];
        };
        /** @description `terms` is the text that the applicant has accepted; `duplicates` is null where it was not asked for. */
        ExaminedApplicationView: {
            application: components["schemas"]["ApplicationView"];
            terms: components["schemas"]["ShopTermsView"];
            duplicates: components["schemas"]["DuplicateView"][] | null;
        };
        ExchangeStart: {
            exchange_id: string;
            partner_id: string;
            /** @default null */
            coupon_code?: string | null;
            /** @default null */
            return_url?: string | null;
            /**
             * @default ja
             * @enum {string}
             */
            language?: "ja" | "en";
        };
        ExchangeStory: {
            exchange: components["schemas"]["WaitingExchange"];
            lines: components["schemas"]["QuotedLineView"][];
            steps: components["schemas"]["StepView"][];
            moves: components["schemas"]["MoveView"][];
            reversals: components["schemas"]["ReversalView"][];
        };
        /**
         * @description One exchange. `redirect_url` is where the browser goes while the state is `awaiting_return`.
         *
         *     `short_reference` has 8 characters that a person can read out. `retry_at`: the partner has not looked at it (`not_sent` with `not_processed`), and takes a new one from then on.
         */
        ExchangeView: {
            exchange_id: string;
            short_reference: string;
            partner_id: string;
            state: string;
            redirect_url: string | null;
            coupon_value: {
                [key: string]: number;
            } | null;
            link: components["schemas"]["LinkView"] | null;
            quote: components["schemas"]["QuoteView"] | null;
            points: number | null;
            reference: string | null;
            reason: string | null;
            promised_by: string | null;
            /** Format: date-time */
            started_at: string;
            sent_at: string | null;
            ended_at: string | null;
            next_look_at: string | null;
            retry_at: string | null;
            /** @default null */
            representative?: string | null;
        };
        ExchangesPage: {
            exchanges: components["schemas"]["ExchangeView"][];
            next_before: string | null;
        };
        /** @description What a member has, the soonest to expire first; `last_day` null is never. */
        Expiries: {
            points: components["schemas"]["ExpiryView"][];
        };
        /** @description Unused points by the last day on which they can be used; null: they never expire. */
        ExpiringList: {
            expiring: components["schemas"]["CityExpiringView"][];
        };
        ExpiryView: {
            /** Format: date */
            issued_on: string;
            last_day: string | null;
            points: number;
        };
        /** @description What the bank asks, tax included, for transfers of `from_yen` and more, up to the next band of the same side. */
        FeeBandOf: {
            /** @enum {string} */
            side: "same_branch" | "same_bank" | "other_bank";
            from_yen: number;
            fee_yen: number;
        };
        FeeBandView: {
            side: string;
            from_yen: number;
            fee_yen: number;
        };
        /**
         * @description `fault` is a word, `fault_ja` and `remedy_ja` say it, `column` names where it is; `typed` stands beside a fault.
         *
         *     `kept` are the other columns of the line that the upload keeps.
         */
        FileLineView: {
            line: number;
            mykey_id: string;
            points: number;
            note: string;
            fault: string | null;
            fault_ja: string | null;
            remedy_ja: string | null;
            column: string | null;
            typed: components["schemas"]["TypedCellsView"] | null;
            kept: {
                [key: string]: string;
            };
        };
        FileLines: {
            lines: components["schemas"]["FileLineView"][];
            next_after: number | null;
        };
        /**
         * @description How many members of the file were granted in its project before, and how much; `lines` names the first.
         *
         *     `waiting` are other files of the project that wait for an approval or are being applied, with members of this one.
         */
        FileOverlapView: {
            members: number;
            points: number;
            lines: components["schemas"]["GrantedBeforeView"][];
            waiting: components["schemas"]["WaitingFileView"][];
        };
        /**
         * @description `state`: checking, faulty, checked, approved (being applied), applied, sent_back or cancelled.
         *
         *     `proposal_id` is the proposal in which a checked file waits, where one file is asked for.
         */
        FileView: {
            file_id: string;
            project_id: string;
            name: string;
            state: string;
            lines: number;
            faults: number;
            points: number;
            uploaded_by: string;
            /** Format: date-time */
            uploaded_at: string;
            approved_by: string | null;
            approved_at: string | null;
            granted_lines: number;
            granted_points: number;
            ended_at: string | null;
            kept_columns: string[];
            dropped_columns: string[];
            /** @default null */
            proposal_id?: string | null;
        };
        Files: {
            files: components["schemas"]["FileView"][];
        };
        GivenBackView: {
            refund: components["schemas"]["RefundView"];
            spend: components["schemas"]["ShopSpendView"];
            replayed: boolean;
        };
        GrantList: {
            grants: components["schemas"]["GrantView"][];
            next_after: string | null;
        };
        /** @description `way`: one, file or venue. `taken_back` came back of it; `owed` had been used before. */
        GrantView: {
            grant: string;
            mykey_id: string;
            points: number;
            /** Format: date-time */
            at: string;
            way: string;
            granted_by: string;
            note: string;
            taken_back: number;
            owed: number;
        };
        GrantWanted: {
            grant_id: string;
            mykey_id: string;
            points: number;
            /** @default  */
            note?: string;
        };
        /** @description A line whose member was granted in the project before: how often, how much, from when to when. */
        GrantedBeforeView: {
            line: number;
            mykey_id: string;
            points: number;
            grants_before: number;
            points_before: number;
            /** Format: date */
            first_on: string;
            /** Format: date */
            last_on: string;
        };
        GrantedView: {
            project_id: string;
            project_name: string;
            municipality: string;
            point_service: string;
            points: number;
            /** Format: date */
            issued_on: string;
            replayed: boolean;
        };
        /** @description Who a MyKey ID is, before points are granted. `display_name` is null for a member of other cities. */
        GranteeView: {
            mykey_id: string;
            display_name: string | null;
        };
        /**
         * @description In yen, of what was issued for value. `duty`: exempt (Article 4, item 3), below or above the threshold.
         *
         *     `issued_yen`, `carried_in_yen` (from a predecessor's system) and `recovered_yen` are of the half year; `unused_yen` stands at its end, and beside it what was free.
         */
        HalfYearView: {
            issuer: components["schemas"]["IssuerView"];
            point_services: string[];
            issued_yen: number;
            carried_in_yen: number;
            recovered_yen: number;
            unused_yen: number;
            free_unused_yen: number;
            /** @enum {string} */
            duty: "exempt" | "below" | "above";
        };
        HalfYears: {
            /** Format: date */
            since: string;
            /** Format: date */
            until: string;
            threshold_yen: number;
            issuers: components["schemas"]["HalfYearView"][];
        };
        /** @description Reserve points issued on one day, and the day on which they move by themselves. */
        HeapView: {
            /** Format: date */
            issued_on: string;
            points: number;
            /** Format: date */
            moves_on: string;
        };
        /**
         * @description One line: what it was (`kind`), when, how many points (signed), the balance after it, both sides' names.
         *
         *     `reference` is the partner's own, or a payment's id; `exchange_id` is ours, which the partner knows too.
         *     `short_reference` is the exchange's or the payment's, 8 characters that a person can read out.
         *     `party` is what the shop or the grant project on the other side is called; `way` how a payment was made: `shop_scans`,
         *     `member_pays` or `card`.
         */
        HistoryLine: {
            seq: number;
            /** Format: date-time */
            at: string;
            kind: string;
            points: number;
            balance: number;
            from_or_to: string;
            reference: string | null;
            exchange_id: string | null;
            short_reference: string | null;
            partner_id: string | null;
            campaign: string | null;
            party: string | null;
            way: string | null;
            issued: components["schemas"]["LotView"][];
        };
        HistoryPage: {
            lines: components["schemas"]["HistoryLine"][];
            next_before: number | null;
        };
        IssueFigureView: {
            /** Format: date */
            issued_on: string;
            issued: number;
            held: number;
            spent: number;
            expired: number;
            reversed: number;
            last_day: string | null;
        };
        /** @description issued = held + spent + expired + reversed, for every day of issue. */
        IssueFigures: {
            figures: components["schemas"]["IssueFigureView"][];
        };
        IssueView: {
            cards: components["schemas"]["IssuedCardView"][];
            left_out: components["schemas"]["NotIssuedView"][];
        };
        /** @description `number` and `qr` are told this once; keep them until the card is printed. `replaces` are the last digits of the old one. */
        IssuedCardView: {
            mykey_id: string;
            display_name: string;
            number: string;
            qr: string;
            last_digits: string;
            replaces: string | null;
        };
        IssuerView: {
            kind: string;
            name: string;
            contact: string;
            version: string;
        };
        /**
         * @description `contact` is where holders complain; needed for an issuer that is no city.
         *
         *     `seen` is the `version` that the change was drawn from; null changes whatever is there.
         */
        IssuerWanted: {
            /** @enum {string} */
            kind: "city" | "chamber" | "company";
            name: string;
            /** @default  */
            contact?: string;
            reason: string;
            /** @default null */
            seen?: string | null;
        };
        /** @description The number in the former system, and the MyKey ID that the person shows. */
        JoinWanted: {
            number: string;
            mykey_id: string;
            reason: string;
        };
        /** @description A column of the journal: its header, and what stands in it. */
        JournalColumnOf: {
            title: string;
            /** @enum {string} */
            field: "number" | "fiscal_year" | "closed_on" | "pays_on" | "starts_on" | "ends_on" | "debit" | "credit" | "yen" | "fee" | "fee_tax" | "return_fee" | "transfer" | "shop_id" | "shop_name" | "summary" | "empty";
        };
        JournalColumnView: {
            title: string;
            field: string;
        };
        KeyList: {
            client_keys: components["schemas"]["ClientKeyView"][];
            webhook_keys: components["schemas"]["WebhookKeyView"][];
        };
        LabelView: {
            ja: string;
            en: string;
        };
        LanguageChosen: {
            /** @enum {string} */
            language: "ja" | "en" | "ja-easy";
        };
        /** @description How the partner knows the member; `shown_as` is for the member to recognise. */
        LinkView: {
            partner_id: string;
            service_id: string;
            shown_as: string;
            /** Format: date-time */
            linked_at: string;
        };
        Links: {
            links: components["schemas"]["LinkView"][];
        };
        /** @description `change` is added, reset, restarted, stopped, role: the right was changed, or company: somebody of another of its shops works here too. */
        LoginChangeView: {
            login: string;
            display_name: string;
            change: string;
            /** Format: date-time */
            at: string;
        };
        LotTotalView: {
            point_service: string;
            last_day: string | null;
            points: number;
        };
        LotView: {
            /** Format: date */
            issued_on: string;
            points: number;
        };
        /** @enum {string} */
        MailState: "none" | "unconfirmed" | "confirmed" | "stopped";
        /** @description What stands behind `t=` in a mail's link. */
        MailToken: {
            token: string;
        };
        /** @description `offered`: this gateway sends mail. `address` is masked, empty for none. `stopped_because` is set where it is stopped. */
        MailView: {
            offered: boolean;
            state: components["schemas"]["MailState"];
            address: string;
            stopped_because: string;
        };
        MailWanted: {
            address: string;
        };
        /** @description When the partner cannot be used (メンテナンス), half-open. */
        MaintenanceView: {
            /** Format: date-time */
            starts_at: string;
            /** Format: date-time */
            ends_at: string;
            reason: string;
        };
        /** @description Whose payment or exchange it is. The name is masked for roles that help nobody at the desk. */
        MatchView: {
            mykey_id: string;
            display_name: string;
            shop_id: string | null;
            spend: components["schemas"]["ShopSpendView"] | null;
            exchange: components["schemas"]["SupportExchangeView"] | null;
        };
        /** @description At most 50, newest first. */
        Matches: {
            matches: components["schemas"]["MatchView"][];
        };
        /** @description Points of one point service that can be used until `last_day` and not after it. */
        MemberExpiringView: {
            municipality: string;
            point_service: string;
            /** Format: date */
            last_day: string;
            points: number;
        };
        MemberNamed: {
            mykey_id: string;
        };
        MemberPasskeyMade: {
            token: string;
            credential: components["schemas"]["Credential"];
            name: string;
        };
        /** @description All that is kept of one member, as one moment of the database. */
        MemberRecordView: {
            /** Format: date-time */
            made_at: string;
            mykey_id: string;
            sections: components["schemas"]["RecordSection"][];
        };
        /** @description The member's own exchanges and payments with this reference: nearly always one. */
        MemberReferences: {
            exchanges: components["schemas"]["ExchangeView"][];
            spends: components["schemas"]["SpendView"][];
        };
        /** @description The member as the member's own pages show it; `member_id` stays with us. */
        MemberView: {
            mykey_id: string;
            display_name: string;
            language: string;
            default_municipality: string | null;
            default_point_service: string | null;
            has_password: boolean;
            has_card: boolean;
        };
        /** @description All that the person has under `from_mykey_id` goes to `mykey_id`, which the person goes on with. */
        MergeWanted: {
            from_mykey_id: string;
            mykey_id: string;
            reason: string;
        };
        MonthOfIssueView: {
            month: string;
            issued: number;
            held: number;
            spent: number;
            expired: number;
            reversed: number;
        };
        /** @description issued = held + spent + expired + reversed, for every month of issue; `held` is what is unused. */
        MonthsOfIssue: {
            months: components["schemas"]["MonthOfIssueView"][];
        };
        /** @description One move of points in the member's book. */
        MoveView: {
            seq: number;
            action: string;
            source: string;
            target: string;
            points: number;
            kind: string;
            /** Format: date-time */
            at: string;
        };
        /** @description Names with their readings in kana and in Latin letters; a point service's are empty where nobody said them. */
        MunicipalBalanceView: {
            municipality: string;
            municipality_name: string;
            municipality_kana: string;
            municipality_romaji: string;
            point_service: string;
            point_service_name: string;
            point_service_kana: string;
            point_service_romaji: string;
            is_default: boolean;
            balance: components["schemas"]["BalanceView"];
        };
        Municipalities: {
            municipalities: components["schemas"]["MunicipalityView"][];
        };
        /** @description `romaji` is the name in Latin letters: `Kasama City`. */
        MunicipalityView: {
            code: string;
            name: string;
            kana: string;
            romaji: string;
        };
        MykeyIdChange: {
            mykey_id: string;
            password: string;
        };
        MykeyIdWanted: {
            mykey_id: string;
        };
        /** @description `pay-card-valid`: there is a valid card, and none was to be replaced. `issued-before`: by this very `issue_id`. */
        NotIssuedView: {
            mykey_id: string;
            /** @enum {string} */
            why: "unknown-member" | "pay-card-valid" | "issued-before";
        };
        NoticeAnswer: {
            /** @enum {string} */
            answer: "confirmed" | "disputed";
        };
        /** @enum {string} */
        NoticeKind: "exchange_settled" | "exchange_failed" | "exchange_needs_a_person" | "granted" | "carried_in" | "given_back" | "event_given_back" | "moved_by_itself" | "expired" | "will_expire" | "reversed" | "corrected" | "signed_in_anew" | "mykey_id_changed" | "password_changed" | "card_linked" | "mail_changed" | "pay_card_issued" | "pay_card_stopped" | "pay_card_pin_set" | "phone_linked" | "passkey_added" | "proof_removed" | "step_up_changed" | "access_restored" | "rectified" | "merged" | "representative_appointed" | "representative_ended" | "representative_acted" | "carry_in_join_proposed" | "announcement";
        /**
         * @description `points` is signed. `municipality` and `point_service` name whose points they are; null for the reserve.
         *
         *     `last_day` is set for points that will expire, `exchange_id` and `partner_id` for an exchange, `announcement_id` and `title`
         *     for an announcement, which is a notice only while it is shown.
         */
        NoticeView: {
            kind: components["schemas"]["NoticeKind"];
            /** Format: date-time */
            at: string;
            unread: boolean;
            /** @default null */
            points?: number | null;
            /** @default null */
            municipality?: string | null;
            /** @default null */
            municipality_name?: string | null;
            /** @default null */
            point_service?: string | null;
            /** @default null */
            point_service_name?: string | null;
            /** @default null */
            exchange_id?: string | null;
            /** @default null */
            partner_id?: string | null;
            /** @default null */
            last_day?: string | null;
            /** @default null */
            announcement_id?: string | null;
            /** @default null */
            title?: components["schemas"]["WordingView"] | null;
        };
        /** @description The newest of the last 90 days, at most 50; `unread` counts among them. */
        Notices: {
            unread: number;
            notices: components["schemas"]["NoticeView"][];
        };
        /** @description Points of a wallet that end together. `last_day` is null where they have no end. */
        OfferLotView: {
            wallet: string;
            amount: number;
            last_day: string | null;
        };
        /**
         * @description The figures of the input screen. `available` is in each wallet's own points, in order of priority.
         *
         *     `lots` are what it is made of, in the order in which the partner draws on it; empty where the partner tells none.
         */
        OfferView: {
            destination: components["schemas"]["DestinationView"];
            available: {
                [key: string]: number;
            };
            priority: string[];
            rates: components["schemas"]["RateView"][];
            most_units: number;
            terms: components["schemas"]["LabelView"];
            notes: components["schemas"]["LabelView"][];
            lots: components["schemas"]["OfferLotView"][];
        };
        /** @description `started` where the phone was known and a sign-in was asked for; else `arrival`, for what was begun. */
        OidcArrived: {
            /** @enum {string} */
            purpose: "login" | "link" | "password";
            started: components["schemas"]["SessionStarted"] | null;
            arrival: string | null;
            expires_at: string | null;
        };
        OidcBegin: {
            provider: string;
            /** @enum {string} */
            purpose: "login" | "link" | "password";
            browser: string;
            /** @default false */
            shared_terminal?: boolean;
        };
        /** @description `card` answers a challenge of purpose `login` that was asked for under the same `browser`. */
        OidcCardJoin: {
            browser: string;
            arrival: string;
            card: components["schemas"]["CardAnswer"];
        };
        /** @description `source` names the browser's network as the site saw it; `devices` are what the browser was given before. */
        OidcJoin: {
            browser: string;
            arrival: string;
            mykey_id: string;
            password: string;
            /** @default  */
            source?: string;
            devices?: string[];
        };
        OidcLink: {
            browser: string;
            arrival: string;
            password: string;
        };
        OidcRegistration: {
            browser: string;
            arrival: string;
            display_name: string;
            /**
             * @default ja
             * @enum {string}
             */
            language?: "ja" | "en" | "ja-easy";
        };
        /** @description The query of the return, unchanged: `code` and `state`, or `error` and `state`; `iss` where there is one. */
        OidcReturn: {
            provider: string;
            browser: string;
            state: string;
            /** @default null */
            code?: string | null;
            /** @default null */
            error?: string | null;
            /** @default null */
            iss?: string | null;
        };
        /** @description Exchanges into the city's points whose outcome is not known yet: sending, open or needs_a_person. */
        OpenExchangesList: {
            open: components["schemas"]["OpenExchangesView"][];
        };
        OpenExchangesView: {
            partner_id: string;
            state: string;
            exchanges: number;
            points: number;
            oldest_sent_at: string | null;
        };
        /** @description `seen` as with the budget. */
        OpenWanted: {
            open: boolean;
            reason: string;
            /** @default null */
            seen?: string | null;
        };
        /** @description A message of Standard Webhooks. `exchange_id` is the partner's own order id and the idempotency key. */
        Order: {
            type: string;
            timestamp: string;
            data: components["schemas"]["OrderData"];
        };
        OrderData: {
            exchange_id: string;
            service_id: string;
            /** @description 口数: a whole number, or the half-width digits that a person typed; 1 to 9,999 */
            units: number | string;
        };
        /** @description What became of it. `state` is `settled`, `declined`, `not_sent`, or `open` while nobody knows yet. */
        OrderTaken: {
            exchange_id: string;
            state: string;
            points: number | null;
        };
        /** @description `reference` is the partner's own name for the debit. */
        OutcomeWanted: {
            debited: boolean;
            /** @default  */
            reference?: string;
            reason: string;
        };
        /**
         * @description `waiting` holds the newest exchanges whose outcome is not known yet, `expiring` the next 30 days.
         *
         *     `unread_notices` counts what `/v1/notices` has that the member has not read.
         */
        Overview: {
            member: components["schemas"]["MemberView"];
            balances: components["schemas"]["Balances"];
            expiring: components["schemas"]["MemberExpiringView"][];
            waiting: components["schemas"]["ExchangeView"][];
            unread_notices: number;
        };
        /** @description `has_bank` is null for who does not read the shop's books. `may_refund`: whether who asks may give points back here. */
        OwnShopView: {
            shop_id: string;
            name: string;
            name_kana: string;
            category: string;
            address: string;
            phone: string;
            number: string | null;
            /** Format: date-time */
            registered_at: string;
            closed_at: string | null;
            till_refunds: boolean;
            version: string;
            has_bank: boolean | null;
            may_refund: boolean;
        };
        /** @description The pace in force; null: as many calls as there are. */
        PaceView: {
            calls_per_minute: number | null;
        };
        /** @description `calls_per_minute` from each gateway; null: as many as there are. */
        PaceWanted: {
            calls_per_minute: number | null;
            reason: string;
        };
        /** @description The member's side of a payment; `left` is what can still be used. */
        PaidView: {
            spend: components["schemas"]["SpendView"];
            shop_name: string;
            left: number;
            replayed: boolean;
            /** @default null */
            representative?: string | null;
        };
        PartnerCallView: {
            hook: string;
            outcome: string;
            text: string;
            ms: number;
            requests: components["schemas"]["PartnerRequestView"][];
        };
        /**
         * @description `owes` is the partner's own part, after reversals and corrections; campaigns are owed by their funders.
         *
         *     `compared` exchanges were laid beside the partner's book since they ended; on `days_left` days nobody has compared
         *     yet, and `differences` of the others nobody has closed.
         *
         *     `funders_reversed` comes off what each funder's lines say, and `funders_corrected` comes on top of it (or off it,
         *     below zero).
         */
        PartnerMonthView: {
            partner_id: string;
            name: components["schemas"]["LabelView"];
            month: string;
            lines: components["schemas"]["RateLineView"][];
            exchanges: number;
            compared: number;
            days_left: number;
            differences: number;
            reversed_points: number;
            closed_differences: number;
            corrected_points: number;
            /**
             * @example {
             *       "kasama": 100
             *     }
             */
            funders_reversed: {
                [key: string]: number;
            };
            /**
             * @example {
             *       "kasama": -100
             *     }
             */
            funders_corrected: {
                [key: string]: number;
            };
            open_outcomes: number;
            owes: number;
            reconciled: boolean;
        };
        PartnerMonths: {
            partners: components["schemas"]["PartnerMonthView"][];
        };
        /** @description One HTTP request of a call, without its query, headers and body. `ended`: its status, or what broke. */
        PartnerRequestView: {
            method: string;
            url: string;
            ended: string;
            ms: number;
        };
        /**
         * @description How a partner stands. `windows` are its maintenance windows that are not over. `to_compare` days until yesterday have not come out even or were not compared.
         *
         *     `connected`: its plugin is loaded here. `decided_by` decided last about pause and pace.
         */
        PartnerStanding: {
            partner_id: string;
            name: components["schemas"]["LabelView"] | null;
            connected: boolean;
            paused: boolean;
            paused_because: string;
            decided_by: string;
            calls_per_minute: number | null;
            maintenance_from: string | null;
            maintenance_until: string | null;
            windows: components["schemas"]["WindowView"][];
            lists_days: boolean;
            open_exchanges: number;
            need_a_person: number;
            oldest_sent_at: string | null;
            last_compared_on: string | null;
            to_compare: number;
            differences: number;
        };
        PartnerStandings: {
            partners: components["schemas"]["PartnerStanding"][];
        };
        PartnerView: {
            partner_id: string;
            name: components["schemas"]["LabelView"];
            kind: string;
            link: string;
            points_name: components["schemas"]["LabelView"];
            wallets: components["schemas"]["WalletView"][];
            arrives_within_s: number;
            terms: components["schemas"]["LabelView"];
            notes: components["schemas"]["LabelView"][];
            linked: boolean;
            /** @default true */
            open?: boolean;
            /** @default null */
            closed_until?: string | null;
            /** @default [] */
            maintenance?: components["schemas"]["MaintenanceView"][];
        };
        Partners: {
            partners: components["schemas"]["PartnerView"][];
        };
        PartyTotalView: {
            figure: string;
            party: string;
            moves: number;
            points: number;
        };
        /** @description The figures of a period by shop, partner or project; the largest of each figure first. */
        PartyTotals: {
            totals: components["schemas"]["PartyTotalView"][];
        };
        /** @description `browser` is the client program's own opaque name for the browser, the same in the answer. */
        PasskeyAsked: {
            browser: string;
        };
        PasskeyBegun: {
            token: string;
            options: {
                [key: string]: unknown;
            };
            /** Format: date-time */
            ends_at: string;
        };
        /** @description Give `options` to `navigator.credentials`, and `token` back with what the browser gives. */
        PasskeyChallengeView: {
            token: string;
            options: {
                [key: string]: unknown;
            };
            /** Format: date-time */
            expires_at: string;
        };
        PasskeyMade: {
            token: string;
            credential: components["schemas"]["Credential"];
            name: string;
        };
        PasskeyProof: {
            sign_in_token: string;
            credential: components["schemas"]["Credential"];
        };
        PasskeyRemoval: {
            password: string;
            credential_id: string;
        };
        PasskeySignIn: {
            browser: string;
            token: string;
            credential: components["schemas"]["Credential"];
            /** @default false */
            shared_terminal?: boolean;
        };
        /** @description Whether members' passkeys are taken here. */
        PasskeySupport: {
            open: boolean;
        };
        PasskeyView: {
            credential_id: string;
            name: string;
            /** Format: date-time */
            created_at: string;
            used_at: string | null;
        };
        PasswordByCard: {
            browser: string;
            card: components["schemas"]["CardAnswer"];
            new: string;
        };
        PasswordByPhone: {
            browser: string;
            arrival: string;
            new: string;
        };
        PasswordChange: {
            current: string;
            new: string;
        };
        /** @description A card as the desk sees it, without its number. */
        PayCardView: {
            last_digits: string;
            point_service: string;
            issued_by: string;
            /** Format: date-time */
            issued_at: string;
            stopped_by: string | null;
            stopped_at: string | null;
            is_valid: boolean;
        };
        /** @description The newest first. A locked PIN pays nothing above the city's sum until a new one is set. */
        PayCardsView: {
            cards: components["schemas"]["PayCardView"][];
            has_pin: boolean;
            is_pin_locked: boolean;
            paid_today: number;
        };
        /** @description Null while the code was not used; the portal asks every second or two while it shows the code. */
        PayCodeState: {
            spend: components["schemas"]["SpendView"] | null;
            shop_name: string | null;
        };
        /**
         * @description `qr` is the QR's text, `digits` what is typed at the counter; ask for a new one before `ends_at`.
         *
         *     `most_points` is what it pays at most (null: no limit of the member's own): above it the member signs in anew with card,
         *     phone or passkey and makes another.
         */
        PayCodeView: {
            qr: string;
            digits: string;
            /** Format: date-time */
            made_at: string;
            /** Format: date-time */
            ends_at: string;
            most_points: number | null;
        };
        PayCodeWanted: {
            municipality: string;
            point_service: string;
        };
        /** @description From where the city pays; both are null as long as nobody has said it. */
        PayerOf: {
            account: components["schemas"]["BankView"] | null;
            client_code: string | null;
        };
        PayerWanted: {
            bank_code: string;
            /** @default  */
            bank_name?: string;
            branch_code: string;
            /** @default  */
            branch_name?: string;
            /** @enum {integer} */
            kind: 1 | 2 | 4 | 9;
            number: string;
            holder: string;
            /** @default false */
            unlisted?: boolean;
            /** @default  */
            reason?: string;
            client_code: string;
        };
        /** @description Exactly so many points on a day in Japan; `shop_id` where the caller knows the shop. */
        PaymentSearch: {
            points: number;
            /** Format: date */
            day: string;
            /** @default null */
            shop_id?: string | null;
            reason: string;
        };
        PayoutList: {
            payouts: components["schemas"]["PayoutView"][];
        };
        PayoutRecorded: {
            shop_id: string;
            state: string;
            yen: number;
        };
        /**
         * @description `state`: closed, ordered (a file orders it), paid, held or returned. `carried_in` is the cycle that pays it again.
         *
         *     `yen` is what is transferred, after the `fee_yen` that the shop bears and what it bears of earlier returns. `return_fee_yen` is what the
         *     bank asked for the return of this one, `return_fee_in` the cycle that has taken it.
         */
        PayoutView: {
            shop_id: string;
            shop_name: string;
            yen: number;
            fee_yen: number;
            state: string;
            reason: string;
            recorded_by: string | null;
            recorded_at: string | null;
            carried_in: string | null;
            return_fee_yen: number;
            return_fee_bearer: string | null;
            return_fee_in: string | null;
        };
        /**
         * @description `paid` is recorded at once. `held` (保留) and `returned` (振込不能・組戻し) wait for a second person.
         *
         *     `return_fee_yen` is what the bank asked for a return, tax included; null is the sum that the settings have.
         */
        PayoutWanted: {
            /** @enum {string} */
            state: "paid" | "held" | "returned";
            reason: string;
            /** @default null */
            return_fee_yen?: number | null;
        };
        PeopleNamed: {
            people: components["schemas"]["PersonNamed"][];
        };
        PersonNamed: {
            staff_id: string;
            display_name: string;
        };
        /** @description A shop as members see it. `name_romaji` is the reading in Latin letters; empty where there is no reading in kana. */
        PlaceView: {
            shop_id: string;
            municipality: string;
            municipality_name: string;
            name: string;
            name_kana: string;
            name_romaji: string;
            category: string;
            address: string;
            phone: string;
        };
        PlacesPage: {
            shops: components["schemas"]["PlaceView"][];
            next_after: string | null;
        };
        /** @description The gateway does not serve from `stops_from` until just before `stops_until`. */
        PlannedStopView: {
            announcement_id: string;
            title: components["schemas"]["WordingView"];
            text: components["schemas"]["WordingView"];
            /** Format: date-time */
            stops_from: string;
            /** Format: date-time */
            stops_until: string;
        };
        /** @description Those that are announced now, the next first. */
        PlannedStops: {
            stops: components["schemas"]["PlannedStopView"][];
        };
        /** @description Names with their readings in kana and in Latin letters; a point service's are empty where nobody said them. */
        PointServiceView: {
            municipality: string;
            municipality_name: string;
            municipality_kana: string;
            municipality_romaji: string;
            point_service: string;
            name: string;
            name_kana: string;
            name_romaji: string;
            open_for_direct_exchange: boolean;
        };
        /** @description `name_kana` is how the name is read, with a space between words; empty where it reads itself. */
        PointServiceWanted: {
            point_service: string;
            name: string;
            /** @default  */
            name_kana?: string;
        };
        /** @description 対象：N件. Those that are not open for direct exchange are reached by way of the reserve. */
        PointServices: {
            count: number;
            point_services: components["schemas"]["PointServiceView"][];
        };
        PrefectureView: {
            code: string;
            name: string;
            kana: string;
            municipalities: number;
        };
        Prefectures: {
            prefectures: components["schemas"]["PrefectureView"][];
        };
        PrivacyTextList: {
            privacy_texts: components["schemas"]["PrivacyTextView"][];
        };
        /**
         * @description Plain text, a blank line between paragraphs; show it as text, never as markup. `easy` is やさしい日本語.
         *
         *     null is what the city has not written: show `ja` in its place and say so. Where `ja` is null too the city has no text.
         */
        PrivacyTextView: {
            municipality: string;
            municipality_name: string;
            municipality_kana: string;
            municipality_romaji: string;
            ja: string | null;
            en: string | null;
            easy: string | null;
            changed_at: string | null;
        };
        /** @description All three texts as they shall be; `ja` is shown where another is empty. `seen` is the version that they were drawn from. */
        PrivacyTextWanted: {
            ja: string;
            /** @default  */
            en?: string;
            /** @default  */
            easy?: string;
            reason: string;
            /** @default null */
            seen?: string | null;
        };
        /** @description RFC 9457. `type` is stable; programs branch on it. Some problems add members of their own. */
        Problem: {
            type: string;
            title: string;
            status: number;
            /** @description What to do, in one sentence. */
            detail: string;
            /** @description The id of this request, as in X-Request-Id. */
            instance: string;
            /** @description What the problem type says to do next, in the language asked for; names facts in backticks. */
            remedy?: string;
            errors?: {
                /** @description JSON pointer into the body. */
                pointer?: string;
                /** @description Name of a parameter. */
                parameter?: string;
                detail: string;
            }[];
        };
        /** @description `type` is the URI that stands in a problem document. A remedy names facts of the document in backticks. */
        ProblemTypeView: {
            word: string;
            type: string;
            status: number;
            title: components["schemas"]["LabelView"];
            remedy: components["schemas"]["LabelView"];
        };
        ProblemTypes: {
            problem_types: components["schemas"]["ProblemTypeView"][];
        };
        ProjectView: {
            project_id: string;
            point_service: string;
            name: string;
            place: string;
            content: string;
            /** Format: date */
            starts_on: string;
            /** Format: date */
            ends_on: string;
            points_each: number;
            budget: number;
            granted: number;
            left: number;
            venue: boolean;
            most_grants_each: number | null;
            most_points_each: number | null;
            venue_points_a_day: number | null;
            open: boolean;
            /** Format: date-time */
            created_at: string;
            version: string;
        };
        /** @description A grant project (給付事業); the period includes both days. */
        ProjectWanted: {
            project_id: string;
            point_service: string;
            name: string;
            /** @default  */
            place?: string;
            /** @default  */
            content?: string;
            /** Format: date */
            starts_on: string;
            /** Format: date */
            ends_on: string;
            points_each: number;
            budget: number;
            /** @default false */
            venue?: boolean;
            /** @default null */
            most_grants_each?: number | null;
            /** @default null */
            most_points_each?: number | null;
            /** @default null */
            venue_points_a_day?: number | null;
            /** @default  */
            reason?: string;
        };
        Projects: {
            projects: components["schemas"]["ProjectView"][];
        };
        /** @enum {string} */
        ProofKind: "card" | "oidc" | "passkey" | "password";
        ProofRemoval: {
            proof_id: string;
            password: string;
        };
        /**
         * @description `added_at` is null where it was added before that was kept, `used_at` where nobody has come in by it since.
         *
         *     `issuer` names who vouches for it: `jpki` for a card, the provider's own address for a phone, the site for a passkey,
         *     nobody for a password. `name` is what the member calls it.
         */
        ProofView: {
            proof_id: string;
            kind: components["schemas"]["ProofKind"];
            issuer: string;
            name: string;
            added_at: string | null;
            used_at: string | null;
        };
        Proofs: {
            proofs: components["schemas"]["ProofView"][];
        };
        ProposalList: {
            proposals: components["schemas"]["ProposalView"][];
            next_after: string | null;
        };
        /**
         * @description Something that waits for a second person, or has. `facts` is what people read of it.
         *
         *     `account_number` is the whole number of a bank account, for its author and for who may decide it.
         */
        ProposalView: {
            proposal_id: string;
            deed: string;
            subject: string;
            state: string;
            points: number | null;
            facts: {
                [key: string]: string | number;
            };
            reason: string;
            digest: string;
            persons: number;
            approvals: number;
            proposed_by: string;
            proposed_by_name: string;
            /** Format: date-time */
            proposed_at: string;
            /** Format: date-time */
            ends_at: string;
            decided_by: string | null;
            decided_at: string | null;
            decision_reason: string;
            may_decide: boolean;
            account_number: string | null;
        };
        /** @description `number` is in full for the list's author and for who may decide it: it is compared with paper. */
        ProposedAccountView: {
            bank_code: string;
            bank_name: string;
            branch_code: string;
            branch_name: string;
            kind: number;
            number: string | null;
            number_ends_with: string;
            holder: string;
        };
        /** @description A shop that a proposal imports, and whom of the register it is like now. */
        ProposedShopView: {
            shop_id: string;
            name: string;
            name_kana: string;
            category: string;
            address: string;
            phone: string;
            account: components["schemas"]["ProposedAccountView"] | null;
            alike: components["schemas"]["AlikeView"][];
        };
        ProposedShops: {
            shops: components["schemas"]["ProposedShopView"][];
        };
        ProviderView: {
            provider_id: string;
            name: components["schemas"]["LabelView"];
        };
        Providers: {
            providers: components["schemas"]["ProviderView"][];
        };
        /** @description A message of Standard Webhooks. Only the exchange id is used; what became of it, we ask. */
        Push: {
            type: string;
            timestamp: string;
            data: components["schemas"]["PushData"];
        };
        PushData: {
            exchange_id: string;
        };
        QuoteConfirmed: {
            quote_id: string;
        };
        /**
         * @description `amount` leaves the wallet; `points` arrive, of which `campaign_points` are paid by `funder`.
         *
         *     `lots` are what `amount` is drawn from, first to last; empty where the partner tells no last days.
         */
        QuoteLineView: {
            wallet: string;
            wallet_name: components["schemas"]["LabelView"];
            units: number;
            amount: number;
            points: number;
            cost_per_unit: number;
            points_per_unit: number;
            campaign: string | null;
            campaign_name: components["schemas"]["LabelView"] | null;
            campaign_points: number;
            funder: string | null;
            rate_ends_at: string | null;
            rate_sample: boolean;
            lots: components["schemas"]["QuoteLotView"][];
        };
        /** @description A part of what leaves the wallet. `last_day` is null where it has no end. */
        QuoteLotView: {
            amount: number;
            last_day: string | null;
        };
        QuoteView: {
            quote_id: string;
            destination: components["schemas"]["DestinationView"];
            units: number;
            lines: components["schemas"]["QuoteLineView"][];
            points: number;
            campaign_points: number;
            terms: components["schemas"]["LabelView"];
            notes: components["schemas"]["LabelView"][];
            /** Format: date-time */
            quoted_at: string;
            /** Format: date-time */
            ends_at: string;
            arrives_within_s: number;
        };
        QuoteWanted: {
            destination: components["schemas"]["ToReserve"] | components["schemas"]["ToMunicipality"];
            /** @default null */
            units?: (number | string) | null;
        };
        /** @description What was ordered of a wallet: `units` (口) for `amount` of the partner's points, which brought `points`. */
        QuotedLineView: {
            wallet: string;
            units: number;
            amount: number;
            points: number;
            campaign_points: number;
        };
        /** @description One rate of a month. `owed_by` is the partner's id, or that of the funder who pays for the campaign. */
        RateLineView: {
            owed_by: string;
            owed_by_name: components["schemas"]["LabelView"];
            wallet: string;
            wallet_name: components["schemas"]["LabelView"];
            cost_per_unit: number;
            points_per_unit: number;
            campaign: string;
            campaign_name: components["schemas"]["LabelView"] | null;
            exchanges: number;
            units: number;
            points: number;
        };
        /** @description One unit (口): `cost_per_unit` of the wallet become `points_per_unit`. `sample`: no source confirms it. */
        RateView: {
            wallet: string;
            cost_per_unit: number;
            points_per_unit: number;
            starts_at: string | null;
            ends_at: string | null;
            campaign: components["schemas"]["CampaignView"] | null;
            sample: boolean;
            source: string;
        };
        /** @description The moment of the newest notice that was seen; what comes later stays unread. */
        ReadUntil: {
            /** Format: date-time */
            until: string;
        };
        /** @description `seen` is the `version` of the point service that the change was drawn from; null changes whatever is there. */
        ReadingWanted: {
            name_kana: string;
            /** @default null */
            seen?: string | null;
        };
        ReasonGiven: {
            reason: string;
        };
        /** @description Proof that a move is in the member's book, sealed at place `seq` by `hash`. */
        ReceiptView: {
            move_id: string;
            seq: number;
            hash: string;
            points: number;
            lots: components["schemas"]["LotView"][];
            replayed: boolean;
        };
        /** @description `file` = `ledger` + `waiting` (nobody has taken them over yet) + `refused` + `difference`. */
        ReconciledLotsView: {
            point_service: string;
            last_day: string | null;
            origin: string;
            file: number;
            ledger: number;
            waiting: number;
            refused: number;
            difference: number;
        };
        /**
         * @description `agrees`: no difference in `lots`, no `unexpected` points in the ledger, and the city's sums are equal.
         *
         *     `city_ledger` is what has come from the city's source accounts over all its files, `city_moves` the same move by move.
         */
        ReconciliationView: {
            agrees: boolean;
            lots: components["schemas"]["ReconciledLotsView"][];
            unexpected: number;
            city_ledger: number;
            city_moves: number;
        };
        /**
         * @description One kind of data. `since` is the oldest row's time. `rows` have the `fields`, each a text, a number or null.
         *
         *     `days`: after how many days a row goes, where `retention` is a matter of days.
         */
        RecordSection: {
            name: string;
            title: components["schemas"]["LabelView"];
            why: components["schemas"]["LabelView"];
            retention: components["schemas"]["RetentionPeriod"];
            days: number | null;
            since: string | null;
            fields: string[];
            rows: {
                [key: string]: string | number | null;
            }[];
        };
        /** @description `seen` is the `version` of what was shown. `return_fee_yen` is what the bank asked for each return; null: as the settings say. */
        RecordingWanted: {
            seen: string;
            reason: string;
            /** @default null */
            return_fee_yen?: number | null;
        };
        /** @description Null and false leave it as it is. `forgets_mail`: the address is not the member's, who may set another one. */
        RectificationWanted: {
            mykey_id: string;
            /** @default null */
            display_name?: string | null;
            /** @default null */
            language?: ("ja" | "en" | "ja-easy") | null;
            /** @default null */
            new_mykey_id?: string | null;
            /** @default false */
            forgets_mail?: boolean;
            reason: string;
        };
        /** @description Send the browser to `url`; it serves once, until `expires_at`. */
        RedirectView: {
            url: string;
            /** Format: date-time */
            expires_at: string;
        };
        /** @description The number of a payment or an exchange as a person types it: its 8 characters, or the whole UUID. */
        ReferenceSearch: {
            reference: string;
            reason: string;
        };
        RefundView: {
            refund_id: string;
            spend_id: string;
            points: number;
            yen: number;
            reason: string;
            made_by: string;
            /** Format: date-time */
            at: string;
        };
        RefundWanted: {
            refund_id: string;
            points: number;
            reason: string;
        };
        /**
         * @description One point service in one day (`2018-07-31`) or month (`2018-07`). `points` and `yen` are what is left after refunds.
         *
         *     A refund counts once, on its own day.
         */
        ReportRowView: {
            period: string;
            point_service: string;
            service_name: string;
            spends: number;
            spent: number;
            refunds: number;
            refunded: number;
            points: number;
            yen: number;
        };
        /** @description `name` is the other person's. `pay_points_a_day` 0: pays nothing. `ended_by`: member, actor or desk. */
        RepresentationView: {
            representation_id: string;
            name: string;
            municipality: string;
            kind: string;
            may_exchange: boolean;
            pay_points_a_day: number;
            /** Format: date */
            starts_on: string;
            /** Format: date */
            ends_on: string;
            in_force: boolean;
            ended_at: string | null;
            ended_by: string | null;
            acts: components["schemas"]["ActView"][];
        };
        /** @description `acting_for`: for whom the member acts; `representatives`: who acts for the member. Ended ones too, the newest first. */
        Representations: {
            acting_for: components["schemas"]["RepresentationView"][];
            representatives: components["schemas"]["RepresentationView"][];
        };
        /**
         * @description `actor_mykey_id` acts for `mykey_id` from `starts_on` to `ends_on`, both included, three years at most.
         *
         *     `pay_points_a_day` is what may be paid in a day at shops of this city; 0: nothing.
         */
        RepresentativeWanted: {
            mykey_id: string;
            actor_mykey_id: string;
            /** @enum {string} */
            kind: "guardian" | "family" | "care";
            may_exchange: boolean;
            pay_points_a_day: number;
            /** Format: date */
            starts_on: string;
            /** Format: date */
            ends_on: string;
            reason: string;
        };
        /** @description `code` as a person typed it; `source` names the browser's network as the site saw it. */
        Restoration: {
            mykey_id: string;
            code: string;
            new: string;
            /** @default false */
            shared_terminal?: boolean;
            /** @default  */
            source?: string;
        };
        /** @description How many payments were recorded as made, and the proposal that now waits with all that came back, or none. */
        ResultRecordedView: {
            paid: number;
            proposals: string[];
        };
        /**
         * @description How long it is kept.
         * @enum {string}
         */
        RetentionPeriod: "for_ever" | "while_member" | "until_used" | "notices" | "exchanges" | "lists";
        ReturnCode: {
            return_code: string;
        };
        ReversalOutcomeWanted: {
            was_reversed: boolean;
            reason: string;
        };
        ReversalView: {
            reversal_id: string;
            state: string;
            points: number;
            taken_from: string;
            by_hand: boolean;
            reason: string;
            operator: string;
            reference: string;
            /** Format: date-time */
            started_at: string;
            ended_at: string | null;
        };
        /**
         * @description `units` (口) null: all that is left. `by_hand`: it was arranged with the partner, under its `reference`.
         *
         *     `taken_from` names another of the member's accounts that gives the points; empty: where the exchange put them.
         */
        ReversalWanted: {
            reversal_id: string;
            /** @default null */
            units?: (number | string) | null;
            /** @default false */
            by_hand?: boolean;
            /** @default  */
            reference?: string;
            /** @default  */
            taken_from?: string;
            reason: string;
        };
        Revocation: {
            password: string;
        };
        /**
         * @description `seen` is the `version` of the person that the change was drawn from; null changes whatever is there.
         *
         *     A person of the city's staff has one of its four roles, a shop's person one of `shop` (the owner), `till`, `bookkeeper`.
         */
        RoleWanted: {
            /** @enum {string} */
            role: "viewer" | "operator" | "approver" | "administrator" | "shop" | "till" | "bookkeeper";
            reason: string;
            /** @default null */
            seen?: string | null;
        };
        /** @description One version. `state`: past, in_force or upcoming. Limits are points by member and day. */
        RuleView: {
            version: number;
            state: string;
            /** Format: date */
            takes_effect_on: string;
            expiry: string;
            expiry_count: number;
            expiry_day: string | null;
            unit_value_yen: number;
            open_for_direct_exchange: boolean;
            most_spent_a_day: number | null;
            most_granted_a_day: number | null;
            worse: components["schemas"]["WorseView"][];
            /** Format: date-time */
            decided_at: string;
        };
        /** @description A new version of a point service's rules. Limits are points by member and day; null is none. */
        RuleWanted: {
            /** Format: date */
            takes_effect_on: string;
            /** @enum {string} */
            expiry: "none" | "months" | "fiscal_year" | "fixed_day";
            /** @default 0 */
            expiry_count?: number;
            /** @default null */
            expiry_day?: string | null;
            /** @default 1 */
            unit_value_yen?: number;
            open_for_direct_exchange: boolean;
            /** @default null */
            most_spent_a_day?: number | null;
            /** @default null */
            most_granted_a_day?: number | null;
            /** @default false */
            worse_accepted?: boolean;
            reason: string;
        };
        Rules: {
            municipality: string;
            point_service: string;
            name: string;
            rules: components["schemas"]["RuleView"][];
        };
        ServiceBalanceView: {
            point_service: string;
            points: number;
        };
        /**
         * @description The token is shown once; send it as Authorization: Bearer. It ends by itself and on sign-out.
         *
         *     `device` is for the browser to keep and to send at the next sign-in: others' misses do not lock it out.
         *     `missed_elsewhere` is how often others had a wrong password for this MyKey ID since the last sign-in; tell the member.
         */
        SessionStarted: {
            token: string;
            session: components["schemas"]["SessionView"];
            member: components["schemas"]["MemberView"];
            /** @default null */
            device?: string | null;
            /** @default 0 */
            missed_elsewhere?: number;
        };
        SessionView: {
            session_id: string;
            /** Format: date-time */
            created_at: string;
            /** Format: date-time */
            seen_at: string;
            /** Format: date-time */
            idle_ends_at: string;
            /** Format: date-time */
            ends_at: string;
            current: boolean;
        };
        Sessions: {
            sessions: components["schemas"]["SessionView"][];
        };
        SessionsEnded: {
            ended: number;
        };
        SettlementSettingsView: {
            bank_sheet: string;
            result_column: number;
            result_length: number;
            paid_codes: string[];
            returned_codes: string[];
            recalled_codes: string[];
            pending_codes: string[];
            journal_columns: components["schemas"]["JournalColumnView"][];
            journal_encoding: string;
            journal_days: string;
            journal_debit: string;
            journal_credit: string;
            journal_summary: string;
            fee_bands: components["schemas"]["FeeBandView"][];
            fee_bearer: string;
            fee_tax_percent: number;
            invoice_number: string;
            tax_note: string;
            cycle_ends: number[];
            cycle_pay_days: number[];
            cycle_pay_after: number;
            customer_field: string;
            edi_text: string;
            end_mark: string;
            send_days: number;
            return_fee_yen: number;
            return_fee_bearer: string;
            version: string;
        };
        /**
         * @description All settings as they shall be; `seen` is the version that they were drawn from.
         *
         *     No `journal_columns` are the usual ones; no `cycle_ends` and `cycle_pay_days` the half-months. A changed cycle begins with the
         *     next one.
         */
        SettlementSettingsWanted: {
            /** @default  */
            bank_sheet?: string;
            /** @default 0 */
            result_column?: number;
            /** @default 1 */
            result_length?: number;
            paid_codes?: string[];
            returned_codes?: string[];
            recalled_codes?: string[];
            pending_codes?: string[];
            /** @default null */
            journal_columns?: components["schemas"]["JournalColumnOf"][] | null;
            /**
             * @default utf-8
             * @enum {string}
             */
            journal_encoding?: "utf-8" | "shift_jis";
            /**
             * @default dashes
             * @enum {string}
             */
            journal_days?: "dashes" | "slashes" | "plain";
            /** @default  */
            journal_debit?: string;
            /** @default  */
            journal_credit?: string;
            /** @default  */
            journal_summary?: string;
            fee_bands?: components["schemas"]["FeeBandOf"][];
            /**
             * @default city
             * @enum {string}
             */
            fee_bearer?: "city" | "shop";
            /** @default 10 */
            fee_tax_percent?: number;
            /** @default  */
            invoice_number?: string;
            /** @default  */
            tax_note?: string;
            /** @default null */
            cycle_ends?: number[] | null;
            /** @default null */
            cycle_pay_days?: number[] | null;
            /** @default 0 */
            cycle_pay_after?: number;
            /**
             * @default line
             * @enum {string}
             */
            customer_field?: "line" | "shop_number" | "edi";
            /** @default  */
            edi_text?: string;
            /**
             * @default none
             * @enum {string}
             */
            end_mark?: "none" | "eof";
            /** @default 0 */
            send_days?: number;
            /** @default 0 */
            return_fee_yen?: number;
            /**
             * @default city
             * @enum {string}
             */
            return_fee_bearer?: "city" | "shop";
            reason: string;
            /** @default null */
            seen?: string | null;
        };
        /**
         * @description A cycle with a line a shop; not closed, it shows what closing now would give.
         *
         *     `yen` is paid, `transfer_yen` of it transferred, after the `fee_yen` and `return_fee_yen` that shops bear; `has_fees` says whether a
         *     transfer costs anything, `has_return_fees` whether the bank asked for what came back. `terms` is null where the city had set nothing of fees and tax.
         */
        SettlementView: {
            cycle: components["schemas"]["CycleView"];
            closed_at: string | null;
            closed_by: string | null;
            yen: number;
            fee_yen: number;
            city_fee_yen: number;
            transfer_yen: number;
            has_fees: boolean;
            return_fee_yen: number;
            city_return_fee_yen: number;
            open_return_fee_yen: number;
            has_return_fees: boolean;
            terms: components["schemas"]["StatementTermsView"] | null;
            lines: components["schemas"]["ShopLineView"][];
        };
        /** @description Numbers as they were told when the cards were issued. */
        SheetsWanted: {
            numbers: string[];
        };
        /** @description `seen` is the `version` of the shop that the change was drawn from; null changes whatever is there. */
        ShopChanged: {
            name: string;
            /** @default  */
            name_kana?: string;
            /** @default  */
            category?: string;
            /** @default  */
            address?: string;
            /** @default  */
            phone?: string;
            /** @default null */
            seen?: string | null;
        };
        ShopChosen: {
            shop_id: string;
        };
        /** @description The text of the shop's QR, or the six digits beside it. */
        ShopCodeScanned: {
            shop_code: string;
        };
        /** @description What stands at the counter: the QR's text, and six digits that are typed where no camera helps. */
        ShopCodeView: {
            shop_code: string;
            number: string | null;
        };
        ShopCycle: {
            cycle: components["schemas"]["CycleView"];
            line: components["schemas"]["ShopLineView"];
        };
        /** @description `rules`: how cycles end and are paid today, then each change that is to come. */
        ShopCycles: {
            cycles: components["schemas"]["ShopCycle"][];
            rules: components["schemas"]["CycleRuleView"][];
        };
        /** @description A shop's day, newest first, with its sums. `may_refund`: whether who asks may give points back here. */
        ShopDay: {
            /** Format: date */
            day: string;
            spends: components["schemas"]["ShopSpendView"][];
            points: number;
            refunded_points: number;
            may_refund: boolean;
        };
        ShopDebtView: {
            shop_id: string;
            shop_name: string;
            /** Format: date-time */
            closed_at: string;
            points: number;
            yen: number;
        };
        /** @description `owing` is what closed shops owe now, `ended` what they owed before, newest first. */
        ShopDebts: {
            owing: components["schemas"]["ShopDebtView"][];
            ended: components["schemas"]["EndedDebtView"][];
        };
        /**
         * @description Of what is in it, `corrections` lines correct earlier cycles, and change the sum by `corrected_yen`.
         *
         *     Of `paid_yen` the shop bears `fee_yen` for the transfer and `return_fee_yen` for earlier ones that came back, and `transfer_yen` is
         *     transferred; `city_fee_yen` and `city_return_fee_yen` are borne by the city, `open_return_fee_yen` is left for a later payment. `carried_why`: owes, no_account, within_fee (the fee would take the whole payment), or empty.
         */
        ShopLineView: {
            shop_id: string;
            shop_name: string;
            spends: number;
            spent: number;
            refunds: number;
            refunded: number;
            yen: number;
            corrections: number;
            corrected_points: number;
            corrected_yen: number;
            brought_yen: number;
            paid_yen: number;
            carried_yen: number;
            fee_yen: number;
            city_fee_yen: number;
            transfer_yen: number;
            carried_why: string;
            return_fee_yen: number;
            city_return_fee_yen: number;
            open_return_fee_yen: number;
        };
        /**
         * @description `state`: `new` is imported, `known` is on the register and says the same, `faulty` keeps the list from being imported.
         *
         *     `shop_id` is the shop of the register, or the id that the new one will have; null for a fault.
         */
        ShopListLineView: {
            line: number;
            /** @enum {string} */
            state: "new" | "known" | "faulty";
            shop_id: string | null;
            name: string;
            address: string;
            account: string;
            faults: components["schemas"]["CellFaultView"][];
            alike: components["schemas"]["AlikeView"][];
        };
        /**
         * @description A list as it was checked; nothing of it is stored. `dropped` are columns that are not read.
         *
         *     `seen` names all that the check has found: the proposal sends it back.
         */
        ShopListView: {
            seen: string;
            new: number;
            known: number;
            faulty: number;
            alike: number;
            dropped: string[];
            lines: components["schemas"]["ShopListLineView"][];
        };
        ShopOfKey: {
            municipality: string;
            shop_id: string;
        };
        /** @description `changes` are those of the last 30 days, newest first. */
        ShopPeople: {
            people: components["schemas"]["ShopPersonView"][];
            changes: components["schemas"]["LoginChangeView"][];
        };
        /** @description `shop_id` is another than the shop's own for who works here as one of the company's. */
        ShopPersonView: {
            shop_id: string;
            login: string;
            display_name: string;
            role: string;
            active: boolean;
            /** Format: date-time */
            added_at: string;
        };
        /** @description `role`: `shop` is the owner's, `till` takes payments and sees the day, `bookkeeper` reads days and statements. */
        ShopPersonWanted: {
            login: string;
            display_name: string;
            /**
             * @default shop
             * @enum {string}
             */
            role?: "shop" | "till" | "bookkeeper";
            /** @default  */
            reason?: string;
        };
        ShopReferences: {
            spends: components["schemas"]["ShopSpendView"][];
        };
        /** @description `pin` is the shop's PIN for refunds, which a bound till has to send. */
        ShopRefund: {
            refund_id: string;
            points: number;
            reason: string;
            /** @default null */
            pin?: string | null;
        };
        /** @description In the order of time; a day or month without a payment or refund has no row. */
        ShopReportView: {
            shop_id: string;
            shop_name: string;
            /** Format: date */
            since: string;
            /** Format: date */
            until: string;
            rows: components["schemas"]["ReportRowView"][];
        };
        /**
         * @description A payment as the shop sees it: no member, no days of issue.
         *
         *     `short_reference` has 8 characters that a person can read out.
         */
        ShopSpendView: {
            spend_id: string;
            short_reference: string;
            points: number;
            yen: number;
            refunded_points: number;
            way: string;
            /** Format: date-time */
            at: string;
        };
        /** @description A shop's sums of the period. `points` and `yen` are what is left after refunds. */
        ShopSumsView: {
            shop_id: string;
            shop_name: string;
            spends: number;
            spent: number;
            refunds: number;
            refunded: number;
            points: number;
            yen: number;
        };
        /** @description Plain text, a blank line between paragraphs. `terms_version` is 0 as long as the city has written none. */
        ShopTermsView: {
            municipality: string;
            municipality_name: string;
            terms_version: number;
            text: string;
            set_at: string | null;
            version: string;
        };
        /** @description A shop on the register, and whether it has an account to be paid to. */
        ShopView: {
            shop_id: string;
            name: string;
            name_kana: string;
            category: string;
            address: string;
            phone: string;
            number: string | null;
            /** Format: date-time */
            registered_at: string;
            closed_at: string | null;
            till_refunds: boolean;
            version: string;
            has_bank: boolean;
        };
        ShopWanted: {
            name: string;
            /** @default  */
            name_kana?: string;
            /** @default  */
            category?: string;
            /** @default  */
            address?: string;
            /** @default  */
            phone?: string;
            shop_id: string;
        };
        ShopsPage: {
            shops: components["schemas"]["ShopView"][];
            next_after: string | null;
        };
        /** @description The company's shops in order of id; `shop_id` is the one of this session. */
        ShopsWorkedAt: {
            name: string;
            shops: components["schemas"]["CompanyShopView"][];
            shop_id: string;
        };
        /** @description `source` names the browser's network as the site saw it; `devices` are what the browser was given before. */
        SignIn: {
            mykey_id: string;
            password: string;
            /** @default false */
            shared_terminal?: boolean;
            /** @default  */
            source?: string;
            devices?: string[];
        };
        /**
         * @description `spend_id` is made by the shop's page and kept; sending the same again is the same payment.
         *
         *     `code` is a pay code or a card; `pin` is typed by the holder of a card, where `pay-card-pin-needed` asks for it.
         */
        SpendTaken: {
            spend_id: string;
            code: string;
            points: number;
            /** @default null */
            pin?: string | null;
        };
        /** @description `short_reference` has 8 characters that a person can read out. */
        SpendView: {
            spend_id: string;
            short_reference: string;
            municipality: string;
            point_service: string;
            shop_id: string;
            points: number;
            yen: number;
            refunded_points: number;
            way: string;
            by_representative: boolean;
            /** Format: date-time */
            at: string;
            lots: components["schemas"]["LotView"][];
        };
        SpendWanted: {
            spend_id: string;
            shop_code: string;
            point_service: string;
            points: number;
        };
        Spends: {
            spends: components["schemas"]["SpendView"][];
        };
        /** @description `first_password` is shown this once; it opens nothing but its own change. */
        StaffAdded: {
            staff: components["schemas"]["StaffView"];
            first_password: string;
        };
        StaffChangeList: {
            changes: components["schemas"]["StaffChangeView"][];
        };
        /**
         * @description Somebody's access was made, changed or ended. `change`: added, raised, reset, restarted, lowered or stopped.
         *
         *     What two persons have done is two changes of one moment.
         */
        StaffChangeView: {
            staff_id: string;
            change: string;
            by_staff: string;
            /** Format: date-time */
            at: string;
        };
        StaffList: {
            staff: components["schemas"]["StaffView"][];
        };
        StaffMe: {
            session: components["schemas"]["StaffSessionView"];
            has_totp: boolean;
            passkeys: components["schemas"]["PasskeyView"][];
        };
        /** @description What lets somebody in later wants the password again, also from an open session. */
        StaffPasswordAgain: {
            password: string;
        };
        StaffPasswordChange: {
            current: string;
            new: string;
        };
        /** @description One place where this person is signed in. */
        StaffSessionListed: {
            session_id: string;
            /** Format: date-time */
            created_at: string;
            /** Format: date-time */
            seen_at: string;
            /** Format: date-time */
            idle_ends_at: string;
            /** Format: date-time */
            ends_at: string;
            strong: boolean;
            current: boolean;
        };
        /**
         * @description Either a session with its `token`, or half a sign-in: complete it at /v1/staff/sessions/passkey or /totp.
         *
         *     `device` is for the browser to keep and to send at the next sign-in; `missed_elsewhere` counts others' wrong passwords.
         */
        StaffSessionStarted: {
            token: string | null;
            session: components["schemas"]["StaffSessionView"] | null;
            sign_in_token: string | null;
            by_passkey: boolean;
            by_totp: boolean;
            passkey_options: {
                [key: string]: unknown;
            } | null;
            device: string | null;
            missed_elsewhere: number;
        };
        /**
         * @description `actions` is what this role may do; a weak session (`strong` false) may only set up a second factor.
         *
         *     With `till_id` it is a bound till's session: it calls what has `x-at-till`, whatever the role. `chooses_shop`: it may go to
         *     another shop of its company; `shop_id` is the one where it is.
         */
        StaffSessionView: {
            staff_id: string;
            municipality: string;
            municipality_name: string;
            display_name: string;
            login: string;
            role: string;
            shop_id: string | null;
            strong: boolean;
            first_password: boolean;
            actions: string[];
            /** Format: date-time */
            idle_ends_at: string;
            /** Format: date-time */
            ends_at: string;
            till_id: string | null;
            chooses_shop: boolean;
        };
        StaffSessions: {
            sessions: components["schemas"]["StaffSessionListed"][];
        };
        StaffSessionsEnded: {
            ended: number;
        };
        /** @description `source` names the browser's network as the site saw it; `devices` are what the browser was given before. */
        StaffSignIn: {
            login: string;
            password: string;
            /** @default  */
            source?: string;
            devices?: string[];
        };
        StaffView: {
            staff_id: string;
            login: string;
            display_name: string;
            role: string;
            shop_id: string | null;
            has_totp: boolean;
            active: boolean;
            password_is_first: boolean;
            /** Format: date-time */
            created_at: string;
            version: string;
        };
        /** @description `platform` is the one role of the platform's own staff, and no role of a city's. */
        StaffWanted: {
            login: string;
            display_name: string;
            /** @enum {string} */
            role: "viewer" | "operator" | "approver" | "administrator" | "platform";
            /** @default  */
            reason?: string;
        };
        /** @description What statements of a cycle say besides its sums: the tax in the fee, the issuer's registration number, a note on tax. */
        StatementTermsView: {
            fee_tax_percent: number;
            invoice_number: string;
            tax_note: string;
        };
        /**
         * @description A shop's statement of a cycle, payment by payment; `closed_at` is null while it can still change.
         *
         *     `corrections` tells which of the payments and refunds correct earlier cycles. `fee_tax_yen` is the tax in the line's fees.
         */
        StatementView: {
            cycle: components["schemas"]["CycleView"];
            closed_at: string | null;
            shop: components["schemas"]["ShopView"];
            line: components["schemas"]["ShopLineView"];
            spends: components["schemas"]["ShopSpendView"][];
            refunds: components["schemas"]["RefundView"][];
            corrections: components["schemas"]["CorrectionView"][];
            terms: components["schemas"]["StatementTermsView"] | null;
            fee_tax_yen: number;
        };
        /** @description `has_strong_proof`: the member has a card, phone or passkey, without which no sum can be set. */
        StepUpView: {
            above: number | null;
            has_strong_proof: boolean;
        };
        /** @description `above` in points; null for no question at all. */
        StepUpWanted: {
            above: number | null;
        };
        /** @description One step of the story: the state that it led to, what happened, what was written down, the calls to the partner. */
        StepView: {
            step: number;
            /** Format: date-time */
            at: string;
            state: string;
            what: string;
            /**
             * @example {
             *       "because": "phone call",
             *       "by": "佐藤"
             *     }
             */
            facts: {
                [key: string]: string;
            };
            calls: components["schemas"]["PartnerCallView"][];
        };
        /** @description `urgent` is to be said where it begins in less than 30 days. */
        StopWanted: {
            title_ja: string;
            /** @default  */
            title_en?: string;
            /** @default  */
            title_easy?: string;
            text_ja: string;
            /** @default  */
            text_en?: string;
            /** @default  */
            text_easy?: string;
            announcement_id: string;
            /** Format: date-time */
            stops_from: string;
            /** Format: date-time */
            stops_until: string;
            /** @default false */
            urgent?: boolean;
        };
        /** @description `points` can still be used, of which `held` are promised away; `due` says what ends when, the soonest first. */
        SupportBalanceView: {
            point_service: string;
            points: number;
            held: number;
            due: components["schemas"]["DueView"][];
        };
        /** @description An exchange as the city's desk sees it: no account at the partner. */
        SupportExchangeView: {
            exchange_id: string;
            short_reference: string;
            partner_id: string;
            state: string;
            points: number | null;
            reason: string | null;
            /** Format: date-time */
            started_at: string;
            asked_at: string | null;
            ended_at: string | null;
        };
        SupportLinkView: {
            partner_id: string;
            /** Format: date-time */
            linked_at: string;
        };
        /** @description The shop's side of a payment; what the member has left is the member's affair. */
        TakenView: {
            spend: components["schemas"]["ShopSpendView"];
            replayed: boolean;
        };
        /** @description An empty text ends applications on the web. `seen` is the `version` that the form was drawn from. */
        TermsWanted: {
            text: string;
            reason: string;
            /** @default null */
            seen?: string | null;
        };
        /** @description `till_token` is for the device to keep, and shown this once; unused for `unused_days` it is worth nothing. */
        TillBound: {
            till: components["schemas"]["TillView"];
            till_token: string;
            unused_days: number;
        };
        TillEnding: {
            reason: string;
        };
        /** @description The bound tills, the newest first. `pin_set` and `pin_locked` say how the PIN for refunds stands. */
        TillList: {
            tills: components["schemas"]["TillView"][];
            pin_set: boolean;
            pin_locked: boolean;
        };
        /** @description A session of the till with its `token`, and the `till_token` that the device keeps from now on in place of the old one. */
        TillOpenedView: {
            token: string;
            session: components["schemas"]["StaffSessionView"];
            till: components["schemas"]["TillView"];
            till_token: string;
            unused_days: number;
        };
        TillPinWanted: {
            pin: string;
            password: string;
        };
        TillRefunds: {
            allowed: boolean;
        };
        /** @description What the device was given last. */
        TillShown: {
            till_token: string;
        };
        /** @description One bound device, and when it last showed its secret or was used. */
        TillView: {
            till_id: string;
            name: string;
            /** Format: date-time */
            bound_at: string;
            /** Format: date-time */
            used_at: string;
        };
        /** @description `password` is that of who is signed in, typed again. */
        TillWanted: {
            name: string;
            password: string;
        };
        /**
         * @description One line. `kind` is the ledger's for a move of points (`points` signed, `balance` after it), `exchange` with the
         *     exchange's `state` where it has brought nothing yet, or the kind of an event of the account.
         *
         *     `party` is what the shop or project is called; `reason` why it was done; `made_by` a staff id. A payment or refund names its
         *     `spend_id` (a payment its `way`, `card` for one by card), a grant its `project_id` and its own `grant`, of which `cancellable` points can still be taken back.
         */
        TimelineLine: {
            /** Format: date-time */
            at: string;
            kind: string;
            /** @default null */
            point_service?: string | null;
            /** @default null */
            points?: number | null;
            /** @default null */
            balance?: number | null;
            /** @default null */
            party?: string | null;
            /** @default null */
            partner_id?: string | null;
            /** @default [] */
            issued?: components["schemas"]["LotView"][];
            /** @default null */
            reason?: string | null;
            /** @default null */
            made_by?: string | null;
            /** @default null */
            short_reference?: string | null;
            /** @default null */
            spend_id?: string | null;
            /** @default null */
            way?: string | null;
            /** @default null */
            project_id?: string | null;
            /** @default null */
            grant?: string | null;
            /** @default 0 */
            cancellable?: number;
            /** @default null */
            exchange?: components["schemas"]["SupportExchangeView"] | null;
        };
        /** @description Newest first. `access` and `pay_cards` are null for roles that help nobody at the desk; `owed` is owed of grants that were taken back. */
        TimelineView: {
            mykey_id: string;
            display_name: string;
            balances: components["schemas"]["SupportBalanceView"][];
            owed: number;
            access: components["schemas"]["AccessView"] | null;
            pay_cards: components["schemas"]["PayCardsView"] | null;
            lines: components["schemas"]["TimelineLine"][];
            next_before: number | null;
        };
        /** @description `before` is the `next_before` of the page before. */
        TimelineWanted: {
            mykey_id: string;
            reason: string;
            /** @default null */
            before?: number | null;
            /** @default 50 */
            limit?: number;
        };
        ToMunicipality: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            kind: "municipality";
            municipality: string;
            point_service: string;
        };
        ToReserve: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            kind: "reserve";
        };
        /**
         * @description What the predecessor's system reports; `last_day` is null for points that never expire.
         *
         *     Any day of the month or year where the file's `totals_by` says `month` or `year`.
         */
        TotalWanted: {
            point_service: string;
            /** @default null */
            last_day?: string | null;
            points: number;
        };
        /** @description `address` is what the authenticator app's camera reads as a QR; `seed` is for typing. */
        TotpBegun: {
            seed: string;
            address: string;
        };
        TotpConfirmed: {
            code: string;
        };
        TotpProof: {
            sign_in_token: string;
            code: string;
        };
        /**
         * @description `transfer_on` is the day of a file that is made today without another one.
         *
         *     `send_by` is the last day on which the bank takes a file for it; null where the settings do not say how long it needs.
         *     `is_late`: the cycle's paying day cannot be met any more.
         */
        TransferFileList: {
            files: components["schemas"]["TransferFileView"][];
            /** Format: date */
            transfer_on: string;
            send_by: string | null;
            is_late: boolean;
        };
        /** @description `downloaded` counts its downloads; `downloads` are the last 20 of them, oldest first. */
        TransferFileView: {
            number: number;
            /** Format: date-time */
            made_at: string;
            made_by: string;
            /** Format: date */
            transfer_on: string;
            yen: number;
            send_by: string | null;
            downloaded: number;
            downloads: components["schemas"]["DownloadView"][];
        };
        /** @description `transfer_on` is a bank day for which a file can still be sent; null is the paying day, or the next such day. */
        TransferFileWanted: {
            /** @default null */
            transfer_on?: string | null;
            /** @default false */
            again?: boolean;
            /** @default  */
            reason?: string;
        };
        /** @description What stood in a line that is wrong. */
        TypedCellsView: {
            mykey_id: string;
            points: string;
            note: string;
        };
        UnlockWanted: {
            mykey_id: string;
            reason: string;
        };
        /** @description Unused points of each point service at the end of a day (for 31 March and 30 September). */
        UnusedView: {
            /** Format: date */
            day: string;
            services: components["schemas"]["ServiceBalanceView"][];
            points: number;
        };
        /** @description The text of the QR that the venue shows; it serves on this day only. */
        VenueCode: {
            venue_code: string;
            /** Format: date */
            day: string;
        };
        VenueScanned: {
            venue_code: string;
        };
        /** @description `state_reason`: why it waits for a person, or how it ended. */
        WaitingExchange: {
            exchange_id: string;
            short_reference: string;
            partner_id: string;
            state: string;
            state_reason: string;
            points: number;
            reversed_points: number;
            reference: string;
            attempts: number;
            /** Format: date-time */
            started_at: string;
            sent_at: string | null;
            asked_at: string | null;
            ask_at: string | null;
            ended_at: string | null;
        };
        /** @description `more`: there are others that are not listed. */
        WaitingExchanges: {
            exchanges: components["schemas"]["WaitingExchange"][];
            more: boolean;
        };
        /** @description Another file of the project that is not applied yet, with `points` for `members` of this one. */
        WaitingFileView: {
            file_id: string;
            name: string;
            members: number;
            points: number;
        };
        WalletView: {
            id: string;
            name: components["schemas"]["LabelView"];
        };
        WebhookKeyView: {
            key_id: string;
            direction: string;
            party: string;
            url: string | null;
            /** Format: date-time */
            made_at: string;
            revoked_at: string | null;
        };
        /**
         * @description `direction`: `out` tells a portal how exchanges end, `mailer` tells what members are to be told, `digests` sends each
         *     day's digest; with `in` the partner `party` signs its pushes to us, and `url` is null.
         */
        WebhookWanted: {
            /** @enum {string} */
            direction: "in" | "out" | "mailer" | "digests";
            party: string;
            /** @default null */
            url?: string | null;
            reason: string;
        };
        /** @description The window that begins at this minute in Japan. */
        WindowNamed: {
            starts_at: string;
            reason: string;
        };
        WindowView: {
            /** Format: date-time */
            starts_at: string;
            /** Format: date-time */
            ends_at: string;
            reason: string;
        };
        /** @description Minutes in Japan, such as 2026-12-31T02:00; `ends_at` is not included. */
        WindowWanted: {
            starts_at: string;
            ends_at: string;
            reason: string;
        };
        /** @description A text in three languages; `en` and `easy` (やさしい日本語) are the Japanese where nobody has written them. */
        WordingView: {
            ja: string;
            en: string;
            easy: string;
        };
        /** @description What members lose: a stable word and what pages show. */
        WorseView: {
            word: string;
            ja: string;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    list_sessions: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Sessions"];
                };
            };
        };
    };
    sign_in: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SignIn"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SessionStarted"];
                };
            };
        };
    };
    end_other_sessions: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SessionsEnded"];
                };
            };
        };
    };
    sign_out: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    end_session: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                session_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    me: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MemberView"];
                };
            };
        };
    };
    set_default_municipality: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["DefaultMunicipality"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MemberView"];
                };
            };
        };
    };
    set_language: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["LanguageChosen"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MemberView"];
                };
            };
        };
    };
    change_password: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PasswordChange"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SessionsEnded"];
                };
            };
        };
    };
    check_mykey_id: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["MykeyIdWanted"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ChoiceView"];
                };
            };
        };
    };
    generate_mykey_id: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ChoiceView"];
                };
            };
        };
    };
    change_mykey_id: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["MykeyIdChange"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ChoiceView"];
                };
            };
        };
    };
    revoke_mykey_id: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Revocation"];
            };
        };
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    card_standing: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CardStanding"];
                };
            };
        };
    };
    ask_card: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ChallengeWanted"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ChallengeView"];
                };
            };
        };
    };
    sign_in_by_card: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CardSignIn"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SessionStarted"];
                };
            };
        };
    };
    register_by_card: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CardRegistration"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SessionStarted"];
                };
            };
        };
    };
    relink_card: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CardRelink"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SessionStarted"];
                };
            };
        };
    };
    link_card: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CardLink"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MemberView"];
                };
            };
        };
    };
    set_password_by_card: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PasswordByCard"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SessionsEnded"];
                };
            };
        };
    };
    list_providers: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Providers"];
                };
            };
        };
    };
    begin_oidc: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["OidcBegin"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RedirectView"];
                };
            };
        };
    };
    return_from_oidc: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["OidcReturn"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OidcArrived"];
                };
            };
        };
    };
    register_by_phone: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["OidcRegistration"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SessionStarted"];
                };
            };
        };
    };
    join_phone: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["OidcJoin"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SessionStarted"];
                };
            };
        };
    };
    join_phone_by_card: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["OidcCardJoin"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SessionStarted"];
                };
            };
        };
    };
    link_phone: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["OidcLink"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MemberView"];
                };
            };
        };
    };
    set_password_by_phone: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PasswordByPhone"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SessionsEnded"];
                };
            };
        };
    };
    passkey_support: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PasskeySupport"];
                };
            };
        };
    };
    ask_passkey: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PasskeyAsked"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PasskeyChallengeView"];
                };
            };
        };
    };
    sign_in_by_passkey: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PasskeySignIn"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SessionStarted"];
                };
            };
        };
    };
    begin_member_passkey: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PasskeyChallengeView"];
                };
            };
        };
    };
    add_member_passkey: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["MemberPasskeyMade"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProofView"];
                };
            };
        };
    };
    list_proofs: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Proofs"];
                };
            };
        };
    };
    remove_proof: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ProofRemoval"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SessionsEnded"];
                };
            };
        };
    };
    get_step_up: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StepUpView"];
                };
            };
        };
    };
    set_step_up: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["StepUpWanted"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StepUpView"];
                };
            };
        };
    };
    list_representations: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Representations"];
                };
            };
        };
    };
    begin_acting: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                representation_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ActingStarted"];
                };
            };
        };
    };
    end_representation: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                representation_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    restore_member: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Restoration"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SessionStarted"];
                };
            };
        };
    };
    list_partners: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Partners"];
                };
            };
        };
    };
    list_links: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Links"];
                };
            };
        };
    };
    unlink: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                partner_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    list_exchanges: {
        parameters: {
            query?: {
                before?: string;
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ExchangesPage"];
                };
            };
        };
    };
    start_exchange: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ExchangeStart"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ExchangeView"];
                };
            };
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ExchangeView"];
                };
            };
        };
    };
    complete_return: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                exchange_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ReturnCode"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ExchangeView"];
                };
            };
        };
    };
    offer: {
        parameters: {
            query: {
                destination: "reserve" | "municipality";
                municipality?: string;
                point_service?: string;
            };
            header?: never;
            path: {
                exchange_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OfferView"];
                };
            };
        };
    };
    quote: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                exchange_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["QuoteWanted"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ExchangeView"];
                };
            };
        };
    };
    confirm: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                exchange_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["QuoteConfirmed"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ExchangeView"];
                };
            };
        };
    };
    cancel: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                exchange_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ExchangeView"];
                };
            };
        };
    };
    show_exchange: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                exchange_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ExchangeView"];
                };
            };
        };
    };
    balances: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Balances"];
                };
            };
        };
    };
    reserve_history: {
        parameters: {
            query?: {
                before?: number;
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HistoryPage"];
                };
            };
        };
    };
    municipal_history: {
        parameters: {
            query?: {
                before?: number;
                limit?: number;
            };
            header?: never;
            path: {
                municipality: string;
                point_service: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HistoryPage"];
                };
            };
        };
    };
    event_history: {
        parameters: {
            query?: {
                before?: number;
                limit?: number;
            };
            header?: never;
            path: {
                event_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HistoryPage"];
                };
            };
        };
    };
    allocate: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AllocationWanted"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReceiptView"];
                };
            };
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReceiptView"];
                };
            };
        };
    };
    contribute: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ContributionWanted"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReceiptView"];
                };
            };
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReceiptView"];
                };
            };
        };
    };
    mail_address: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MailView"];
                };
            };
        };
    };
    set_mail_address: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["MailWanted"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MailView"];
                };
            };
        };
    };
    remove_mail_address: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    confirm_mail_address: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["MailToken"];
            };
        };
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    stop_mail: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["MailToken"];
            };
        };
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    list_notices: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Notices"];
                };
            };
        };
    };
    mark_read: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ReadUntil"];
            };
        };
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    list_announcements: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AnnouncementList"];
                };
            };
        };
    };
    list_planned_stops: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PlannedStops"];
                };
            };
        };
    };
    own_record: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MemberRecordView"];
                };
            };
        };
    };
    own_privacy_texts: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PrivacyTextList"];
                };
            };
        };
    };
    municipality_privacy_text: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                municipality: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PrivacyTextView"];
                };
            };
        };
    };
    overview: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Overview"];
                };
            };
        };
    };
    list_prefectures: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Prefectures"];
                };
            };
        };
    };
    list_municipalities: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                prefecture: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Municipalities"];
                };
            };
        };
    };
    list_point_services: {
        parameters: {
            query?: {
                prefecture?: string;
                municipality?: string;
                direct?: boolean;
                name?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PointServices"];
                };
            };
        };
    };
    list_events: {
        parameters: {
            query?: {
                period?: "coming" | "open" | "ended";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Events"];
                };
            };
        };
    };
    get_event: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                event_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EventView"];
                };
            };
        };
    };
    list_problem_types: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProblemTypes"];
                };
            };
        };
    };
    staff_sign_in: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["StaffSignIn"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StaffSessionStarted"];
                };
            };
        };
    };
    staff_prove_by_passkey: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PasskeyProof"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StaffSessionStarted"];
                };
            };
        };
    };
    staff_prove_by_totp: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TotpProof"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StaffSessionStarted"];
                };
            };
        };
    };
    staff_sign_out: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    staff_me: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StaffMe"];
                };
            };
        };
    };
    staff_change_password: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["StaffPasswordChange"];
            };
        };
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    staff_list_sessions: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StaffSessions"];
                };
            };
        };
    };
    staff_end_other_sessions: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StaffSessionsEnded"];
                };
            };
        };
    };
    staff_end_session: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                session_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    staff_begin_passkey: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["StaffPasswordAgain"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PasskeyBegun"];
                };
            };
        };
    };
    staff_add_passkey: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PasskeyMade"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PasskeyView"];
                };
            };
        };
    };
    staff_begin_totp: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["StaffPasswordAgain"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TotpBegun"];
                };
            };
        };
    };
    staff_confirm_totp: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TotpConfirmed"];
            };
        };
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    staff_remove_passkey: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PasskeyRemoval"];
            };
        };
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    staff_remove_totp: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["StaffPasswordAgain"];
            };
        };
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    list_staff: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StaffList"];
                };
            };
        };
    };
    add_staff: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["StaffWanted"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StaffAdded"];
                };
            };
            /** @description Accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProposalView"];
                };
            };
        };
    };
    name_people: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PeopleNamed"];
                };
            };
        };
    };
    change_staff_role: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                staff_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RoleWanted"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StaffView"];
                };
            };
            /** @description Accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProposalView"];
                };
            };
        };
    };
    close_staff: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                staff_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ReasonGiven"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StaffView"];
                };
            };
        };
    };
    reset_staff: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                staff_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ReasonGiven"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StaffAdded"];
                };
            };
            /** @description Accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProposalView"];
                };
            };
        };
    };
    restart_staff: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                staff_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ReasonGiven"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StaffAdded"];
                };
            };
            /** @description Accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProposalView"];
                };
            };
        };
    };
    read_audit: {
        parameters: {
            query?: {
                actor?: string;
                action?: components["schemas"]["AuditAction"];
                subject?: string;
                since?: string;
                until?: string;
                before?: number;
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AuditPage"];
                };
            };
        };
    };
    list_audit_actions: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AuditActions"];
                };
            };
        };
    };
    audit_csv: {
        parameters: {
            query?: {
                actor?: string;
                action?: components["schemas"]["AuditAction"];
                subject?: string;
                since?: string;
                until?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/csv": unknown;
                };
            };
        };
    };
    verify_audit: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AuditVerified"];
                };
            };
        };
    };
    get_privacy_text: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CityPrivacyTextView"];
                };
            };
        };
    };
    change_privacy_text: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PrivacyTextWanted"];
            };
        };
        responses: {
            /** @description Accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProposalView"];
                };
            };
        };
    };
    list_city_point_services: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CityPointServices"];
                };
            };
        };
    };
    add_city_point_service: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PointServiceWanted"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CityPointService"];
                };
            };
        };
    };
    put_city_point_service_reading: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                point_service: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ReadingWanted"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CityPointService"];
                };
            };
        };
    };
    close_city_point_service: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                point_service: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ReasonGiven"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CityPointService"];
                };
            };
        };
    };
    reopen_city_point_service: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                point_service: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ReasonGiven"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CityPointService"];
                };
            };
        };
    };
    point_service_rules: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                municipality: string;
                point_service: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Rules"];
                };
            };
        };
    };
    city_rules: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                point_service: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Rules"];
                };
            };
        };
    };
    announce_rule: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                point_service: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RuleWanted"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Rules"];
                };
            };
            /** @description Accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProposalView"];
                };
            };
        };
    };
    withdraw_rule: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                point_service: string;
                version: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ReasonGiven"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Rules"];
                };
            };
            /** @description Accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProposalView"];
                };
            };
        };
    };
    city_member: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                mykey_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CityMemberView"];
                };
            };
        };
    };
    list_projects: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Projects"];
                };
            };
        };
    };
    add_project: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ProjectWanted"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProjectView"];
                };
            };
            /** @description Accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProposalView"];
                };
            };
        };
    };
    get_project: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProjectView"];
                };
            };
        };
    };
    change_project_budget: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["BudgetWanted"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProjectView"];
                };
            };
            /** @description Accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProposalView"];
                };
            };
        };
    };
    set_project_open: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["OpenWanted"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProjectView"];
                };
            };
        };
    };
    project_venue_code: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VenueCode"];
                };
            };
        };
    };
    list_grants: {
        parameters: {
            query?: {
                mykey_id?: string;
                since?: string;
                until?: string;
                after?: string;
                limit?: number;
            };
            header?: never;
            path: {
                project_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["GrantList"];
                };
            };
        };
    };
    grant_to_one: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["GrantWanted"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["GrantedView"];
                };
            };
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["GrantedView"];
                };
            };
            /** @description Accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProposalView"];
                };
            };
        };
    };
    grant_at_venue: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["VenueScanned"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["GrantedView"];
                };
            };
        };
    };
    grants_csv: {
        parameters: {
            query?: {
                since?: string;
                until?: string;
            };
            header?: never;
            path: {
                project_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/csv": unknown;
                };
            };
        };
    };
    cancel_grant: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CancellationWanted"];
            };
        };
        responses: {
            /** @description Accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProposalView"];
                };
            };
        };
    };
    correct_balance: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                mykey_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CorrectionWanted"];
            };
        };
        responses: {
            /** @description Accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProposalView"];
                };
            };
        };
    };
    upload_grants: {
        parameters: {
            query: {
                name: string;
                mykey_id_column?: string;
                points_column?: string;
                note_column?: string;
                keep?: string;
                once?: string;
                points_for_all?: number;
            };
            header?: never;
            path: {
                project_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "text/csv": unknown;
                "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": unknown;
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["FileView"];
                };
            };
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["FileView"];
                };
            };
        };
    };
    list_files: {
        parameters: {
            query?: {
                project_id?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Files"];
                };
            };
        };
    };
    get_file: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                file_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["FileView"];
                };
            };
        };
    };
    file_lines: {
        parameters: {
            query?: {
                faults_only?: boolean;
                after?: number;
                limit?: number;
            };
            header?: never;
            path: {
                file_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["FileLines"];
                };
            };
        };
    };
    file_report: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                file_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/csv": unknown;
                };
            };
        };
    };
    file_report_workbook: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                file_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": unknown;
                };
            };
        };
    };
    cancel_file: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                file_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ReasonGiven"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["FileView"];
                };
            };
        };
    };
    file_granted_before: {
        parameters: {
            query?: {
                limit?: number;
            };
            header?: never;
            path: {
                file_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["FileOverlapView"];
                };
            };
        };
    };
    claim_carry_in: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ClaimWanted"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ClaimedView"];
                };
            };
        };
    };
    propose_carry_in_join: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["JoinWanted"];
            };
        };
        responses: {
            /** @description Accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProposalView"];
                };
            };
        };
    };
    list_carry_ins: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CarryInList"];
                };
            };
        };
    };
    upload_carry_in: {
        parameters: {
            query: {
                name: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "text/csv": unknown;
                "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": unknown;
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CarryInView"];
                };
            };
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CarryInView"];
                };
            };
        };
    };
    get_carry_in: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                file_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CarryInView"];
                };
            };
        };
    };
    carry_in_lines: {
        parameters: {
            query?: {
                faults_only?: boolean;
                after?: number;
                limit?: number;
            };
            header?: never;
            path: {
                file_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CarryInLines"];
                };
            };
        };
    };
    carry_in_report: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                file_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/csv": unknown;
                };
            };
        };
    };
    propose_carry_in: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                file_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CarryInProposal"];
            };
        };
        responses: {
            /** @description Accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProposalView"];
                };
            };
        };
    };
    cancel_carry_in: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                file_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ReasonGiven"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CarryInView"];
                };
            };
        };
    };
    reconcile_carry_in: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                file_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReconciliationView"];
                };
            };
        };
    };
    reconciliation_of_carry_in: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                file_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/csv": unknown;
                };
            };
        };
    };
    get_grantee: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project_id: string;
                mykey_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["GranteeView"];
                };
            };
        };
    };
    list_city_events: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CityEvents"];
                };
            };
        };
    };
    plan_event: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["EventWanted"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CityEventView"];
                };
            };
        };
    };
    get_city_event: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                event_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CityEventView"];
                };
            };
        };
    };
    change_event: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                event_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["EventChanged"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CityEventView"];
                };
            };
        };
    };
    show_event: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                event_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ReasonGiven"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CityEventView"];
                };
            };
        };
    };
    end_event: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                event_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ReasonGiven"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CityEventView"];
                };
            };
        };
    };
    list_own_people: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ShopPeople"];
                };
            };
        };
    };
    set_till_refunds: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TillRefunds"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ShopView"];
                };
            };
        };
    };
    own_report: {
        parameters: {
            query: {
                since: string;
                until: string;
                by?: "day" | "month";
                shop_id?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ShopReportView"];
                };
            };
        };
    };
    own_report_csv: {
        parameters: {
            query: {
                since: string;
                until: string;
                by?: "day" | "month";
                shop_id?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/csv": unknown;
                };
            };
        };
    };
    list_own_tills: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TillList"];
                };
            };
        };
    };
    bind_till: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TillWanted"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TillBound"];
                };
            };
        };
    };
    end_own_till: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                till_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    set_till_pin: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TillPinWanted"];
            };
        };
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    remove_till_pin: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    open_till: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TillShown"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TillOpenedView"];
                };
            };
        };
    };
    list_shop_tills: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                shop_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TillList"];
                };
            };
        };
    };
    end_shop_till: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                shop_id: string;
                till_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TillEnding"];
            };
        };
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    list_companies: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CompaniesView"];
                };
            };
        };
    };
    set_company: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                company_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CompanyWanted"];
            };
        };
        responses: {
            /** @description Accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProposalView"];
                };
            };
        };
    };
    shops_worked_at: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ShopsWorkedAt"];
                };
            };
        };
    };
    choose_shop: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ShopChosen"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StaffSessionStarted"];
                };
            };
        };
    };
    own_company: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CompanyView"];
                };
            };
        };
    };
    company_report: {
        parameters: {
            query: {
                since: string;
                until: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CompanyReportView"];
                };
            };
        };
    };
    company_report_file: {
        parameters: {
            query: {
                since: string;
                until: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/csv": unknown;
                };
            };
        };
    };
    company_settlements: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CompanyCycles"];
                };
            };
        };
    };
    company_statement_file: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                starts_on: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/csv": unknown;
                };
            };
        };
    };
    company_statement_paper: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                starts_on: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/pdf": unknown;
                };
            };
        };
    };
    export_shops: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/csv": unknown;
                };
            };
        };
    };
    propose_shop_list: {
        parameters: {
            query: {
                name: string;
                seen: string;
                reason?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "text/csv": unknown;
                "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": unknown;
            };
        };
        responses: {
            /** @description Accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProposalView"];
                };
            };
        };
    };
    check_shop_list: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "text/csv": unknown;
                "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": unknown;
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ShopListView"];
                };
            };
        };
    };
    shop_list_report: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "text/csv": unknown;
                "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": unknown;
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/csv": unknown;
                };
            };
        };
    };
    list_proposed_shops: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                proposal_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProposedShops"];
                };
            };
        };
    };
    list_city_shops: {
        parameters: {
            query?: {
                closed?: boolean;
                named?: string;
                after?: string;
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ShopsPage"];
                };
            };
        };
    };
    register_shop: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ShopWanted"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ShopView"];
                };
            };
        };
    };
    get_shop: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                shop_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ShopView"];
                };
            };
        };
    };
    change_shop: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                shop_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ShopChanged"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ShopView"];
                };
            };
        };
    };
    close_shop: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                shop_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ReasonGiven"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ShopView"];
                };
            };
        };
    };
    reopen_shop: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                shop_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ReasonGiven"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ShopView"];
                };
            };
        };
    };
    city_shop_code: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                shop_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ShopCodeView"];
                };
            };
        };
    };
    list_shop_staff: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                shop_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StaffList"];
                };
            };
        };
    };
    add_shop_staff: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                shop_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ShopPersonWanted"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StaffAdded"];
                };
            };
            /** @description Accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProposalView"];
                };
            };
        };
    };
    reset_shop_staff: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                shop_id: string;
                staff_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ReasonGiven"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StaffAdded"];
                };
            };
            /** @description Accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProposalView"];
                };
            };
        };
    };
    municipality_shop_terms: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                municipality: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ShopTermsView"];
                };
            };
        };
    };
    apply_as_shop: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                municipality: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ApplicationWanted"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ApplicationAdded"];
                };
            };
        };
    };
    view_own_application: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ApplicantSecret"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ApplicationView"];
                };
            };
        };
    };
    resubmit_own_application: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ApplicationResubmitted"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ApplicationView"];
                };
            };
        };
    };
    withdraw_own_application: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ApplicantSecret"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ApplicationView"];
                };
            };
        };
    };
    list_shop_applications: {
        parameters: {
            query?: {
                state?: "open" | "submitted" | "sent_back" | "withdrawn" | "refused" | "accepted";
                after?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ApplicationList"];
                };
            };
        };
    };
    get_shop_application: {
        parameters: {
            query?: {
                duplicates?: boolean;
            };
            header?: never;
            path: {
                number: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ExaminedApplicationView"];
                };
            };
        };
    };
    send_back_shop_application: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                number: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ApplicationDecision"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ApplicationView"];
                };
            };
        };
    };
    refuse_shop_application: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                number: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ApplicationDecision"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ApplicationView"];
                };
            };
        };
    };
    accept_shop_application: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                number: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AcceptanceWanted"];
            };
        };
        responses: {
            /** @description Accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProposalView"];
                };
            };
        };
    };
    get_shop_terms: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ShopTermsView"];
                };
            };
        };
    };
    set_shop_terms: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TermsWanted"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ShopTermsView"];
                };
            };
        };
    };
    list_city_announcements: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CityAnnouncements"];
                };
            };
        };
    };
    publish_announcement: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AnnouncementWanted"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CityAnnouncementView"];
                };
            };
            /** @description Accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProposalView"];
                };
            };
        };
    };
    withdraw_announcement: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                announcement_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ReasonGiven"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CityAnnouncementView"];
                };
            };
        };
    };
    list_shop_announcements: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AnnouncementList"];
                };
            };
        };
    };
    list_platform_stops: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CityAnnouncements"];
                };
            };
        };
    };
    plan_stop: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["StopWanted"];
            };
        };
        responses: {
            /** @description Accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProposalView"];
                };
            };
        };
    };
    withdraw_stop: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                announcement_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ReasonGiven"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CityAnnouncementView"];
                };
            };
        };
    };
    get_shop_bank: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                shop_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BankOf"];
                };
            };
        };
    };
    set_shop_bank: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                shop_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["BankAccountWanted"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BankOf"];
                };
            };
            /** @description Accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProposalView"];
                };
            };
        };
    };
    get_payer: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PayerOf"];
                };
            };
        };
    };
    set_payer: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PayerWanted"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PayerOf"];
                };
            };
            /** @description Accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProposalView"];
                };
            };
        };
    };
    list_bank_results: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                starts_on: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BankResultFiles"];
                };
            };
        };
    };
    upload_bank_result: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                starts_on: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/octet-stream": unknown;
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BankResultOf"];
                };
            };
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BankResultOf"];
                };
            };
        };
    };
    get_bank_result: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                starts_on: string;
                number: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BankResultOf"];
                };
            };
        };
    };
    record_bank_result: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                starts_on: string;
                number: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RecordingWanted"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ResultRecordedView"];
                };
            };
        };
    };
    get_settlement_settings: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SettlementSettingsView"];
                };
            };
        };
    };
    change_settlement_settings: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SettlementSettingsWanted"];
            };
        };
        responses: {
            /** @description Accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProposalView"];
                };
            };
        };
    };
    list_own_notices: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AccountNoticeList"];
                };
            };
        };
    };
    answer_notice: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                notice_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NoticeAnswer"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AccountNoticeView"];
                };
            };
        };
    };
    list_account_notices: {
        parameters: {
            query?: {
                shop_id?: string;
                state?: "waiting" | "confirmed" | "disputed";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AccountNoticeList"];
                };
            };
        };
    };
    city_spend: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                spend_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CitySpend"];
                };
            };
        };
    };
    city_refund: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                spend_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RefundWanted"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["GivenBackView"];
                };
            };
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["GivenBackView"];
                };
            };
            /** @description Accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProposalView"];
                };
            };
        };
    };
    list_shop_debts: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ShopDebts"];
                };
            };
        };
    };
    end_shop_debt: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["DebtEndWanted"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DebtEnded"];
                };
            };
            /** @description Accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProposalView"];
                };
            };
        };
    };
    list_cycle_debts: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                starts_on: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CycleDebts"];
                };
            };
        };
    };
    list_settlements: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CyclesList"];
                };
            };
        };
    };
    get_settlement: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                starts_on: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SettlementView"];
                };
            };
        };
    };
    get_settlement_csv: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                starts_on: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/csv": unknown;
                };
            };
        };
    };
    get_settlement_journal: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                starts_on: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/csv": unknown;
                };
            };
        };
    };
    get_settlement_pdf: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                starts_on: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/pdf": unknown;
                };
            };
        };
    };
    close_settlement: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                starts_on: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ReasonGiven"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SettlementView"];
                };
            };
            /** @description Accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProposalView"];
                };
            };
        };
    };
    get_corrections: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                starts_on: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CorrectionsList"];
                };
            };
        };
    };
    get_corrections_csv: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                starts_on: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/csv": unknown;
                };
            };
        };
    };
    city_statement: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                starts_on: string;
                shop_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StatementView"];
                };
            };
        };
    };
    city_statement_csv: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                starts_on: string;
                shop_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/csv": unknown;
                };
            };
        };
    };
    city_statement_pdf: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                starts_on: string;
                shop_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/pdf": unknown;
                };
            };
        };
    };
    own_shop: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OwnShopView"];
                };
            };
        };
    };
    own_shop_code: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ShopCodeView"];
                };
            };
        };
    };
    shop_day: {
        parameters: {
            query?: {
                day?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ShopDay"];
                };
            };
        };
    };
    take_points: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SpendTaken"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TakenView"];
                };
            };
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TakenView"];
                };
            };
        };
    };
    shop_spend: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                spend_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ShopSpendView"];
                };
            };
        };
    };
    shop_refund: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                spend_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ShopRefund"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["GivenBackView"];
                };
            };
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["GivenBackView"];
                };
            };
        };
    };
    shop_settlements: {
        parameters: {
            query?: {
                shop_id?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ShopCycles"];
                };
            };
        };
    };
    shop_statement: {
        parameters: {
            query?: {
                shop_id?: string;
            };
            header?: never;
            path: {
                starts_on: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StatementView"];
                };
            };
        };
    };
    shop_statement_csv: {
        parameters: {
            query?: {
                shop_id?: string;
            };
            header?: never;
            path: {
                starts_on: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/csv": unknown;
                };
            };
        };
    };
    shop_statement_pdf: {
        parameters: {
            query?: {
                shop_id?: string;
            };
            header?: never;
            path: {
                starts_on: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/pdf": unknown;
                };
            };
        };
    };
    member_references: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                reference: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MemberReferences"];
                };
            };
        };
    };
    shop_references: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                reference: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ShopReferences"];
                };
            };
        };
    };
    city_references: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                reference: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CityReferences"];
                };
            };
        };
    };
    propose_representative: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RepresentativeWanted"];
            };
        };
        responses: {
            /** @description Accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProposalView"];
                };
            };
        };
    };
    list_representatives: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["MemberNamed"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CityRepresentations"];
                };
            };
        };
    };
    end_representative: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                representation_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ReasonGiven"];
            };
        };
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    search_by_reference: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ReferenceSearch"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Matches"];
                };
            };
        };
    };
    search_by_payment: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PaymentSearch"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Matches"];
                };
            };
        };
    };
    member_timeline: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TimelineWanted"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TimelineView"];
                };
            };
        };
    };
    unlock_member: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UnlockWanted"];
            };
        };
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    propose_member_access: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UnlockWanted"];
            };
        };
        responses: {
            /** @description Accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProposalView"];
                };
            };
        };
    };
    issue_pay_cards: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CardsWanted"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["IssueView"];
                };
            };
        };
    };
    print_pay_cards: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SheetsWanted"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/pdf": unknown;
                };
            };
        };
    };
    stop_pay_card: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CardStopWanted"];
            };
        };
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    set_pay_card_pin: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CardPinWanted"];
            };
        };
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    get_pay_card_limits: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CardLimitsView"];
                };
            };
        };
    };
    change_pay_card_limits: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CardLimitsWanted"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CardLimitsView"];
                };
            };
            /** @description Accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProposalView"];
                };
            };
        };
    };
    list_places: {
        parameters: {
            query: {
                municipality: string;
                name?: string;
                after?: string;
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PlacesPage"];
                };
            };
        };
    };
    make_pay_code: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PayCodeWanted"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PayCodeView"];
                };
            };
        };
    };
    pay_code_state: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                digits: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PayCodeState"];
                };
            };
        };
    };
    read_shop_code: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ShopCodeScanned"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PlaceView"];
                };
            };
        };
    };
    list_spends: {
        parameters: {
            query?: {
                before?: number;
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Spends"];
                };
            };
        };
    };
    pay_shop: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SpendWanted"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PaidView"];
                };
            };
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PaidView"];
                };
            };
        };
    };
    get_spend: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                spend_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PaidView"];
                };
            };
        };
    };
    list_expiries: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                municipality: string;
                point_service: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Expiries"];
                };
            };
        };
    };
    city_figures: {
        parameters: {
            query: {
                since: string;
                until: string;
                point_service?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DayFigures"];
                };
            };
        };
    };
    city_figures_csv: {
        parameters: {
            query: {
                since: string;
                until: string;
                point_service?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/csv": unknown;
                };
            };
        };
    };
    city_totals_by_day: {
        parameters: {
            query: {
                since: string;
                until: string;
                point_service?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DayTotals"];
                };
            };
        };
    };
    city_totals_by_party: {
        parameters: {
            query: {
                since: string;
                until: string;
                point_service?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PartyTotals"];
                };
            };
        };
    };
    city_issue_months: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                point_service: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MonthsOfIssue"];
                };
            };
        };
    };
    city_expiring: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                point_service: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ExpiringList"];
                };
            };
        };
    };
    city_open_exchanges: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OpenExchangesList"];
                };
            };
        };
    };
    city_issues: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                point_service: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["IssueFigures"];
                };
            };
        };
    };
    city_partners: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CityPartners"];
                };
            };
        };
    };
    city_unused: {
        parameters: {
            query: {
                day: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UnusedView"];
                };
            };
        };
    };
    city_unused_csv: {
        parameters: {
            query: {
                day: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/csv": unknown;
                };
            };
        };
    };
    city_issues_csv: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                point_service: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/csv": unknown;
                };
            };
        };
    };
    get_issuer: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                point_service: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["IssuerView"];
                };
            };
        };
    };
    put_issuer: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                point_service: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["IssuerWanted"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["IssuerView"];
                };
            };
        };
    };
    half_year_report: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                base_day: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HalfYears"];
                };
            };
        };
    };
    half_year_csv: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                base_day: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/csv": unknown;
                };
            };
        };
    };
    partner_settlements: {
        parameters: {
            query: {
                year: number;
                month: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PartnerMonths"];
                };
            };
        };
    };
    partner_invoice: {
        parameters: {
            query: {
                year: number;
                month: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/csv": unknown;
                };
            };
        };
    };
    platform_exchanges: {
        parameters: {
            query?: {
                state?: "sending" | "open" | "needs_a_person" | "settled" | "declined" | "not_sent";
                partner_id?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WaitingExchanges"];
                };
            };
        };
    };
    platform_exchange: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                exchange: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ExchangeStory"];
                };
            };
        };
    };
    ask_about_exchange: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                exchange: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ExchangeStory"];
                };
            };
        };
    };
    propose_outcome: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                exchange: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["OutcomeWanted"];
            };
        };
        responses: {
            /** @description Accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProposalView"];
                };
            };
        };
    };
    propose_reversal: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                exchange: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ReversalWanted"];
            };
        };
        responses: {
            /** @description Accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProposalView"];
                };
            };
        };
    };
    propose_reversal_outcome: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                exchange: string;
                reversal_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ReversalOutcomeWanted"];
            };
        };
        responses: {
            /** @description Accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProposalView"];
                };
            };
        };
    };
    platform_partners: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PartnerStandings"];
                };
            };
        };
    };
    pause_partner: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                partner_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ReasonGiven"];
            };
        };
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    propose_resumption: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                partner_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ReasonGiven"];
            };
        };
        responses: {
            /** @description Accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProposalView"];
                };
            };
        };
    };
    days_with_differences: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DaysWithDifferences"];
                };
            };
        };
    };
    propose_closing: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["DifferenceClosed"];
            };
        };
        responses: {
            /** @description Accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProposalView"];
                };
            };
        };
    };
    compare_day: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["DayCompared"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Comparison"];
                };
            };
        };
    };
    propose_merge: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["MergeWanted"];
            };
        };
        responses: {
            /** @description Accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProposalView"];
                };
            };
        };
    };
    propose_erasure: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ErasureWanted"];
            };
        };
        responses: {
            /** @description Accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProposalView"];
                };
            };
        };
    };
    propose_rectification: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RectificationWanted"];
            };
        };
        responses: {
            /** @description Accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProposalView"];
                };
            };
        };
    };
    announce_maintenance: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                partner_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["WindowWanted"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WindowView"];
                };
            };
            /** @description Accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProposalView"];
                };
            };
        };
    };
    propose_maintenance_withdrawal: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                partner_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["WindowNamed"];
            };
        };
        responses: {
            /** @description Accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProposalView"];
                };
            };
        };
    };
    change_pace: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                partner_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PaceWanted"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PaceView"];
                };
            };
            /** @description Accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProposalView"];
                };
            };
        };
    };
    platform_keys: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["KeyList"];
                };
            };
        };
    };
    propose_client_key: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ClientKeyWanted"];
            };
        };
        responses: {
            /** @description Accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProposalView"];
                };
            };
        };
    };
    revoke_client_key: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                key_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ReasonGiven"];
            };
        };
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    propose_webhook_key: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["WebhookWanted"];
            };
        };
        responses: {
            /** @description Accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProposalView"];
                };
            };
        };
    };
    revoke_webhook_key: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                key_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ReasonGiven"];
            };
        };
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    list_proposals: {
        parameters: {
            query?: {
                state?: "waiting" | "carried_out" | "sent_back" | "withdrawn" | "expired" | "ended";
                after?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProposalList"];
                };
            };
        };
    };
    get_proposal: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                proposal_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProposalView"];
                };
            };
        };
    };
    approve_proposal: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                proposal_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Approval"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DecisionView"];
                };
            };
        };
    };
    send_back_proposal: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                proposal_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ReasonGiven"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProposalView"];
                };
            };
        };
    };
    withdraw_proposal: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                proposal_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ReasonGiven"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProposalView"];
                };
            };
        };
    };
    list_deed_rules: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DeedRuleList"];
                };
            };
        };
    };
    propose_deed_rule: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                deed: "grant" | "grant_file" | "carry_in" | "carry_in_join" | "grant_cancel" | "correction" | "project" | "budget" | "refund" | "shop_account" | "payer_account" | "closing" | "transfer_file" | "payout" | "shop_debt" | "settlement_settings" | "privacy_text" | "staff" | "role" | "reset" | "restart" | "rule" | "rule_withdrawal" | "shop_staff" | "shop_reset" | "shop_application" | "shop_list" | "company" | "member_access" | "representative" | "card_limits" | "announcement" | "deed_rule";
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["DeedRuleWanted"];
            };
        };
        responses: {
            /** @description Accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProposalView"];
                };
            };
        };
    };
    list_staff_changes: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StaffChangeList"];
                };
            };
        };
    };
    list_transfer_files: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                starts_on: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TransferFileList"];
                };
            };
        };
    };
    make_transfer_file: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                starts_on: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TransferFileWanted"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TransferFileView"];
                };
            };
            /** @description Accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProposalView"];
                };
            };
        };
    };
    download_transfer_file: {
        parameters: {
            query?: {
                seen?: number;
            };
            header?: never;
            path: {
                starts_on: string;
                number: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/octet-stream": unknown;
                };
            };
        };
    };
    list_payouts: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                starts_on: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PayoutList"];
                };
            };
        };
    };
    record_payout: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                starts_on: string;
                shop_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PayoutWanted"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PayoutRecorded"];
                };
            };
            /** @description Accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProposalView"];
                };
            };
        };
    };
}
