"""A member's desk as the tests set it up: the agent as a program of its own, and hands that type into its window."""

import signal
import subprocess
import sys
import threading

import aiohttp

SITE = "https://portal.example"
WINDOW = ("--class", "PointGatewayPin")


def xdotool(*argv):
    done = subprocess.run(["xdotool", *argv], capture_output=True, text=True, check=False, timeout=20)
    assert done.returncode == 0, done.stderr
    return done.stdout


def type_into_window(*steps):
    """Wait for the PIN window, then type: a step of digits is typed, any other step is a key."""
    window = xdotool("search", "--sync", "--onlyvisible", *WINDOW).split()[0]
    xdotool("windowfocus", "--sync", window)
    for step in steps:
        xdotool("type" if step.isdigit() else "key", step)
    return window


def in_background(work, *argv):
    thread = threading.Thread(target=work, args=argv)
    thread.start()
    return thread


class Agent:
    """`point-gateway-card serve` as its own process, as on a member's desk."""

    def __init__(self, port, origin=SITE):
        self.address = f"http://127.0.0.1:{port}"
        self.process = subprocess.Popen(
            [sys.executable, "-m", "card.agent.cli", "serve", "--origin", origin, "--port", str(port)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout.readline().startswith("http://127.0.0.1")

    async def sign(self, challenge):
        values = {"purpose": "point-gateway.login", "challenge": challenge}
        async with (
            aiohttp.ClientSession() as session,
            session.post(self.address + "/v1/sign", json=values, headers={"Origin": SITE}) as answer,
        ):
            return answer.status, await answer.read()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        output, errors_ = self.process.communicate(timeout=10)
        return self.process.returncode, output + errors_
