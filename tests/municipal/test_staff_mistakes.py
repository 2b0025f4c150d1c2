"""What staff mistype, look for and take back: each form says what is wrong beside its field and keeps what was typed."""

from __future__ import annotations

import io
from pathlib import Path

import openpyxl
import pytest
from playwright.sync_api import expect

from gateway.demo.environment import DemoEnvironment
from tests.municipal.conftest import At
from tests.municipal.staffer import Staffer
from tests.municipal.test_city_story import decide, members_of, plan_project, send_file

pytestmark = pytest.mark.xdist_group("browser")


def trouble_of(person: Staffer) -> str:
    return person.page.inner_text("#trouble")


def download(person: Staffer, label: str) -> bytes:
    with person.page.expect_download() as saved:
        person.page.click(f"text={label}")
    return Path(saved.value.path()).read_bytes()


class TestABalance:
    def test_is_corrected_by_two_and_the_log_says_why(self, at: At, filled: DemoEnvironment) -> None:
        operator, member = at("fukushi"), members_of(filled, 3)[2]
        operator.to("/members").fill(mykey_id=member).press("照会する").press("残高を訂正する")
        operator.fill(points="七", reason="窓口での申出").press("提案する")
        assert "数字" in trouble_of(operator)
        assert operator.page.input_value("[name=reason]") == "窓口での申出"
        operator.fill(points="３０").press("提案する")
        colleague = decide(at, operator)
        assert "残高の訂正" in colleague.text()
        log = at("kanri").to("/audit?action=balance+corrected")
        assert "窓口での申出" in log.text("tbody")
        assert member in log.text("tbody")

    def test_of_nobody_is_told_where_the_id_was_typed(self, at: At) -> None:
        operator = at("fukushi").to("/members").fill(mykey_id="ZZZZ9999").press("照会する")
        assert operator.page.input_value("[name=mykey_id]") == "ZZZZ9999"
        assert operator.page.locator("#trouble").is_visible()


class TestTheListOfGrants:
    def test_is_saved_and_searched_by_member_and_days(self, at: At, filled: DemoEnvironment) -> None:
        operator, member = at("fukushi"), members_of(filled, 1)[0]
        plan_project(at, operator, "ichiran", "5000")
        operator.to("/projects/ichiran/grant").fill(mykey_id=member, points="500").press("確認する").press(
            "給付する"
        )
        operator.to("/projects/ichiran/grants").fill(since="2018-07-01", until="2030-01-01").press("絞り込む")
        assert member in operator.text("table")
        operator.fill(until="2018-07-01").press("絞り込む")
        assert "ありません。" in operator.text("tbody")
        assert member in download(operator, "CSVで保存").decode("utf-8-sig")

    def test_says_that_a_member_is_not_known_and_keeps_the_id(self, at: At) -> None:
        operator = at("fukushi").to("/projects/ouen-2018/grants").fill(mykey_id="ZZZZ9999").press("絞り込む")
        assert operator.page.input_value("[name=mykey_id]") == "ZZZZ9999"
        assert operator.page.locator("#trouble").is_visible()

    def test_more_than_was_granted_is_not_taken_back(self, at: At, filled: DemoEnvironment) -> None:
        operator, member = at("fukushi"), members_of(filled, 2)[1]
        plan_project(at, operator, "modosu", "5000")
        operator.to("/projects/modosu/grant").fill(mykey_id=member, points="500").press("確認する").press(
            "給付する"
        )
        operator.to("/projects/modosu/grants").page.locator("table form button").click()
        for points in ("", "501"):
            operator.fill(points=points, reason="入力誤り")
            operator.page.evaluate("document.querySelector('main form.card').noValidate = true")
            operator.press("提案する")
            assert operator.page.input_value("[name=reason]") == "入力誤り"
            assert operator.page.locator("#trouble").is_visible()


class TestAFile:
    def test_that_is_missing_or_has_no_number_for_all_is_told_before_anything_is_sent(
        self, at: At, tmp_path: Path
    ) -> None:
        operator = at("fukushi").to("/projects/ouen-2018/file")
        operator.page.evaluate("document.querySelector('main form.card').noValidate = true")
        operator.press("送って確認する")
        assert operator.page.locator("#trouble").is_visible()
        path = tmp_path / "meibo.csv"
        path.write_text("マイキーID\nZZZZ9999\n", "utf-8")
        operator.to("/projects/ouen-2018/file").page.click("main summary")
        operator.fill(points_for_all="百").page.set_input_files("#file", path)
        operator.press("送って確認する")
        assert operator.page.input_value("[name=points_for_all]") == "百"
        expect(operator.page.locator("[name=points_for_all]")).to_have_attribute("aria-invalid", "true")

    def test_is_reported_as_csv_and_excel_and_withdrawn_with_a_reason(
        self, at: At, filled: DemoEnvironment, tmp_path: Path
    ) -> None:
        operator = at("fukushi")
        plan_project(at, operator, "torisage", "50000")
        path = tmp_path / "torisage.csv"
        path.write_text(f"マイキーID,ポイント\n{members_of(filled, 1)[0]},500\nZZZZ9999,500\n", "utf-8")
        address = send_file(operator, "torisage", path).path().partition("?")[0]
        assert "ZZZZ9999" in download(operator, "確認の結果をCSVで保存").decode("utf-8-sig")
        workbook = openpyxl.load_workbook(
            io.BytesIO(download(operator, "確認の結果をExcelで保存")), read_only=True
        )
        assert any("ZZZZ9999" in map(str, row) for row in workbook.active.iter_rows(values_only=True))
        operator.to(address).press("取り下げる")
        assert "「torisage.csv」を取り下げます。何も給付されません。" in operator.text()
        operator.fill(reason="名簿の取り違え").press("取り下げる")
        assert operator.path().startswith(address)
        assert "取り下げ" in operator.text()
        again = operator.page.request.post(
            f"{filled.municipal_url}{address}/cancel",
            form={
                "form_token": operator.page.get_attribute("[name=form_token]", "value") or "",
                "reason": "もう一度",
            },
            headers={"Origin": filled.municipal_url},
        )
        assert again.status in (200, 409)


