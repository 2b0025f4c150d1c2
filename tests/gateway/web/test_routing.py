async def test_a_public_route_answers_without_a_signature(site, portal):
    answer = await portal._session().get(site.url + "/v1/greeting")
    assert answer.status == 200
    assert await answer.json() == {"text": "ようこそ"}


async def test_a_member_starts_an_exchange(portal):
    answer = await portal.post(
        "/v1/exchanges", json={"exchange_id": "x-1", "units": 2}, session_token="pgs_hanako"
    )
    assert answer.status == 201
    assert answer.headers["Location"] == "/v1/exchanges/x-1"
    assert (await answer.json())["member_id"] == "hanako"
