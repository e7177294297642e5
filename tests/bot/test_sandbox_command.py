"""``hyperbridge sandbox`` and what ``make run`` does without a token: the page, and a browser to see it."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from playwright.async_api import Browser

from bot import serving
from bot.settings import Settings, SettingsError
from bot.terminal import Session

SHOW = "from bot.browser import show; show('http://127.0.0.1:9/')"
COMMAND = "from bot.cli import main; main()"


def _environment(**more: str) -> dict[str, str]:
    plain = ("TELEGRAM_", "HYPERBRIDGE_", "DISPLAY", "WAYLAND_")
    kept = {key: value for key, value in os.environ.items() if not key.startswith(plain)}
    ours = ("HYPERBRIDGE_CACHE", "HYPERBRIDGE_THREADS")
    kept |= {key: value for key, value in os.environ.items() if key in ours}
    return {**kept, "PYTHONPATH": str(Path(__file__).parents[2]), "LC_ALL": "C.UTF-8", **more}


@pytest.mark.skipif(
    sys.platform != "linux", reason="only Linux tells by a variable whether there is a display"
)
def test_a_browser_opens_only_where_there_is_a_display() -> None:
    def opened(**more: str) -> str:
        environment = _environment(BROWSER="/bin/echo opened %s", **more)
        shown = subprocess.run([sys.executable, "-c", SHOW], env=environment, capture_output=True, text=True)
        return shown.stdout.strip()

    assert opened(DISPLAY=":7") == "opened http://127.0.0.1:9/"
    assert opened() == ""


def test_without_a_token_the_bot_says_so_and_runs_the_sandbox_if_it_may() -> None:
    session = Session(Settings(_env_file=None), False)  # type: ignore[call-arg]
    refused = CliRunner().invoke(serving.bot, [], obj=session)
    assert isinstance(refused.exception, SettingsError)
    assert refused.exception.key == "bot-no-token"
    with socket.socket() as taken, contextlib.suppress(OSError):  # somebody else may have it already
        taken.bind(("127.0.0.1", serving.PORT))
        taken.listen()
        instead = CliRunner().invoke(serving.bot, ["--or-sandbox"], obj=session)
        assert session.say("sandbox-instead") in instead.output
        assert isinstance(instead.exception, SettingsError)
        assert instead.exception.key == "sandbox-port-taken"


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The page of a running ``hyperbridge sandbox``, which stops cleanly when it is told to."""
    folder = tmp_path_factory.mktemp("sandbox")
    command = [sys.executable, "-c", COMMAND, "--model", "smollm2-135m", "--db", str(folder / "a.db")]
    running = subprocess.Popen(
        [*command, "sandbox", "--port", "0", "--no-browser"],
        env=_environment(PYTHONUNBUFFERED="1"),
        cwd=folder,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert running.stdout is not None
    yield next(word for word in running.stdout.readline().split() if word.startswith("http://127.0.0.1:"))
    assert "@hyperbridge_bot" in running.stdout.readline()  # the bot runs
    running.send_signal(signal.SIGTERM)
    assert running.wait(60) == 0


def test_the_command_tells_the_page(url: str) -> None:
    with urllib.request.urlopen(url, timeout=10) as page:
        assert "/page/app.js" in page.read().decode()


@pytest.mark.asyncio(loop_scope="module")
async def test_a_first_walk_with_the_real_bot(url: str, browser: Browser) -> None:
    """Begin, send a scene, and lead its text back, as docs/walk.md does with a larger model."""
    context = await browser.new_context(locale="en-GB", viewport={"width": 390, "height": 760})
    page = await context.new_page()
    page.set_default_timeout(120_000)
    await page.goto(url)
    told = page.locator(".message:not(.mine):not(.draft) .text")
    await page.click("text=START")
    await told.nth(0).wait_for()

    async def ask(text: str, answer: str) -> str:
        await page.fill("textarea", text)
        await page.keyboard.press("Enter")
        found = told.filter(has_text=answer).last
        await found.wait_for()
        return str(await found.inner_text())

    await page.locator(".inline-act", has_text="/help").last.click()
    await told.nth(1).wait_for()
    text = await ask("/silence seasaltmemory", "🜂 seasaltmemory")
    await ask(text, "sea → salt → memory")
    await context.close()
