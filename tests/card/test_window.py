"""The whole desk for real: the agent as a program, its window under Xvfb typed into by xdotool, pcscd, the card.

Also the terminal, for machines without a display, on a real pseudo-terminal.
"""

import asyncio
import contextlib
import json
import os
import resource
import subprocess
import sys
from contextlib import suppress

import pytest
from aiohttp import web
from desk import SITE, WINDOW, Agent, in_background, type_into_window, xdotool

from card import errors
from card.agent.card_session import Question
from card.agent.hardening import forbid_core_dumps
from card.agent.prompt import TerminalPrompt, WindowPrompt, best_prompt, window_command
from card.client_data import Purpose
from card.verify import CardResponse

QUESTION = Question(SITE, Purpose.LOGIN, 3)


def ask(prompt, *steps, watch=lambda: None):
    """Ask with the window while somebody types `steps`."""
    typing = in_background(type_into_window, *steps)
    try:
        with prompt.ask(QUESTION, watch) as pin:
            return pin.reveal()
    finally:
        typing.join()


@pytest.fixture
def window(display):
    return WindowPrompt(window_command(), seconds=30)  # type: ignore[arg-type]


def test_four_digits_and_return_are_the_pin(window):
    assert ask(window, "4649", "Return") == b"4649"


def test_three_digits_are_complained_about_and_can_be_mended(window):
    assert ask(window, "464", "Return", "4649", "Return") == b"4649"


def test_escape_is_a_cancellation(window):
    with pytest.raises(errors.PromptCancelled):
        ask(window, "46", "Escape")


def test_nobody_typing_ends_the_question(display):
    with pytest.raises(errors.PromptTimedOut):
        WindowPrompt(window_command(), seconds=0.2).ask(QUESTION, lambda: None)  # type: ignore[arg-type]


def test_a_pulled_card_closes_the_window(window):
    seen = []

    def watch():
        seen.append(1)
        if len(seen) > 2:
            raise errors.CardRemoved

    with pytest.raises(errors.CardRemoved):
        window.ask(QUESTION, watch)
    left = subprocess.run(["xdotool", "search", *WINDOW], capture_output=True, text=True, check=False)
    assert left.stdout == ""


def test_a_window_that_cannot_open_says_so(display):
    command = ["env", "DISPLAY=:31999", *window_command()]
    with pytest.raises(errors.NoPrompt):
        WindowPrompt(command).ask(QUESTION, lambda: None)
    with pytest.raises(errors.NoPrompt):
        WindowPrompt(["/nonexistent"]).ask(QUESTION, lambda: None)


def test_the_window_is_preferred_where_there_is_a_display(display):
    assert isinstance(best_prompt(), WindowPrompt)


@pytest.fixture
def agent(pcsc, display, unused_tcp_port):
    running = Agent(unused_tcp_port)
    yield running
    if running.process.poll() is None:
        running.stop()


async def test_the_seeds_login_from_the_button_to_the_verdict(agent, pcsc, issue_card, server):
    """Card on the reader, ログイン, a window asks for the PIN, OK."""
    fake = issue_card()
    pcsc.insert(fake)
    typing = in_background(type_into_window, "4649", "Return")
    status, body = await agent.sign(server.ask())
    typing.join()
    assert status == 200, body
    verified = await asyncio.to_thread(server.verify, CardResponse.from_json(body))
    assert verified.test
    assert len(fake.commands) <= 8
    pcsc.wait(lambda: not fake.auth_pin.verified, "the power to go")
    code, output = agent.stop()
    assert code == 0
    assert "4649" not in output


async def test_the_reader_and_the_card_may_come_late_and_leave_while_the_window_is_open(
    agent, pcsc, issue_card, server
):
    status, body = await agent.sign(server.ask())
    assert (status, b'"no_card"' in body) == (503, True)
    fake = issue_card()
    card = pcsc.insert(fake)

    def pull():
        xdotool("search", "--sync", "--onlyvisible", *WINDOW)
        card.remove()

    pulling = in_background(pull)
    status, body = await agent.sign(server.ask())
    pulling.join()
    assert status == 503
    assert b'"card_removed"' in body
    pcsc.wait_for_none()
    pcsc.insert(fake)
    typing = in_background(type_into_window, "4649", "Return")
    status, body = await agent.sign(server.ask())
    typing.join()
    assert status == 200, body


