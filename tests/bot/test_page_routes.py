"""The chat page's routes over plain HTTP: what it shows, what it does, and whom it answers."""

import asyncio
import base64
import ipaddress

import aiohttp
import pytest
from telegram import (
    Bot,
    BotCommandScopeAllGroupChats,
    BotCommandScopeChat,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
)
from telegram.constants import ChatAction

from bot.sandbox import Sandbox, Server, serve
from bot.sandbox.objects import User

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
KEY = InlineKeyboardMarkup([[InlineKeyboardButton("Поэма", callback_data="form:poem")]])


async def test_the_page_and_its_files(http: aiohttp.ClientSession) -> None:
    async with http.get("/") as response:
        page, policy = await response.text(), response.headers["Content-Security-Policy"]
    assert "default-src 'none'; script-src 'self'; style-src 'self'" in policy
    assert "unsafe" not in policy
    assert "http" not in page.replace("http-equiv", "")  # nothing from elsewhere
    for name in ("app.js", "page.css", "icon.svg"):
        async with http.get(f"/page/{name}") as response:
            assert response.status == 200
            assert response.headers["X-Content-Type-Options"] == "nosniff"
            assert "innerHTML" not in await response.text()
    for name in ("page.py", "..%2fpage.py", "..%2f..%2f..%2fpyproject.toml", "none.js"):
        async with http.get(f"/page/{name}") as response:
            assert response.status == 404


async def test_a_person_on_the_page(sandbox: Sandbox, http: aiohttp.ClientSession, bot: Bot) -> None:
    async with http.get("/sandbox/state") as response:
        assert (await response.json())["people"] == []
    async with http.post("/sandbox/people", json={"first_name": "Аня", "language_code": "ru"}) as response:
        person = (await response.json())["id"]
    async with http.post("/sandbox/say", json={"person": person, "text": "<b>снег</b>"}) as response:
        assert response.status == 200
    sent = await bot.send_message(person, "?", reply_markup=KEY)
    press = {"message_id": sent.message_id, "data": "form:poem"}
    pressing = asyncio.create_task(http.post("/sandbox/press", json=press))
    query = (await bot.get_updates(offset=-1, timeout=5))[0].callback_query
    await query.answer("да")
    async with await pressing as response:
        assert await response.json() == {"text": "да", "show_alert": False, "url": ""}

    async with http.post("/sandbox/language", json={"language_code": "en"}) as response:
        assert response.status == 200
    await bot.send_chat_action(person, ChatAction.TYPING)
    async with http.get("/sandbox/state", params={"views": f"{person}:"}) as response:
        state = await response.json()
    (view,) = state["views"]
    assert [message["text"] for message in view["messages"]] == ["<b>снег</b>", "?"]
    assert state["people"][0]["language_code"] == "en"
    assert view["chat_action"] == "typing"


async def test_the_page_waits_for_changes(sandbox: Sandbox, http: aiohttp.ClientSession, ann: User) -> None:
    query = {"version": str(sandbox.changes.version), "views": f"{ann.id}:{ann.id}"}
    waiting = asyncio.create_task(http.get("/sandbox/state", params=query))
    await asyncio.sleep(0.1)
    assert not waiting.done()
    await sandbox.say(ann, "снег")
    async with await waiting as response:
        assert (await response.json())["views"][0]["messages"][-1]["text"] == "снег"


async def test_nobody_looks_into_another_chat(
    sandbox: Sandbox, http: aiohttp.ClientSession, ann: User
) -> None:
    boris = sandbox.add_person("Борис")
    group = sandbox.add_group("Стая", [ann])
    for chat in (ann.id, group.id, 12345):
        async with http.get("/sandbox/state", params={"views": f"{boris.id}:{chat}"}) as response:
            assert response.status == 404
        async with http.post(
            "/sandbox/say", json={"person": boris.id, "chat": chat, "text": "?"}
        ) as response:
            assert response.status == 404


