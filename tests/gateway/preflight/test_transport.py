"""Nothing leaves the machine in the clear unless the operator has said so by name."""

from __future__ import annotations

import pytest

from gateway.preflight import check_settings, check_transport
from gateway.preflight.transport import is_loopback
from tests.gateway.preflight.conftest import Load, refused, warned

FAR = "postgresql+psycopg://gw@db.example/points"


class TestAddresses:
    @pytest.mark.parametrize(
        ("text", "named"),
        [
            ('[server]\npublic_url = "http://points.example.jp"\n', "[server] public_url"),
            ('[server]\npublic_url = "HTTP://points.example.jp"\n', "[server] public_url"),
            ('[server]\npublic_url = "http://192.0.2.1:8080"\n', "[server] public_url"),
            ('[server]\npublic_url = "http://127.0.0.1.example"\n', "[server] public_url"),
            ('[server]\nhost = "0.0.0.0"\n', "[server] public_url is not set"),
            ('[server]\nhost = "2001:db8::1"\n', "[server] public_url is not set"),
            (
                '[server]\nportal_return_urls = ["http://portal.example/back"]\n',
                "[server] portal_return_urls",
            ),
            ('[municipal]\npublic_url = "http://city.example"\n', "[municipal] public_url"),
            ('[partners.oak]\nbase_url = "http://oak.example"\n', "[partners.oak] base_url"),
            ('[partners.oak]\nurls = { login = "http://oak.example" }\n', "[partners.oak] urls.login"),
            ('[partners.oak]\nhosts = ["https://a.example", "http://b.example"]\n', "[partners.oak] hosts"),
        ],
    )
    def test_plain_http_to_another_machine_is_refused(self, load: Load, text: str, named: str) -> None:
        (sentence,) = refused(check_transport(load(text)))
        assert sentence.startswith(named)
        assert "write https://" in sentence

    @pytest.mark.parametrize(
        "text",
        [
            "",
            '[server]\npublic_url = "http://localhost:8080"\n',
            '[server]\npublic_url = "http://[::1]:8080"\n',
            '[server]\nhost = "0.0.0.0"\npublic_url = "https://points.example.jp"\n',
            '[partners.oak]\nbase_url = "http://127.0.0.1:9"\n',
            '[partners.oak]\nenabled = false\nbase_url = "http://oak.example"\n',
        ],
    )
    def test_this_machine_and_https_are_taken(self, load: Load, text: str) -> None:
        assert refused(check_transport(load(text))) == []

    def test_it_is_allowed_by_name_and_still_said(self, load: Load) -> None:
        findings = check_transport(
            load('[server]\nallow = ["plain-http"]\npublic_url = "http://a.example"\n')
        )
        assert (refused(findings), len(warned(findings))) == ([], 1)

    @pytest.mark.parametrize(
        "host",
        ["localhost", "LOCALHOST.", "a.localhost", "127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"],
    )
    def test_what_is_this_machine(self, host: str) -> None:
        assert is_loopback(host)

    @pytest.mark.parametrize(
        "host", [None, "", "0.0.0.0", "::", "10.0.0.1", "localhost.example", "1270.0.0.1"]
    )
    def test_what_is_not(self, host: str | None) -> None:
        assert not is_loopback(host)


class TestTheDatabase:
    @pytest.mark.parametrize(
        "url",
        [
            FAR,
            f"{FAR}?sslmode=prefer",
            f"{FAR}?sslmode=allow",
            f"{FAR}?sslmode=disable",
            "postgresql+psycopg://gw@/points?host=db1.example:5432&host=db2.example",
            "postgresql+psycopg://gw@/points?host=localhost,db2.example",
            "postgresql+psycopg://gw@localhost/points?hostaddr=192.0.2.7",
            "postgresql+psycopg://gw@192.0.2.7:5432/points",
        ],
    )
    def test_without_tls_it_is_refused(self, load: Load, url: str) -> None:
        (sentence,) = refused(check_transport(load(f'[database]\nurl = "{url}"\n')))
        assert "add ?sslmode=verify-full" in sentence

    @pytest.mark.parametrize(
        "url",
        [
            f"{FAR}?sslmode=verify-full&sslrootcert=ca.pem",
            f"{FAR}?sslmode=verify-ca",
            "postgresql+psycopg://gw@/points",
            "postgresql+psycopg://gw@/points?host=/run/postgresql",
            "postgresql+psycopg://gw@127.0.0.1/points",
            "postgresql+psycopg://gw@localhost:5433/points",
        ],
    )
    def test_with_tls_or_on_this_machine_it_is_taken(
        self, load: Load, monkeypatch: pytest.MonkeyPatch, url: str
    ) -> None:
        for name in ("PGHOST", "PGHOSTADDR", "PGSSLMODE"):
            monkeypatch.delenv(name, raising=False)
        findings = check_transport(load(f'[database]\nurl = "{url}"\n'))
        assert (refused(findings), warned(findings)) == ([], [])

    def test_encryption_without_asking_who_answers_is_a_warning(self, load: Load) -> None:
        (sentence,) = warned(check_transport(load(f'[database]\nurl = "{FAR}?sslmode=require"\n')))
        assert "verify-full" in sentence

    def test_libpqs_own_variables_count(self, load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PGHOST", "db.example")
        url = '[database]\nurl = "postgresql+psycopg://gw@/points"\n'
        assert len(refused(check_transport(load(url)))) == 1
        monkeypatch.setenv("PGSSLMODE", "verify-full")
        assert refused(check_transport(load(url))) == []

    def test_it_is_allowed_by_name(self, load: Load) -> None:
        settings = load(f'[server]\nallow = ["database-without-tls"]\n[database]\nurl = "{FAR}"\n')
        findings = check_transport(settings)
        assert (refused(findings), len(warned(findings))) == ([], 1)

    def test_no_password_stands_in_a_sentence(self, load: Load) -> None:
        url = "postgresql+psycopg://gw:sesame@db.example/points"
        settings = load(env={"POINT_GATEWAY_DATABASE__URL": url})
        sentences = " ".join(finding.sentence for finding in check_settings(settings))
        assert "db.example" in sentences
        assert "sesame" not in sentences
