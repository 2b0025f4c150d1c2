"""Staff of cities and shops: signing in, one's own second factor, keeping the staff, and the audit log.

No address names a municipality: a staff session sees its own city's rows and no other's.
"""

from __future__ import annotations

from gateway.api.city import staff_requests as asked
from gateway.api.city import staff_responses as views
from gateway.http.authentication import AuthLevel, bearer_token
from gateway.http.routing import Api, TypedRequest, TypedResponse
from gateway.platform import audit_log
from gateway.platform.roles import Action, Role
from gateway.services import Services

api = Api()
STARTED = {201: views.StaffSessionStarted}


@api.post(
    "/v1/staff/sessions",
    tag="staff",
    caller=AuthLevel.CLIENT,
    body=asked.StaffSignIn,
    returns=STARTED,
    refuses=("sign-in-refused", "sign-in-locked"),
)
async def staff_sign_in(call: TypedRequest[asked.StaffSignIn, Services]) -> TypedResponse:
    """Sign staff in by login and password; where a second factor is set up, this is half of it."""
    found = await call.services.city.staff.sign_in(
        call.body.login, call.body.password, client_id=call.client_id
    )
    return TypedResponse(201, views.StaffSessionStarted.of(found))


@api.post(
    "/v1/staff/sessions/passkey",
    tag="staff",
    caller=AuthLevel.CLIENT,
    body=asked.PasskeyProof,
    returns=STARTED,
    refuses=("sign-in-ended", "second-factor-wrong"),
)
async def staff_prove_by_passkey(call: TypedRequest[asked.PasskeyProof, Services]) -> TypedResponse:
    """Complete a sign-in with what `navigator.credentials.get` gave for `passkey_options`."""
    signed_in = await call.services.city.staff.prove_by_passkey(
        call.body.sign_in_token, call.body.credential.plain(), client_id=call.client_id
    )
    return TypedResponse(201, views.StaffSessionStarted.of(signed_in))


@api.post(
    "/v1/staff/sessions/totp",
    tag="staff",
    caller=AuthLevel.CLIENT,
    body=asked.TotpProof,
    returns=STARTED,
    refuses=("sign-in-ended", "second-factor-wrong", "sign-in-locked"),
)
async def staff_prove_by_totp(call: TypedRequest[asked.TotpProof, Services]) -> TypedResponse:
    """Complete a sign-in with the six digits of the authenticator app."""
    signed_in = await call.services.city.staff.prove_by_totp(
        call.body.sign_in_token, call.body.code, client_id=call.client_id
    )
    return TypedResponse(201, views.StaffSessionStarted.of(signed_in))


@api.delete(
    "/v1/staff/sessions/current",
    tag="staff",
    caller=AuthLevel.STAFF,
    action=Action.OWN_ACCOUNT,
    returns={204: None},
)
async def staff_sign_out(call: TypedRequest[None, Services]) -> TypedResponse:
    """Sign out: the token is worthless from now on."""
    await call.services.city.staff.sign_out(bearer_token(call.request), client_id=call.client_id)
    return TypedResponse(204)


@api.get(
    "/v1/staff/me",
    tag="staff",
    caller=AuthLevel.STAFF,
    action=Action.OWN_ACCOUNT,
    returns={200: views.StaffMe},
    refuses=("unknown-staff",),
)
async def staff_me(call: TypedRequest[None, Services]) -> TypedResponse:
    """Who is signed in, what this role may do, and which second factors are set up."""
    person, passkeys = await call.services.city.staff.profile(call.staff)
    return TypedResponse(
        200,
        views.StaffMe(
            session=views.StaffSessionView.of(call.staff),
            has_totp=person.has_totp,
            passkeys=[views.PasskeyView.of(one) for one in passkeys],
        ),
    )


@api.put(
    "/v1/staff/me/password",
    tag="staff",
    caller=AuthLevel.STAFF,
    action=Action.OWN_ACCOUNT,
    body=asked.StaffPasswordChange,
    returns={204: None},
    refuses=("current-password-wrong", "password-unfit", "sign-in-locked"),
)
async def staff_change_password(call: TypedRequest[asked.StaffPasswordChange, Services]) -> TypedResponse:
    """Change one's own password. All other sessions end."""
    await call.services.city.staff.change_password(call.staff, call.body.current, call.body.new)
    return TypedResponse(204)


