"""Every problem type is written once, and every refusal written anywhere in the gateway is one of them."""

import ast
from pathlib import Path

import pytest

import gateway
from card import refusals
from card.refusals import LoginRefused
from gateway.http.problem_types import ALL_PROBLEM_TYPES, CARDS, PROBLEM_TYPES
from gateway.members.card_sign_in import problem_of

ROOT = Path(gateway.__file__).parent


def refusals_in_the_code():
    for path in sorted(ROOT.rglob("*.py")):
        # What commands refuse is read in a terminal and is never an answer of the API.
        if path.name.startswith("cli") or {"commands", "testkit", "scaffold", "workbench"} & set(
            path.relative_to(ROOT).parts
        ):
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args):
                continue
            word = node.args[0]
            if (
                node.func.id == "ProblemError"
                and isinstance(word, ast.Constant)
                and isinstance(word.value, str)
            ):
                yield pytest.param(word.value, id=f"{path.relative_to(ROOT)}:{node.lineno} {word.value!s}")


@pytest.mark.parametrize("word", list(refusals_in_the_code()))
def test_a_refusal_names_a_problem_type(word):
    assert word in PROBLEM_TYPES, "add the word to gateway/http/problem_types"


def test_no_use_case_names_a_status():
    calls = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in sorted(ROOT.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call)
        and getattr(node.func, "id", "") == "ProblemError"
        and any(keyword.arg == "status" for keyword in node.keywords)
    ]
    assert calls == []


def test_each_word_is_written_once():
    assert len(ALL_PROBLEM_TYPES) == len(PROBLEM_TYPES) > 170


@pytest.mark.parametrize("problem_type", ALL_PROBLEM_TYPES, ids=lambda one: one.word)
def test_each_problem_type_says_what_to_do_in_two_languages(problem_type):
    assert problem_type.word == problem_type.word.lower().replace("_", "-")
    assert 400 <= problem_type.status <= 503
    assert all((problem_type.title, problem_type.remedy, problem_type.title_ja, problem_type.remedy_ja))
    assert problem_type.title.isascii()
    assert problem_type.remedy.endswith(".")
    assert problem_type.remedy_ja.endswith("。")
    assert not problem_type.title_ja.isascii()


class TestRefusedCards:
    def reasons(self) -> set[type[LoginRefused]]:
        """All reasons that can be given: the classes of `card.refusals` with a code of their own."""
        return {
            value
            for value in vars(refusals).values()
            if isinstance(value, type) and issubclass(value, LoginRefused) and value is not LoginRefused
            if "code" in vars(value)
        }

    def test_every_reason_is_a_problem_type_with_its_own_sentences(self):
        words = set()
        for reason in self.reasons():
            problem_type = PROBLEM_TYPES[problem_of(reason("detail")).type]
            assert (problem_type.remedy, problem_type.remedy_ja) == (reason.en, reason.ja)
            words.add(problem_type.word)
        assert words == {problem_type.word for problem_type in CARDS}
        assert len(words) == 22

    def test_the_reasons_are_all_the_leaves_of_the_tree(self):
        def leaves(kind: type[LoginRefused]) -> set[type[LoginRefused]]:
            below = kind.__subclasses__()
            return set().union(*map(leaves, below)) if below else {kind}

        assert leaves(LoginRefused) == self.reasons()

    def test_the_detail_stays_in_the_log(self):
        assert "serial" not in str(problem_of(refusals.CertificateRevoked("serial 4711")))
