"""The sandbox, its server, and the real python-telegram-bot on it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import pytest
from telegram import Bot

from bot.sandbox import Sandbox, Server, serve
from bot.sandbox.objects import User


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