@api.post(
    "/v1/staff/me/passkeys/begin",
    tag="staff",
    caller=AuthLevel.STAFF,
    action=Action.SECOND_FACTOR,
    returns={200: views.PasskeyBegun},
    refuses=("unknown-staff",),
)
async def staff_begin_passkey(call: TypedRequest[None, Services]) -> TypedResponse:
    """Begin to make a passkey: give `options` to `navigator.credentials.create`."""
    return TypedResponse(200, views.PasskeyBegun.of(await call.services.city.staff.begin_passkey(call.staff)))


@api.post(
    "/v1/staff/me/passkeys",
    tag="staff",
    caller=AuthLevel.STAFF,
    action=Action.SECOND_FACTOR,
    body=asked.PasskeyMade,
    returns={201: views.PasskeyView},
    refuses=("sign-in-ended", "second-factor-wrong", "unknown-staff"),
)
async def staff_add_passkey(call: TypedRequest[asked.PasskeyMade, Services]) -> TypedResponse:
    """Keep the passkey that the browser made; from now on it is asked for at sign-in."""
    made = await call.services.city.staff.add_passkey(
        call.staff, call.body.token, call.body.credential.plain(), call.body.name
    )
    return TypedResponse(201, views.PasskeyView.of(made))


@api.post(
    "/v1/staff/me/totp/begin",
    tag="staff",
    caller=AuthLevel.STAFF,
    action=Action.SECOND_FACTOR,
    returns={200: views.TotpBegun},
    refuses=("second-factor-exists", "unknown-staff"),
)
async def staff_begin_totp(call: TypedRequest[None, Services]) -> TypedResponse:
    """Make a seed for an authenticator app; it counts once a code has confirmed it."""
    seed, address = await call.services.city.staff.begin_totp(call.staff)
    return TypedResponse(200, views.TotpBegun(seed=seed.reveal(), address=address))


@api.post(
    "/v1/staff/me/totp",
    tag="staff",
    caller=AuthLevel.STAFF,
    action=Action.SECOND_FACTOR,
    body=asked.TotpConfirmed,
    returns={204: None},
    refuses=("second-factor-exists", "second-factor-wrong", "sign-in-locked", "unknown-staff"),
)
async def staff_confirm_totp(call: TypedRequest[asked.TotpConfirmed, Services]) -> TypedResponse:
    """Show by a code that the app was set up; from now on codes are asked for at sign-in."""
    await call.services.city.staff.confirm_totp(call.staff, call.body.code)
    return TypedResponse(204)


# --- the city's staff ---------------------------------------------------------------------------------------------


@api.get(
    "/v1/city/staff",
    tag="city staff",
    caller=AuthLevel.STAFF,
    action=Action.KEEP_STAFF,
    returns={200: views.StaffList},
)
async def list_staff(call: TypedRequest[None, Services]) -> TypedResponse:
    """Everybody on the city's staff and its shops' people, closed ones included."""
    found = await call.services.city.staff.people(call.staff)
    return TypedResponse(200, views.StaffList(staff=[views.StaffView.of(one) for one in found]))


@api.get(
    "/v1/city/people",
    tag="city staff",
    caller=AuthLevel.STAFF,
    action=Action.SEE,
    returns={200: views.PeopleNamed},
)
async def name_people(call: TypedRequest[None, Services]) -> TypedResponse:
    """The names behind staff ids, as files, settlements and refunds tell who did it; nothing else about anybody."""
    found = await call.services.city.staff.people(call.staff)
    return TypedResponse(
        200,
        views.PeopleNamed(
            people=[views.PersonNamed(staff_id=one.staff_id, display_name=one.display_name) for one in found]
        ),
    )