def test_the_agents_memory_cannot_be_dumped():
    child = os.fork()
    if not child:
        with suppress(BaseException):
            forbid_core_dumps()
            os._exit(0 if resource.getrlimit(resource.RLIMIT_CORE) == (0, 0) else 1)
        os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_the_doctor_says_what_it_sees_and_costs_no_try(pcsc, display, issue_card):
    def doctor():
        argv = [sys.executable, "-m", "card.agent.cli", "doctor"]
        done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=60)
        return done.returncode, done.stdout + done.stderr

    code, said = doctor()
    assert code == 1
    assert "Put the My Number card on the reader." in said
    fake = issue_card()
    pcsc.insert(fake)
    code, said = doctor()
    assert code == 0, said
    assert "マイナンバーカード / My Number card" in said
    assert "PIN tries left: 3" in said
    assert "certificate valid until: 2029-04-01" in said
    fake.auth_pin.left = 1
    code, said = doctor()
    assert code == 1
    assert "The next miss locks the card." in said
    pcsc.stop_daemon()
    try:
        code, said = doctor()
    finally:
        pcsc.start_daemon()
    assert code == 1
    assert "pcsc_unavailable" in said


def test_the_terminal_takes_the_pin_without_showing_it():
    ours, theirs = os.openpty()
    prompt = TerminalPrompt(os.ttyname(theirs), seconds=10)
    shown = b""

    def person():
        nonlocal shown
        while b"PIN: " not in shown:
            shown += os.read(ours, 1024)
        os.write(ours, "４６４９\n".encode())

    typing = in_background(person)
    with prompt.ask(QUESTION, lambda: None) as pin:
        assert pin.reveal() == b"4649"
    typing.join()
    os.set_blocking(ours, False)
    with suppress(BlockingIOError):
        shown += os.read(ours, 1024)
    assert SITE in shown.decode()
    assert "４６４９" not in shown.decode()
    os.close(ours)
    os.close(theirs)


def test_the_terminal_gives_up_when_the_card_goes_or_nobody_types():
    ours, theirs = os.openpty()

    def gone():
        raise errors.CardRemoved

    with pytest.raises(errors.CardRemoved):
        TerminalPrompt(os.ttyname(theirs)).ask(QUESTION, gone)
    with pytest.raises(errors.PromptTimedOut):
        TerminalPrompt(os.ttyname(theirs), seconds=0).ask(QUESTION, lambda: None)
    with pytest.raises(errors.NoPrompt):
        TerminalPrompt("/nonexistent").ask(QUESTION, lambda: None)
    os.close(ours)
    os.close(theirs)


PAGE = """<!doctype html><meta charset="utf-8"><title>ログイン</title>
<button id="login">ログイン</button><output id="answer"></output>
<script>
document.getElementById("login").onclick = async () => {
  const [agent, challenge] = [%s, %s];
  const show = text => { document.getElementById("answer").textContent = text; };
  try {
    const answer = await fetch(agent + "/v1/sign", {
      method: "POST", headers: {"Content-Type": "application/json"},
      body: JSON.stringify({purpose: "point-gateway.login", challenge})});
    show(await answer.text());
  } catch (blocked) { show("blocked: " + blocked); }
};
</script>"""


@contextlib.asynccontextmanager
async def site(port, agent, challenge):
    async def page(_request):
        return web.Response(text=PAGE % (json.dumps(agent), json.dumps(challenge)), content_type="text/html")

    app = web.Application()
    app.router.add_get("/", page)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    yield f"http://localhost:{port}"
    await runner.cleanup()


async def test_a_real_browser_logs_in_and_another_sites_page_is_blocked(
    chromium, pcsc, issue_card, server, unused_tcp_port_factory
):
    ours, theirs, agent_port = (unused_tcp_port_factory() for _ in range(3))
    agent = Agent(agent_port, f"http://localhost:{ours}")
    try:
        pcsc.insert(issue_card())
        page = await chromium.new_page()
        async with site(theirs, agent.address, server.ask()) as other:
            await page.goto(other)
            await page.click("#login")
            await page.wait_for_function("document.getElementById('answer').textContent")
            assert (await page.text_content("#answer")).startswith("blocked: ")
        async with site(ours, agent.address, server.ask()) as origin:
            await page.goto(origin)
            typing = in_background(type_into_window, "4649", "Return")
            await page.click("#login")
            await page.wait_for_function("document.getElementById('answer').textContent")
            typing.join()
            body = (await page.text_content("#answer")).encode()
            verified = await asyncio.to_thread(server.verify, CardResponse.from_json(body), origin=origin)
            assert verified.test
    finally:
        agent.stop()
