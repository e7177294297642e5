"""The sandbox, its server, the real python-telegram-bot on it, and a browser for its page."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator

import aiohttp
import pytest
import pytest_asyncio
from playwright.async_api import Browser, Error, async_playwright
from telegram import Bot

from bot.sandbox import Sandbox, Server, serve
from bot.sandbox.objects import User

CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge")


@pytest.fixture
def sandbox() -> Sandbox:
    """An empty sandbox."""
    return Sandbox()


@pytest.fixture
async def server(sandbox: Sandbox) -> AsyncIterator[Server]:
    """Serves it on a free port."""
    server = await serve(sandbox)
    yield server
    await server.stop()


@pytest.fixture
async def bot(sandbox: Sandbox, server: Server) -> AsyncIterator[Bot]:
    """The bot's side, over HTTP."""
    async with Bot(
        sandbox.token, base_url=f"{server.url}/bot", base_file_url=f"{server.url}/file/bot"
    ) as bot:
        yield bot


@pytest.fixture
async def ann(sandbox: Sandbox) -> User:
    """A person who has written to the bot."""
    ann = sandbox.add_person("Аня", "ru", username="ann_example")
    await sandbox.say(ann, "/start")
    return ann


@pytest.fixture
async def http(server: Server) -> AsyncIterator[aiohttp.ClientSession]:
    """Plain HTTP to the server."""
    async with aiohttp.ClientSession(server.url) as session:
        yield session


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def browser() -> AsyncIterator[Browser]:
    """A Chromium without a window, for tests whose loop is the module's.

    It is the system's (``apt install chromium``), Chrome, or the one that ``playwright install chromium``
    fetches: over 100 MB, so ``make test`` never does by itself. Without one, the tests that ask for it are
    skipped.
    """
    found = next(filter(None, map(shutil.which, CHROMIUMS)), None)
    # Chromium's own sandbox doesn't run as root, as in containers.
    arguments = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    async with async_playwright() as playwright:
        try:
            browser = await playwright.chromium.launch(executable_path=found, args=arguments)
        except Error:
            pytest.skip("no Chromium here: apt install chromium, or .venv/bin/playwright install chromium")
        yield browser
        await browser.close()