@api.post(
    "/v1/city/staff",
    tag="city staff",
    caller=AuthLevel.STAFF,
    action=Action.KEEP_STAFF,
    body=asked.StaffWanted,
    returns={201: views.StaffAdded},
    refuses=("login-unfit", "login-taken", "role-unfit", "unknown-municipality", "unknown-shop"),
)
async def add_staff(call: TypedRequest[asked.StaffWanted, Services]) -> TypedResponse:
    """Add somebody to the city's staff; the first password is in the answer, this once."""
    person, password = await call.services.city.staff.add(
        call.staff,
        login=call.body.login,
        display_name=call.body.display_name,
        role=Role(call.body.role),
    )
    return TypedResponse(
        201, views.StaffAdded(staff=views.StaffView.of(person), first_password=password.reveal())
    )


@api.put(
    "/v1/city/staff/{staff_id}/role",
    tag="city staff",
    caller=AuthLevel.STAFF,
    action=Action.KEEP_STAFF,
    path=asked.StaffPath,
    body=asked.RoleWanted,
    returns={200: views.StaffView},
    refuses=("unknown-staff", "own-role", "role-unfit", "last-administrator", "reason-missing"),
)
async def change_staff_role(
    call: TypedRequest[asked.RoleWanted, Services, None, asked.StaffPath],
) -> TypedResponse:
    """Give somebody another role; their sessions end."""
    person = await call.services.city.staff.change_role(
        call.staff, call.path.staff_id, Role(call.body.role), call.body.reason
    )
    return TypedResponse(200, views.StaffView.of(person))


@api.post(
    "/v1/city/staff/{staff_id}/closure",
    tag="city staff",
    caller=AuthLevel.STAFF,
    action=Action.KEEP_STAFF,
    path=asked.StaffPath,
    body=asked.ReasonGiven,
    returns={200: views.StaffView},
    refuses=("unknown-staff", "own-role", "last-administrator", "reason-missing"),
)
async def close_staff(
    call: TypedRequest[asked.ReasonGiven, Services, None, asked.StaffPath],
) -> TypedResponse:
    """Let somebody in no more; what they did stays in the log."""
    person = await call.services.city.staff.close(call.staff, call.path.staff_id, call.body.reason)
    return TypedResponse(200, views.StaffView.of(person))


@api.post(
    "/v1/city/staff/{staff_id}/reset",
    tag="city staff",
    caller=AuthLevel.STAFF,
    action=Action.KEEP_STAFF,
    path=asked.StaffPath,
    body=asked.ReasonGiven,
    returns={200: views.StaffAdded},
    refuses=("unknown-staff", "own-role", "reason-missing"),
)
async def reset_staff(
    call: TypedRequest[asked.ReasonGiven, Services, None, asked.StaffPath],
) -> TypedResponse:
    """A phone or password is lost: a new first password; second factors and sessions are gone."""
    person, password = await call.services.city.staff.reset(call.staff, call.path.staff_id, call.body.reason)
    return TypedResponse(
        200, views.StaffAdded(staff=views.StaffView.of(person), first_password=password.reveal())
    )


# --- the audit log ------------------------------------------------------------------------------------------------


@api.get(
    "/v1/city/audit",
    tag="audit",
    caller=AuthLevel.STAFF,
    action=Action.READ_AUDIT,
    query=asked.AuditQuery,
    returns={200: views.AuditPage},
)
async def read_audit(call: TypedRequest[None, Services, asked.AuditQuery]) -> TypedResponse:
    """What the city's staff did, newest first: who, what, to whom, why."""
    query, city = call.query, call.staff.municipality
    lines = await call.services.store.read(
        lambda conn: audit_log.page(conn, city, before=query.before, limit=query.limit)
    )
    more = lines[-1].seq if len(lines) == query.limit and lines[-1].seq > 1 else None
    return TypedResponse(
        200, views.AuditPage(lines=[views.AuditLineView.of(one) for one in lines], next_before=more)
    )


@api.post(
    "/v1/city/audit/verification",
    tag="audit",
    caller=AuthLevel.STAFF,
    action=Action.READ_AUDIT,
    returns={200: views.AuditVerified},
)
async def verify_audit(call: TypedRequest[None, Services]) -> TypedResponse:
    """Read the city's whole log again and compare every hash."""
    city = call.staff.municipality
    faults = await call.services.store.read(lambda conn: audit_log.verify(conn, city))
    return TypedResponse(200, views.AuditVerified.of(faults))