async def test_commands_follow_the_chat(
    sandbox: Sandbox, http: aiohttp.ClientSession, bot: Bot, ann: User
) -> None:
    group = sandbox.add_group("Стая")
    await bot.set_my_commands([("help", "help")])
    await bot.set_my_commands([("help", "помощь")], language_code="ru")
    await bot.set_my_commands([("vote", "vote")], scope=BotCommandScopeAllGroupChats())

    async def menu(chat: int) -> str:
        async with http.get("/sandbox/state", params={"views": f"{ann.id}:{chat}"}) as response:
            return (await response.json())["views"][0]["commands"][0]["description"]

    assert (await menu(ann.id), await menu(group.id)) == ("помощь", "vote")
    await bot.set_my_commands([("own", "own")], scope=BotCommandScopeChat(ann.id))
    ann.language_code = "de"
    assert (await menu(ann.id), await menu(group.id)) == ("own", "vote")


async def test_rates_from_the_page(sandbox: Sandbox, http: aiohttp.ClientSession) -> None:
    async with http.post("/sandbox/faults", json={"lost": 0.25, "retry_after": 3, "seed": 7}) as response:
        assert response.status == 200
    assert (sandbox.faults.rates.lost, sandbox.faults.rates.retry_after) == (0.25, 3)
    for wrong in ({"lost": 2}, {"lost": "x"}, {"retry_after": [1]}):
        async with http.post("/sandbox/faults", json=wrong) as response:
            assert response.status == 400


async def test_documents_are_never_shown_in_the_page(
    sandbox: Sandbox, http: aiohttp.ClientSession, bot: Bot, ann: User
) -> None:
    sent = await bot.send_document(ann.id, b"<script>", filename="a.html")
    async with http.get(f"/sandbox/file/{sent.document.file_id}") as response:
        assert response.content_type == "application/octet-stream"
        assert response.headers["Content-Disposition"] == "attachment"
    photo = await bot.send_photo(ann.id, PIXEL)
    async with http.get(f"/sandbox/file/{photo.photo[0].file_id}") as response:
        assert response.content_type == "image/png"


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Host": "127.0.0.1.evil.example"},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
    ],
)
async def test_other_sites_are_kept_out(
    sandbox: Sandbox, http: aiohttp.ClientSession, ann: User, headers: dict[str, str]
) -> None:
    async with http.post("/sandbox/say", json={"text": "чужое"}, headers=headers) as response:
        assert response.status == 403
    async with http.get(f"/bot{sandbox.token}/getMe", headers=headers) as response:
        assert response.status == 403
    assert [message.text for message in sandbox.history(ann)] == ["/start"]


async def test_plain_forms_are_kept_out(http: aiohttp.ClientSession, ann: User) -> None:
    async with http.post("/sandbox/say", data='{"text": "чужое"}') as response:
        assert response.status == 415


async def test_own_page_may_post(server: Server, http: aiohttp.ClientSession, ann: User) -> None:
    async with http.post("/sandbox/say", json={"text": "своё"}, headers={"Origin": server.url}) as response:
        assert response.status == 200


async def test_it_listens_on_this_machine_only(server: Server) -> None:
    assert {ipaddress.ip_address(address[0]).is_loopback for address in server.runner.addresses} == {True}


async def test_a_name_that_leads_here_is_refused(sandbox: Sandbox) -> None:
    """DNS rebinding: wherever it listens, a page of another name gets nothing."""
    server = await serve(sandbox, host="0.0.0.0")
    port = server.url.rsplit(":", 1)[1]
    async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session:
        for path in ("/", "/page/app.js", "/sandbox/state", f"/bot{sandbox.token}/getMe"):
            async with session.get(path, headers={"Host": f"rebound.example:{port}"}) as response:
                assert response.status == 403, path
            async with session.get(path, headers={"Origin": "http://rebound.example"}) as response:
                assert response.status == 403, path
            async with session.get(path) as response:
                assert response.status == 200, path
    await server.stop()
