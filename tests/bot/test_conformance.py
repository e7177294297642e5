"""The bot against a Bot API emulator by other people (the npm package ``telegram-test-api``).

It knows ten methods and fails at all others, and answers less exactly than Telegram. ``make conformance``
installs it.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from pydantic import SecretStr

from bot.bridge import Bridge
from bot.service import Service
from bot.settings import Settings
from bot.texts import texts
from scene import mark
from scene.atoms import Lang

HERE = Path(__file__).parent
SAY = texts(Lang.EN)
TOKEN = "666:conformance"
WITHIN = 120.0
PERSON = {"id": 7, "first_name": "Ann", "is_bot": False, "language_code": "en"}
CHAT = {"id": 7, "first_name": "Ann", "type": "private"}

ENVIRONMENT = os.environ | {
    "NODE_PATH": os.pathsep.join(
        filter(None, [os.environ.get("NODE_PATH"), str(Path(sys.prefix, "node", "node_modules"))])
    )
}
NODE = shutil.which("node")
INSTALLED = NODE is not None and not subprocess.call(
    [NODE, "-e", "require.resolve('telegram-test-api')"], env=ENVIRONMENT, stderr=subprocess.DEVNULL
)

pytestmark = [
    pytest.mark.skipif(NODE is None, reason="node is not installed"),
    pytest.mark.skipif(not INSTALLED, reason="telegram-test-api is not installed: make conformance"),
    pytest.mark.asyncio(loop_scope="module"),
]


class Emulator:
    """A person who talks to the bot through the emulator."""

    def __init__(self, url: str) -> None:
        self._http = httpx.AsyncClient(base_url=url)

    async def say(self, text: str) -> None:
        entities = [{"type": "bot_command", "offset": 0, "length": len(text.split()[0])}]
        message = {"botToken": TOKEN, "from": PERSON, "chat": CHAT, "date": int(time.time()), "text": text}
        command = {"entities": entities} if text.startswith("/") else {}
        await self._http.post("/sendCommand" if command else "/sendMessage", json=message | command)

    async def press(self, said: dict[str, Any], data: str) -> None:
        message = {
            "message_id": said["messageId"],
            "date": int(time.time()),
            "chat": CHAT,
            "from": {"id": 666, "is_bot": True, "first_name": "Bot"},
            "text": said["message"]["text"],
        }
        pressed = {"botToken": TOKEN, "from": PERSON, "message": message, "data": data}
        await self._http.post("/sendCallback", json=pressed)

    async def said(self, wanted: Callable[[str], bool]) -> dict[str, Any]:
        """The bot's first message of a kind."""
        async with asyncio.timeout(WITHIN):
            while True:
                answer = await self._http.post("/getUpdatesHistory", json={"token": TOKEN})
                for each in answer.json()["result"]:
                    message = each.get("message", {})
                    if "chat_id" in message and wanted(message["text"]):
                        return dict(each)
                await asyncio.sleep(0.2)

    async def close(self) -> None:
        await self._http.aclose()


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def emulator(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Emulator]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    assert NODE is not None
    server = await asyncio.create_subprocess_exec(
        NODE, str(HERE / "emulator.js"), str(port), env=ENVIRONMENT, stdout=asyncio.subprocess.PIPE
    )
    assert server.stdout is not None
    assert await server.stdout.readline() == b"listening\n"
    url = f"http://127.0.0.1:{port}"
    settings = Settings(_env_file=None).model_copy(  # type: ignore[call-arg]
        update={
            "token": SecretStr(TOKEN),
            "api_url": url,
            "db": tmp_path_factory.mktemp("conformance") / "archive.db",
            "model": "smollm2-135m",
            "allowed_users": "*",
        }
    )
    bridge = Bridge(settings)
    service = Service(settings, bridge)
    await service.start()
    person = Emulator(url)
    yield person
    await person.close()
    await service.stop()
    await bridge.close()
    server.kill()
    await server.wait()


async def test_it_answers_a_command(emulator: Emulator) -> None:
    await emulator.say("/help")
    assert (await emulator.said(lambda text: text == SAY("help").strip()))["message"]["chat_id"] == "7"


async def test_a_scene_becomes_a_text_and_the_text_its_scene(emulator: Emulator) -> None:
    await emulator.say("/silence snowwolf")
    reply = await emulator.said(lambda text: text.startswith("…"))
    assert mark.read(reply["message"]["text"]) == mark.Mark("snowwolf", 1)

    await emulator.say(reply["message"]["text"])
    await emulator.said(lambda text: text.startswith(SAY("read-found")))

    await emulator.press(reply, "1:emoji")
    await emulator.said(
        lambda text: mark.is_marked(text) and not any(map(str.isalnum, mark.strip(text).replace("…", "a")))
    )


async def test_a_menu_is_edited_in_its_place(emulator: Emulator) -> None:
    await emulator.say("/form")
    menu = await emulator.said(lambda text: text == SAY("form-is-auto"))
    await emulator.press(menu, "set:form:silence")
    edited = await emulator.said(lambda text: text == SAY("form-is", form="silence"))
    assert edited["messageId"] == menu["messageId"]