class TestAnEvent:
    def test_is_planned_changed_shown_and_ended_and_every_mistake_is_told(self, at: At) -> None:
        operator, approver = at("fukushi").to("/events/new"), at("kacho")
        operator.fill(
            name="花火",
            own_id="hanabi",
            purpose="夏",
            goal_points="百",
            starts_on="2030-09-01",
            ends_on="2030-09-30",
        )
        operator.page.locator("[name=givers]").first.check()
        operator.page.check("[name=on_failure][value=keep]")
        operator.press("登録する")
        assert operator.page.input_value("[name=goal_points]") == "百"
        operator.fill(goal_points="").press("登録する")
        address = operator.path().partition("?")[0]
        assert operator.text("h1") == "花火"
        operator.press("変更する").fill(name="花火大会", ends_on="2030-08-01").press("変更する")
        assert operator.page.input_value("[name=name]") == "花火大会"
        assert operator.page.locator("#trouble").is_visible()
        operator.fill(ends_on="2030-10-01").press("変更する")
        assert operator.text("h1") == "花火大会"
        approver.to(f"{address}/show")
        approver.page.evaluate("document.querySelector('main form.card').noValidate = true")
        approver.press("公開する")
        assert approver.page.locator("#trouble").is_visible()
        approver.to(f"{address}/show").fill(reason="準備ができた").press("公開する")
        approver.press("期間の前に終了する").fill(reason="中止").press("終了する")
        assert approver.text("h1") == "花火大会"
        assert approver.page.locator("text=期間の前に終了する").count() == 0

    def test_a_day_that_is_none_is_told_and_nothing_is_lost(self, at: At, filled: DemoEnvironment) -> None:
        operator = at("fukushi").to("/events/new")
        form: dict[str, str | float | bool] = {
            "form_token": operator.page.get_attribute("[name=form_token]", "value") or "",
            "name": "祭り", "own_id": "matsuri-x", "starts_on": "あした", "ends_on": "",
        }  # fmt: skip
        url = f"{filled.municipal_url}/events/new"
        answer = operator.page.request.post(url, form=form, headers={"Origin": filled.municipal_url})
        assert answer.status == 422
        assert "祭り" in answer.text()


class TestFigures:
    def test_and_what_is_unused_are_saved_for_excel(self, at: At) -> None:
        viewer = at("kacho").to("/figures/unused?day=2018-09-30")
        assert "未使用残高" in viewer.text("h1")
        assert "笠間" in download(viewer, "CSVで保存").decode("utf-8-sig")
        viewer.to("/figures?since=2018-07-01&until=2018-07-31")
        assert download(viewer, "CSVで保存").startswith(b"\xef\xbb\xbf")

    def test_of_a_time_that_is_none_lead_back_to_one_that_is(self, at: At) -> None:
        viewer = at("kacho").to("/figures?since=2018-07-31&until=2018-07-01")
        if viewer.page.locator("#trouble").count():
            viewer.press("最近30日")
        assert viewer.page.locator("#trouble").count() == 0
        assert "集計" in viewer.text("h1")


class TestTheNumberOfPersonsWhoDecide:
    def test_is_a_number_and_takes_a_second_person_to_change(self, at: At) -> None:
        administrator = at("kanri").to("/deeds")
        administrator.page.locator("main a[href^='/deeds/']").first.click()
        administrator.fill(persons="x", reason="試し")
        administrator.page.evaluate("document.querySelector('main form.card').noValidate = true")
        administrator.press("提案する")
        assert administrator.page.input_value("[name=reason]") == "試し"
        administrator.fill(persons="9").press("提案する")
        assert administrator.page.locator("#trouble").is_visible()
        assert administrator.to("/deeds/no-such-deed").page.locator("h1").count() == 1


class TestAPassword:
    def test_that_was_typed_twice_differently_or_is_wrong_changes_nothing(self, at: At) -> None:
        clerk = at("shimin").to("/account/password")
        clerk.fill(current=clerk.password, new="akai-ringo-7-ko", again="aoi-ringo-7-ko").press("変更する")
        assert clerk.page.locator("#trouble").is_visible()
        clerk.fill(current="chigau-12345", new="akai-ringo-7-ko", again="akai-ringo-7-ko").press("変更する")
        assert clerk.page.locator("#trouble").is_visible()
        clerk.fill(current=clerk.password, new="short", again="short")
        clerk.page.evaluate("document.querySelector('main form').noValidate = true")
        clerk.press("変更する")
        assert clerk.page.locator("#trouble").is_visible()
