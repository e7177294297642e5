"""The sandbox is as strict as Telegram, seen through the real python-telegram-bot and through plain HTTP."""

import asyncio
import contextlib
import html
import json
import random
import struct
import time
import zlib
from collections.abc import AsyncIterator, Callable

import aiohttp
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from telegram import (
    Bot,
    BotCommand,
    BotCommandScopeChat,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    MessageEntity,
    ReplyParameters,
    Update,
)
from telegram.constants import ChatAction, ParseMode
from telegram.error import BadRequest, Conflict, InvalidToken
from telegram.ext import (
    Application,
    CallbackQueryHandler,
    CommandHandler,
    ContextTypes,
    MessageHandler,
    filters,
)
from telegram.helpers import escape_markdown

from bot.sandbox import Sandbox, Server, serve
from bot.sandbox import errors as sandbox_errors
from bot.sandbox.entities import parse
from bot.sandbox.methods import METHODS
from bot.sandbox.objects import MessageEntity as SandboxEntity
from bot.sandbox.objects import User
from bot.sandbox.text import clean

AS_JSON = {"Content-Type": "application/json"}
NOT_MODIFIED = "Message is not modified"
POEM_KEY = InlineKeyboardMarkup([[InlineKeyboardButton("Поэма", callback_data="form:poem")]])


def png(width: int, height: int) -> bytes:
    def chunk(kind: bytes, content: bytes) -> bytes:
        return (
            struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        )

    rows = (b"\0" + b"\x60\x90\xc0" * width) * height
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


@contextlib.asynccontextmanager
async def running(sandbox: Sandbox, server: Server, *handlers: object) -> AsyncIterator[None]:
    """Run a real application with these handlers, polling the sandbox."""
    builder = Application.builder().token(sandbox.token).base_url(f"{server.url}/bot")
    application = builder.build()
    for handler in handlers:
        application.add_handler(handler)
    async with application:
        await application.start()
        await application.updater.start_polling(timeout=5)
        yield
        await application.updater.stop()
        await application.stop()


def types_and_places(entities: tuple[MessageEntity, ...]) -> list[tuple[str, int, int]]:
    return [(entity.type, entity.offset, entity.length) for entity in entities]


# The way in: tokens, methods, the forms of a request


async def test_wrong_token(sandbox: Sandbox, server: Server, http: aiohttp.ClientSession) -> None:
    with pytest.raises(InvalidToken):
        await Bot("1:wrong", base_url=f"{server.url}/bot").get_me()
    async with http.get("/bot5:wrong/getMe") as response:
        assert response.status == 401
        assert await response.json() == {"ok": False, "error_code": 401, "description": "Unauthorized"}


async def test_unknown_method(sandbox: Sandbox, http: aiohttp.ClientSession) -> None:
    async with http.get(f"/bot{sandbox.token}/makeTea") as response:
        answer = await response.json()
    assert answer == {"ok": False, "error_code": 404, "description": "Not Found: method not found"}


async def test_the_four_forms_of_a_request(sandbox: Sandbox, http: aiohttp.ClientSession, ann: User) -> None:
    url, given = f"/bot{sandbox.token}/SENDmessage", {"chat_id": str(ann.id), "text": "ночь & день"}
    form = aiohttp.FormData(given, default_to_multipart=True)
    sendings = [
        http.get(url, params=given),
        http.post(url, data=given),
        http.post(url, json={"chat_id": ann.id, "text": given["text"]}),
        http.post(url, data=form),
    ]
    for sending in sendings:
        async with sending as response:
            answer = await response.json()
        assert answer["result"]["text"] == "ночь & день", answer


async def test_broken_json(sandbox: Sandbox, http: aiohttp.ClientSession) -> None:
    async with http.post(f"/bot{sandbox.token}/getMe", data="{", headers=AS_JSON) as response:
        assert response.status == 400


async def test_get_me(bot: Bot) -> None:
    me = await bot.get_me()
    assert me.is_bot
    assert me.username == "hyperbridge_bot"


async def test_junk_is_refused_and_nothing_breaks(
    sandbox: Sandbox, http: aiohttp.ClientSession, ann: User
) -> None:
    junk = [
        "",
        "[",
        "{}",
        "[[]]",
        "\ud83d",
        "x" * 70,
        -1,
        1.5,
        True,
        [None],
        [{"type": 1}],
        {"message_id": []},
    ]
    names = (
        "chat_id text caption entities caption_entities parse_mode reply_markup reply_parameters message_id "
        "photo document draft_id action callback_query_id results file_id commands scope language_code "
        "description allowed_updates limit offset url secret_token"
    ).split()
    chance = random.Random(7)
    for _ in range(400):
        method = chance.choice([name for name in METHODS if name != "getupdates"])
        asked = {name: chance.choice(junk) for name in names if chance.random() < 0.5}
        asked |= {"chat_id": ann.id, "text": "снег"} if chance.random() < 0.7 else {}
        button = {name: chance.choice(junk) for name in ("text", "url", "callback_data")}
        asked |= {"reply_markup": {"inline_keyboard": [[button]]}} if chance.random() < 0.3 else {}
        async with http.post(
            f"/bot{sandbox.token}/{method}", data=json.dumps(asked), headers=AS_JSON
        ) as answer:
            assert answer.status in (200, 400), (method, asked)
            assert (await answer.json())["ok"] == (answer.status == 200)


# Updates


async def test_updates_are_confirmed_by_offset(sandbox: Sandbox, bot: Bot, ann: User) -> None:
    await sandbox.say(ann, "первое")
    await sandbox.say(ann, "второе")
    start, first, second = await bot.get_updates()
    assert [start.message.text, first.message.text] == ["/start", "первое"]
    assert second.message.from_user.language_code == "ru"
    assert [one.update_id for one in await bot.get_updates(limit=1)] == [start.update_id]
    assert [one.message.text for one in await bot.get_updates(offset=second.update_id)] == ["второе"]
    assert await bot.get_updates(offset=second.update_id + 1) == ()


async def test_negative_offset_keeps_the_last(sandbox: Sandbox, bot: Bot, ann: User) -> None:
    await sandbox.say(ann, "последнее")
    assert [one.message.text for one in await bot.get_updates(offset=-1)] == ["последнее"]
    assert len(await bot.get_updates()) == 1


async def test_long_poll_waits_for_an_update(sandbox: Sandbox, bot: Bot, ann: User) -> None:
    (start,) = await bot.get_updates()
    polling = asyncio.create_task(bot.get_updates(offset=start.update_id + 1, timeout=10))
    await asyncio.sleep(0.1)
    assert not polling.done()
    await sandbox.say(ann, "снегволк")
    (update,) = await asyncio.wait_for(polling, 1)
    assert update.message.text == "снегволк"


async def test_long_poll_ends_empty(bot: Bot) -> None:
    began = time.monotonic()
    assert await bot.get_updates(timeout=1) == ()
    assert 0.9 < time.monotonic() - began < 3


async def test_second_poll_ends_the_first_with_conflict(sandbox: Sandbox, server: Server, bot: Bot) -> None:
    first = asyncio.create_task(bot.get_updates(timeout=10))
    await asyncio.sleep(0.1)
    async with Bot(sandbox.token, base_url=f"{server.url}/bot") as other:
        second = asyncio.create_task(other.get_updates(timeout=1))
        with pytest.raises(Conflict, match="terminated by other getUpdates request"):
            await first
        assert await second == ()


async def test_allowed_updates(sandbox: Sandbox, bot: Bot, ann: User) -> None:
    await bot.get_updates(offset=-1, allowed_updates=["callback_query"])
    await sandbox.say(ann, "не дойдёт")
    assert [one.message.text for one in await bot.get_updates()] == ["/start"]
    await bot.get_updates(allowed_updates=[])
    await sandbox.say(ann, "дойдёт")
    assert [one.message.text for one in await bot.get_updates()] == ["/start", "дойдёт"]


async def test_stopping_ends_long_polls_at_once(sandbox: Sandbox) -> None:
    server = await serve(sandbox)
    async with aiohttp.ClientSession() as session:
        polling = asyncio.create_task(session.get(f"{server.url}/bot{sandbox.token}/getUpdates?timeout=30"))
        await asyncio.sleep(0.1)
        began = time.monotonic()
        await server.stop()
        assert time.monotonic() - began < 2
        await asyncio.gather(polling, return_exceptions=True)


async def test_webhook_gets_updates_and_excludes_polling(sandbox: Sandbox, bot: Bot, ann: User) -> None:
    received: asyncio.Queue[tuple[str | None, dict[str, object]]] = asyncio.Queue()
    failures = 1

    async def take(request: aiohttp.web.Request) -> aiohttp.web.Response:
        nonlocal failures
        if failures:
            failures -= 1
            return aiohttp.web.Response(status=500)
        await received.put((request.headers.get("X-Telegram-Bot-Api-Secret-Token"), await request.json()))
        return aiohttp.web.Response()

    app = aiohttp.web.Application()
    app.router.add_post("/hook", take)
    runner = aiohttp.web.AppRunner(app)
    await runner.setup()
    await aiohttp.web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"

    await bot.set_webhook(url, secret_token="tish-1", drop_pending_updates=True)
    with pytest.raises(Conflict, match="can't use getUpdates method while webhook is active"):
        await bot.get_updates()
    await sandbox.say(ann, "волк")
    secret, update = await asyncio.wait_for(received.get(), 5)
    assert secret == "tish-1"
    assert update["message"]["text"] == "волк"
    info = await bot.get_webhook_info()
    assert info.url == url
    assert "500" in info.last_error_message
    with pytest.raises(BadRequest, match=r"(?i)secret token contains unallowed characters"):
        await bot.set_webhook(url, secret_token="тишь")
    await bot.delete_webhook()
    assert await bot.get_updates() == ()
    await runner.cleanup()


# Messages and their limits


async def test_message_arrives(sandbox: Sandbox, bot: Bot, ann: User) -> None:
    sent = await bot.send_message(
        ann.id,
        "Снег помнит волка.",
        disable_notification=True,
        reply_markup=POEM_KEY,
        link_preview_options=None,
    )
    kept = sandbox.history(ann)[-1]
    assert kept.message_id == sent.message_id
    assert kept.from_user is sandbox.bot
    assert kept.text == "Снег помнит волка."
    assert [button["text"] for button in kept.buttons()] == ["Поэма"]
    assert sent.reply_markup == POEM_KEY


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", "Message text is empty"),
        (" \n\t", "Text must be non-empty"),
        ("\u200b\u200d\ufeff", "Text must be non-empty"),
        ("я" * 4097, "Message is too long"),
        ("🌫" * 4097, "Message is too long"),
        ("я" * 20_000, "Text is too long"),
    ],
)
async def test_refused_texts(bot: Bot, ann: User, text: str, error: str) -> None:
    with pytest.raises(BadRequest, match=f"(?i){error}"):
        await bot.send_message(ann.id, text)


@pytest.mark.parametrize("letter", ["я", "🌫"])
async def test_longest_text(bot: Bot, ann: User, letter: str) -> None:
    assert len((await bot.send_message(ann.id, letter * 4096)).text) == 4096


async def test_markup_does_not_count(bot: Bot, ann: User) -> None:
    text = f"<b>{'&lt;' * 4096}</b>"
    assert (await bot.send_message(ann.id, text, parse_mode=ParseMode.HTML)).text == "<" * 4096


async def test_half_a_surrogate_pair(sandbox: Sandbox, http: aiohttp.ClientSession, ann: User) -> None:
    body = json.dumps({"chat_id": ann.id, "text": "волк \ud83d"})
    async with http.post(f"/bot{sandbox.token}/sendMessage", data=body, headers=AS_JSON) as response:
        assert (await response.json())["description"] == "Bad Request: strings must be encoded in UTF-8"


@pytest.mark.parametrize("chat_id", [999, -5, "@nobody_here", "тишина"])
async def test_unknown_chat(bot: Bot, chat_id: int | str) -> None:
    with pytest.raises(BadRequest, match="Chat not found"):
        await bot.send_message(chat_id, "кто здесь?")


async def test_bot_cannot_write_first(sandbox: Sandbox, bot: Bot) -> None:
    stranger = sandbox.add_person("Ян", "en")
    with pytest.raises(BadRequest, match="Chat not found"):
        await bot.send_message(stranger.id, "привет")
    await sandbox.say(stranger, "hi")
    await bot.send_message(stranger.id, "hello")


async def test_chat_by_username(bot: Bot, ann: User) -> None:
    assert (await bot.get_chat("@ann_example")).id == ann.id


async def test_reply(sandbox: Sandbox, bot: Bot, ann: User) -> None:
    asked = await sandbox.say(ann, "снегволк")
    answer = await bot.send_message(ann.id, "вой", reply_parameters=ReplyParameters(asked.message_id))
    assert answer.reply_to_message.text == "снегволк"
    with pytest.raises(BadRequest, match="Message to be replied not found"):
        await bot.send_message(ann.id, "вой", reply_parameters=ReplyParameters(12345))
    lone = ReplyParameters(12345, allow_sending_without_reply=True)
    assert (await bot.send_message(ann.id, "вой", reply_parameters=lone)).reply_to_message is None


async def test_message_thread_is_kept(sandbox: Sandbox, bot: Bot, ann: User) -> None:
    group = sandbox.add_group("Стая")
    await sandbox.say(ann, "снегволк", chat=group)
    with pytest.raises(BadRequest, match="Message thread not found"):
        await bot.send_message(group.id, "вой", message_thread_id=7)
    forum = sandbox.add_group("Лес", forum=True)
    thread = sandbox.add_topic(ann, forum, "Вой")
    asked = await sandbox.say(ann, "снегволк", chat=forum, thread=thread)
    assert asked.reply_to_message is sandbox.topics(forum)[0]  # as Telegram has it
    sent = await bot.send_message(forum.id, "вой", message_thread_id=thread)
    assert (sent.message_thread_id, sent.is_topic_message) == (thread, True)
    assert sent.reply_to_message.forum_topic_created.name == "Вой"
    answer = await bot.send_message(forum.id, "ы", reply_parameters=ReplyParameters(asked.message_id))
    assert answer.message_thread_id == thread
    elsewhere = await bot.send_message(forum.id, "всем")
    assert not elsewhere.is_topic_message
    await bot.send_chat_action(forum.id, ChatAction.TYPING, message_thread_id=thread)
    assert (sandbox.chat_action(forum, thread), sandbox.chat_action(forum)) == ("typing", None)


# Edits and deletions


async def test_edit(sandbox: Sandbox, bot: Bot, ann: User) -> None:
    sent = await bot.send_message(ann.id, "снег", reply_markup=POEM_KEY)
    edited = await bot.edit_message_text("снег тает", ann.id, sent.message_id, reply_markup=POEM_KEY)
    assert edited.edit_date is not None
    assert sandbox.history(ann)[-1].text == "снег тает"
    without_keyboard = await bot.edit_message_text("снег тает", ann.id, sent.message_id)
    assert without_keyboard.reply_markup is None
    with_keyboard = await bot.edit_message_reply_markup(ann.id, sent.message_id, reply_markup=POEM_KEY)
    assert with_keyboard.reply_markup == POEM_KEY


async def test_unchanged_edit(bot: Bot, ann: User) -> None:
    sent = await bot.send_message(ann.id, "*снег*", parse_mode=ParseMode.MARKDOWN_V2, reply_markup=POEM_KEY)
    with pytest.raises(BadRequest, match=NOT_MODIFIED):
        await bot.edit_message_text(
            "<b>снег</b> ", ann.id, sent.message_id, parse_mode=ParseMode.HTML, reply_markup=POEM_KEY
        )
    with pytest.raises(BadRequest, match=NOT_MODIFIED):
        await bot.edit_message_reply_markup(ann.id, sent.message_id, reply_markup=POEM_KEY)
    await bot.edit_message_text("снег", ann.id, sent.message_id, reply_markup=POEM_KEY)  # plain now


async def test_edit_of_the_wrong_message(sandbox: Sandbox, bot: Bot, ann: User) -> None:
    with pytest.raises(BadRequest, match="Message to edit not found"):
        await bot.edit_message_text("снег", ann.id, 12345)
    theirs = await sandbox.say(ann, "моё")
    with pytest.raises(BadRequest, match="Message can't be edited"):
        await bot.edit_message_text("твоё", ann.id, theirs.message_id)
    photo = await bot.send_photo(ann.id, png(2, 2), caption="карта")
    with pytest.raises(BadRequest, match="There is no text in the message to edit"):
        await bot.edit_message_text("снег", ann.id, photo.message_id)


async def test_delete(sandbox: Sandbox, bot: Bot, ann: User) -> None:
    sent = await bot.send_message(ann.id, "след")
    assert await bot.delete_message(ann.id, sent.message_id)
    assert [message.text for message in sandbox.history(ann)] == ["/start"]
    with pytest.raises(BadRequest, match="Message to delete not found"):
        await bot.delete_message(ann.id, sent.message_id)


# Keyboards and callback queries


@pytest.mark.parametrize("data", ["1", "x" * 64, "я" * 32])
async def test_callback_data(bot: Bot, ann: User, data: str) -> None:
    markup = InlineKeyboardMarkup([[InlineKeyboardButton("нажми", callback_data=data)]])
    sent = await bot.send_message(ann.id, "?", reply_markup=markup)
    assert sent.reply_markup.inline_keyboard[0][0].callback_data == data


@pytest.mark.parametrize(
    ("button", "error"),
    [
        ({"text": "a", "callback_data": "x" * 65}, "BUTTON_DATA_INVALID"),
        ({"text": "a", "callback_data": "я" * 33}, "BUTTON_DATA_INVALID"),
        ({"text": "a", "callback_data": ""}, "Text buttons are unallowed in the inline keyboard"),
        ({"text": "a"}, "Text buttons are unallowed in the inline keyboard"),
        ({"text": "", "callback_data": "1"}, "inline keyboard button text must be non-empty"),
        ({"text": "a", "url": "тишина"}, "inline keyboard button URL 'тишина' is invalid"),
        ("a", "InlineKeyboardButton must be an Object"),
    ],
)
async def test_refused_buttons(
    sandbox: Sandbox, http: aiohttp.ClientSession, ann: User, button: object, error: str
) -> None:
    asked = {"chat_id": ann.id, "text": "?", "reply_markup": {"inline_keyboard": [[button]]}}
    async with http.post(f"/bot{sandbox.token}/sendMessage", json=asked) as response:
        answer = await response.json()
    assert answer["error_code"] == 400
    assert error in answer["description"]


async def test_too_many_buttons(bot: Bot, ann: User) -> None:
    row = [InlineKeyboardButton("а", callback_data="1")]
    with pytest.raises(BadRequest, match="Reply markup is too long"):
        await bot.send_message(ann.id, "?", reply_markup=InlineKeyboardMarkup([row] * 101))


async def test_callback_round_trip(sandbox: Sandbox, server: Server, ann: User) -> None:
    async def start(update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        await update.message.reply_text("Какой формой?", reply_markup=POEM_KEY)

    async def choose(update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        query = update.callback_query
        await query.answer(f"{query.from_user.first_name}: {query.data}", show_alert=True)
        await query.edit_message_text("Поэма.")

    async with running(sandbox, server, CommandHandler("start", start), CallbackQueryHandler(choose)):
        question = await sandbox.wait_for(
            lambda: next((one for one in sandbox.history(ann) if one.from_user.is_bot), None)
        )
        answer = await sandbox.press(ann, question.message_id, "Поэма")
        assert answer.text == "Аня: form:poem"
        assert answer.show_alert
        assert sandbox.answers == [answer]
        await sandbox.wait_for(lambda: question.text == "Поэма.")
        with pytest.raises(LookupError):
            await sandbox.press(ann, question.message_id, "Поэма")


async def test_stale_callback_query(sandbox: Sandbox, bot: Bot, ann: User) -> None:
    sent = await bot.send_message(ann.id, "?", reply_markup=POEM_KEY)
    pressing = asyncio.create_task(sandbox.press(ann, sent.message_id, "form:poem"))
    await asyncio.sleep(0)
    query = (await bot.get_updates(offset=-1))[0].callback_query
    assert query.message.message_id == sent.message_id
    await query.answer()
    await pressing
    for query_id in (query.id, "1", "тишина"):
        with pytest.raises(
            BadRequest, match="Query is too old and response timeout expired or query id is in"
        ):
            await bot.answer_callback_query(query_id)


async def test_unanswered_press(sandbox: Sandbox, bot: Bot, ann: User) -> None:
    sent = await bot.send_message(ann.id, "?", reply_markup=POEM_KEY)
    with pytest.raises(TimeoutError):
        await sandbox.press(ann, sent.message_id, "form:poem", within=0.05)


async def test_inline_answers_come_too_late(bot: Bot) -> None:
    with pytest.raises(BadRequest, match="Query is too old"):
        await bot.answer_inline_query("1", [])


# Chat actions, drafts, commands, descriptions


async def test_chat_action(sandbox: Sandbox, bot: Bot, ann: User) -> None:
    before = time.monotonic()
    await bot.send_chat_action(ann.id, ChatAction.TYPING)
    (action,) = sandbox.chat_actions
    assert (action.chat_id, action.action) == (ann.id, "typing")
    assert before <= action.at <= time.monotonic()
    assert sandbox.chat_action(ann) == "typing"
    await bot.send_message(ann.id, "готово")
    assert sandbox.chat_action(ann) is None
    with pytest.raises(BadRequest, match="Wrong parameter action in request"):
        await bot.send_chat_action(ann.id, "dancing")


async def test_draft_lasts_until_the_message(sandbox: Sandbox, bot: Bot, ann: User) -> None:
    assert await bot.send_message_draft(ann.id, 1, "<i>Снег</i>", parse_mode=ParseMode.HTML)
    assert sandbox.draft(ann).text == "Снег"
    assert await bot.send_message_draft(ann.id, 1, "")
    assert sandbox.draft(ann).text == ""
    await bot.send_message(ann.id, "Снег.")
    assert sandbox.draft(ann) is None
    with pytest.raises(BadRequest, match=r"(?i)RANDOM_ID_INVALID"):
        await bot.send_message_draft(ann.id, 0, "Снег")
    group = sandbox.add_group("Стая")
    with pytest.raises(BadRequest):
        await bot.send_message_draft(group.id, 1, "Снег")


async def test_commands_by_scope_and_language(bot: Bot, ann: User) -> None:
    await bot.set_my_commands([BotCommand("help", "помощь")], language_code="ru")
    await bot.set_my_commands([BotCommand("scene", "сцена")], scope=BotCommandScopeChat(ann.id))
    assert await bot.get_my_commands() == ()
    assert await bot.get_my_commands(language_code="ru") == (BotCommand("help", "помощь"),)
    assert await bot.get_my_commands(BotCommandScopeChat(ann.id)) == (BotCommand("scene", "сцена"),)
    await bot.delete_my_commands(language_code="ru")
    assert await bot.get_my_commands(language_code="ru") == ()
    with pytest.raises(BadRequest, match=r"(?i)BOT_COMMAND_INVALID"):
        await bot.set_my_commands([BotCommand("Помощь", "помощь")])


async def test_descriptions(bot: Bot) -> None:
    await bot.set_my_description("Сцена становится текстом.")
    await bot.set_my_short_description("Scenes into texts", language_code="en")
    assert (await bot.get_my_description("ru")).description == "Сцена становится текстом."
    assert (await bot.get_my_short_description("en")).short_description == "Scenes into texts"
    assert (await bot.get_my_short_description()).short_description == ""
    with pytest.raises(BadRequest):
        await bot.set_my_short_description("я" * 121)


# Files


async def test_photo_there_and_back(sandbox: Sandbox, bot: Bot, ann: User) -> None:
    picture = png(40, 30)
    sent = await bot.send_photo(ann.id, picture, caption="<b>Карта</b> сцен", parse_mode=ParseMode.HTML)
    (size,) = sent.photo
    assert (size.width, size.height, size.file_size) == (40, 30, len(picture))
    assert types_and_places(sent.caption_entities) == [("bold", 0, 5)]
    file = await bot.get_file(size.file_id)
    assert bytes(await file.download_as_bytearray()) == picture
    again = await bot.send_photo(ann.id, size.file_id)
    assert again.photo[0].file_unique_id == size.file_unique_id
    assert sandbox.history(ann)[-1].photo.content == picture


async def test_document_there_and_back(bot: Bot, ann: User) -> None:
    content = '{"source": "снегволк"}\n'.encode()
    sent = await bot.send_document(ann.id, content, filename="../архив.jsonl")
    file = await bot.get_file(sent.document.file_id)
    assert ".." not in file.file_path
    assert bytes(await file.download_as_bytearray()) == content
    edited = await bot.edit_message_caption(ann.id, sent.message_id, caption="архив")
    assert edited.caption == "архив"
    with pytest.raises(BadRequest, match=NOT_MODIFIED):
        await bot.edit_message_caption(ann.id, sent.message_id, caption="архив")


async def test_attached_upload(sandbox: Sandbox, http: aiohttp.ClientSession, ann: User) -> None:
    form = aiohttp.FormData({"chat_id": str(ann.id), "photo": "attach://picture"})
    form.add_field("picture", png(3, 3), filename="p.png", content_type="image/png")
    async with http.post(f"/bot{sandbox.token}/sendPhoto", data=form) as response:
        assert (await response.json())["result"]["photo"][0]["width"] == 3


async def test_refused_media(bot: Bot, ann: User) -> None:
    with pytest.raises(BadRequest, match=r"(?i)IMAGE_PROCESS_FAILED"):
        await bot.send_photo(ann.id, b"no picture")
    with pytest.raises(BadRequest, match=r"(?i)PHOTO_INVALID_DIMENSIONS"):
        await bot.send_photo(ann.id, png(100, 1))
    with pytest.raises(BadRequest, match="Message caption is too long"):
        await bot.send_photo(ann.id, png(2, 2), caption="я" * 1025)
    await bot.send_photo(ann.id, png(2, 2), caption="я" * 1024)
    with pytest.raises(BadRequest, match="File must be non-empty"):
        await bot.send_document(ann.id, b"", filename="empty.txt")
    with pytest.raises(BadRequest, match="Wrong file_id"):
        await bot.get_file("nothing")


async def test_files_need_the_token(
    sandbox: Sandbox, http: aiohttp.ClientSession, bot: Bot, ann: User
) -> None:
    sent = await bot.send_document(ann.id, b"x", filename="a.txt")
    path = sandbox.files.get(sent.document.file_id).file_path
    for address, status in ((f"/file/bot1:wrong/{path}", 401), (f"/file/bot{sandbox.token}/etc/passwd", 404)):
        async with http.get(address) as response:
            assert response.status == status


# Entities


async def test_html(bot: Bot, ann: User) -> None:
    text = (
        '🌫 <b>жар <i>тишина</i></b> <a href="https://example.org?a=1&amp;b=2">вход</a> <u>u</u><s>s</s>'
        "<tg-spoiler>x</tg-spoiler> <code>a&lt;b</code>\n"
        '<pre><code class="language-python">print()</code></pre>'
        "<blockquote expandable>тень</blockquote>"
    )
    sent = await bot.send_message(ann.id, text, parse_mode=ParseMode.HTML)
    assert sent.text == "🌫 жар тишина вход usx a<b\nprint()тень"
    assert types_and_places(sent.entities) == [
        ("bold", 3, 10),
        ("italic", 7, 6),
        ("text_link", 14, 4),
        ("underline", 19, 1),
        ("strikethrough", 20, 1),
        ("spoiler", 21, 1),
        ("code", 23, 3),
        ("pre", 27, 7),
        ("expandable_blockquote", 34, 4),
    ]
    assert sent.entities[2].url == "https://example.org/?a=1&b=2"
    assert sent.entities[7].language == "python"
    assert sent.parse_entities()[sent.entities[1]] == "тишина"


async def test_markdown(bot: Bot, ann: User) -> None:
    text = (
        "⚡🌫 *жар _тишина_* __u__ ~s~ ||x|| [вход](https://example.org/\\)) `a\\`b` \\*\n"
        "```python\nprint()```\n>тень\n>след\nконец"
    )
    sent = await bot.send_message(ann.id, text, parse_mode=ParseMode.MARKDOWN_V2)
    assert sent.text == "⚡🌫 жар тишина u s x вход a`b *\nprint()\nтень\nслед\nконец"
    assert types_and_places(sent.entities) == [
        ("bold", 4, 10),
        ("italic", 8, 6),
        ("underline", 15, 1),
        ("strikethrough", 17, 1),
        ("spoiler", 19, 1),
        ("text_link", 21, 4),
        ("code", 26, 3),
        ("pre", 32, 7),
        ("blockquote", 40, 10),
    ]
    assert sent.entities[5].url == "https://example.org/)"
    assert sent.entities[7].language == "python"


async def test_expandable_quotation_in_markdown(bot: Bot, ann: User) -> None:
    sent = await bot.send_message(ann.id, ">a\n>b||", parse_mode=ParseMode.MARKDOWN_V2)
    assert sent.text == "a\nb"
    assert types_and_places(sent.entities) == [("expandable_blockquote", 0, 3)]


async def test_mention(bot: Bot, ann: User) -> None:
    text = f'<a href="tg://user?id={ann.id}">Аня</a> и <a href="tg://user?id=999">никто</a>'
    sent = await bot.send_message(ann.id, text, parse_mode=ParseMode.HTML)
    assert sent.text == "Аня и никто"
    assert types_and_places(sent.entities) == [("text_mention", 0, 3)]
    assert sent.entities[0].user.first_name == "Аня"


@pytest.mark.parametrize(
    ("markup", "error"),
    [
        ("я<br>", 'unsupported start tag "br" at byte offset 2'),
        ("<b>я", 'can\'t find end tag corresponding to start tag "b"'),
        ("я</b>", "unexpected end tag at byte offset 2"),
        ("<b><i>я</b></i>", 'unmatched end tag at byte offset 8, expected "</i>", found "</b>"'),
        ("<b", "unclosed start tag at byte offset 0"),
        ("<b>я</b", "unclosed end tag at byte offset 5"),
        ("<span>я</span>", 'tag "span" must have class "tg-spoiler" at byte offset 0'),
        ('<a href=x"y">я</a>', "unexpected end of name token at byte offset 8"),
        ('<a ="x">я</a>', 'empty attribute name in the tag "a" at byte offset 0'),
        ('<a href="x', "unclosed start tag at byte offset 0"),
        ("&#xd83d;", "text contains invalid Unicode characters after decoding HTML entities"),
        ("5 < 6", 'unsupported start tag "" at byte offset 2'),
    ],
)
def test_broken_html(markup: str, error: str) -> None:
    with pytest.raises(sandbox_errors.BadRequest) as refused:
        parse(markup, "HTML")
    assert f"bad request: can't parse entities: {error}".lower() in str(refused.value).lower()


@pytest.mark.parametrize(
    ("markup", "error"),
    [
        ("Конец.", "Character '.' is reserved and must be escaped with the preceding '\\'"),
        ("a|b", "Character '|' is reserved"),
        ("раз - два", "Character '-' is reserved"),
        ("a > b", "Character '>' is reserved"),
        ("я*снег", "Can't find end of Bold entity at byte offset 2"),
        ("_снег", "Can't find end of Italic entity at byte offset 0"),
        ("`снег", "Can't find end of Code entity at byte offset 0"),
        ("```py\nснег", "Can't find end of PreCode entity at byte offset 0"),
        ("[вход](https://x", "Can't find end of a URL at byte offset 11"),
        ("[вход", "Can't find end of TextUrl entity at byte offset 0"),
        (">a *b\nc*", "Can't find end of Bold entity at byte offset 3"),
        ("![x]", "The entity must contain a tg://emoji or tg://time URL"),
    ],
)
def test_broken_markdown(markup: str, error: str) -> None:
    with pytest.raises(sandbox_errors.BadRequest) as refused:
        parse(markup, "MarkdownV2")
    assert f"Bad Request: can't parse entities: {error}" in str(refused.value)


async def test_parse_errors_reach_the_bot(bot: Bot, ann: User) -> None:
    with pytest.raises(BadRequest, match='Can\'t parse entities: unsupported start tag "x" at byte offset 3'):
        await bot.send_message(ann.id, "я <x>", parse_mode=ParseMode.HTML)
    with pytest.raises(BadRequest, match="Unsupported parse_mode"):
        await bot.send_message(ann.id, "я", parse_mode="XML")


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=60) | st.text(
    "_*[]()~`>#+-=|{}.!\\&<;#x27\n 🌫я", max_size=40
)


@given(texts)
def test_escaped_html_comes_back(text: str) -> None:
    assert parse(html.escape(text), "HTML") == (text, [])


@given(texts)
def test_escaped_markdown_comes_back(text: str) -> None:
    assert parse(escape_markdown(text, version=2), "MarkdownV2") == (text, [])


@given(st.lists(st.tuples(st.sampled_from(["b", "i", "u", "s"]), texts), max_size=5))
def test_entities_cover_what_the_tags_held(parts: list[tuple[str, str]]) -> None:
    markup = "".join(f"<{tag}>{html.escape(text)}</{tag}>" for tag, text in parts)
    plain, entities = parse(markup, "html")
    units = plain.encode("utf-16-le")
    held = [units[2 * one.offset : 2 * one.end].decode("utf-16-le") for one in entities]
    assert held == [text for _, text in parts if text]


@given(st.text(max_size=40))
@settings(max_examples=300)
def test_any_markup_is_parsed_or_refused(text: str) -> None:
    for mode in ("HTML", "MarkdownV2"):
        with contextlib.suppress(sandbox_errors.BadRequest):
            plain, entities = parse(text, mode)
            clean(plain, entities)


async def test_given_entities_are_checked(sandbox: Sandbox, http: aiohttp.ClientSession, ann: User) -> None:
    async def send(*entities: dict[str, object]) -> dict[str, object]:
        asked = {"chat_id": ann.id, "text": "🌫 снег", "entities": entities}
        async with http.post(f"/bot{sandbox.token}/sendMessage", json=asked) as response:
            return await response.json()

    bold = {"type": "bold", "offset": 0, "length": 2}
    assert (await send(bold))["result"]["entities"] == [bold]
    assert "in a middle of a UTF-16 symbol" in (await send({**bold, "offset": 1}))["description"]
    assert "ends after the end of the text" in (await send({**bold, "length": 99}))["description"]
    assert "begins after the end of the text" in (await send({**bold, "offset": 99}))["description"]
    assert "incorrect offset -1" in (await send({**bold, "offset": -1}))["description"]


# Cleaning


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("  снег \n", "снег"),
        ("a\tb\x00c\x1fd", "a b c d"),
        ("a\r\nb\rc", "a\nbc"),
        ("a\u2028b\u202ec\u202fd", "abc\u202fd"),
        ("a\u0333b\u033fc\u030ad\u0301", "abcd\u0301"),
        ("a\u200e\u200f\u200eb\u200fc", "a\u200c\u200c\u200eb\u200fc"),
        ("a\u200b\u200d\ufe0f\U000e0041b", "a\u200b\u200d\ufe0f\U000e0041b"),
        ("x" * 40_000, "x" * 34_996),
        ("я" * 20_000, "я" * 17_498),
    ],
)
def test_cleaning(sent: str, kept: str) -> None:
    assert clean(sent)[0] == kept


@given(st.text(st.characters(codec="utf-8"), max_size=60))
def test_cleaning_leaves_nothing_to_clean(text: str) -> None:
    cleaned = clean(text)[0]
    # A direction mark may come to stand beside another when what was between them goes.
    assert clean(cleaned)[0] == cleaned
    assert not set(cleaned) & set("\r\t\u2028\u202e\u0333\u033f\u030a")


@pytest.mark.parametrize(
    ("text", "given_places", "kept", "places"),
    [
        ("  a  b ", [("bold", 0, 7)], "a  b", [("bold", 0, 4)]),
        ("a  b", [("bold", 1, 2)], "a  b", []),
        ("a  b", [("bold", 1, 3)], "a  b", [("bold", 3, 1)]),
        ("  b", [("code", 1, 2)], " b", [("code", 0, 2)]),
        ("я" * 17_501, [("bold", 0, 1), ("italic", 17_499, 2)], "я" * 17_500, [("bold", 0, 1)]),
    ],
)
def test_entities_begin_where_something_is_seen(
    text: str, given_places: list[tuple[str, int, int]], kept: str, places: list[tuple[str, int, int]]
) -> None:
    cleaned, entities = clean(text, [SandboxEntity(*place) for place in given_places])
    assert (cleaned, types_and_places(entities)) == (kept, places)


async def test_both_sides_are_cleaned(sandbox: Sandbox, bot: Bot, ann: User) -> None:
    said = await sandbox.say(ann, " снег\r\n\u202eволк\t")
    assert said.text == "снег\nволк"
    sent = await bot.send_message(ann.id, "\r <b>сне\rг</b>\t\u2028", parse_mode=ParseMode.HTML)
    assert sent.text == "снег"
    assert types_and_places(sent.entities) == [("bold", 0, 4)]
    with pytest.raises(sandbox_errors.BadRequest):
        await sandbox.say(ann, " \u200b ")
    with pytest.raises(sandbox_errors.BadRequest):
        await sandbox.say(ann, "я" * 4097)


# People


@pytest.mark.parametrize(
    ("text", "commands"),
    [
        ("/start", ["/start"]),
        ("🌫 /scene@hyperbridge_bot SCN-42", ["/scene@hyperbridge_bot"]),
        ("и/или, 1/2, https://a.b/c //x </x> /тишина", []),
        ("(/help) /a_1.", ["/help", "/a_1"]),
    ],
)
async def test_commands_in_a_text(
    sandbox: Sandbox, bot: Bot, ann: User, text: str, commands: list[str]
) -> None:
    await sandbox.say(ann, text)
    message = (await bot.get_updates())[-1].message
    assert list(message.parse_entities(["bot_command"]).values()) == commands


async def test_a_whole_bot(sandbox: Sandbox, server: Server, ann: User) -> None:
    async def start(update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        await update.message.reply_text(f"[{update.effective_user.language_code}]")

    async def echo(update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        await update.message.reply_chat_action(ChatAction.TYPING)
        await update.message.reply_text(update.message.text[::-1])

    def heard(text: str) -> Callable[[], bool]:
        return lambda: any(one.text == text and one.from_user.is_bot for one in sandbox.history(ann))

    handlers = CommandHandler("start", start), MessageHandler(filters.TEXT & ~filters.COMMAND, echo)
    async with running(sandbox, server, *handlers):
        await sandbox.wait_for(heard("[ru]"))
        ann.language_code = "en"
        await sandbox.say(ann, "/start")
        await sandbox.say(ann, "снег")
        await sandbox.wait_for(lambda: heard("[en]")() and heard("генс")())
    assert [one.action for one in sandbox.chat_actions] == ["typing"]


# The page


async def test_page_routes(sandbox: Sandbox, http: aiohttp.ClientSession, bot: Bot) -> None:
    async with http.get("/") as response:
        page = await response.text()
        policy = response.headers["Content-Security-Policy"]
    assert "innerHTML" not in page
    assert "default-src 'none'" in policy
    async with http.get("/sandbox/history") as response:
        state = await response.json()
    assert state["messages"] == []
    (person,) = sandbox.people.values()

    async with http.post("/sandbox/say", json={"text": "<b>снег</b>"}) as response:
        assert response.status == 200
    sent = await bot.send_message(person.id, "?", reply_markup=POEM_KEY)
    press = {"message_id": sent.message_id, "data": "form:poem"}
    pressing = asyncio.create_task(http.post("/sandbox/press", json=press))
    query = (await bot.get_updates(offset=-1, timeout=5))[0].callback_query
    await query.answer("да")
    async with await pressing as response:
        assert await response.json() == {"text": "да", "show_alert": False}

    async with http.post("/sandbox/language", json={"language_code": "en"}) as response:
        assert response.status == 200
    await bot.send_chat_action(person.id, ChatAction.TYPING)
    async with http.get("/sandbox/history", params={"version": state["version"]}) as response:
        state = await response.json()
    assert [message["text"] for message in state["messages"]] == ["<b>снег</b>", "?"]
    assert state["person"]["language_code"] == "en"
    assert state["chat_action"] == "typing"


async def test_page_waits_for_changes(sandbox: Sandbox, http: aiohttp.ClientSession, ann: User) -> None:
    query = {"version": str(sandbox.changes.version)}
    waiting = asyncio.create_task(http.get("/sandbox/history", params=query))
    await asyncio.sleep(0.1)
    assert not waiting.done()
    await sandbox.say(ann, "снег")
    async with await waiting as response:
        assert (await response.json())["messages"][-1]["text"] == "снег"


async def test_documents_are_never_shown_in_the_page(
    sandbox: Sandbox, http: aiohttp.ClientSession, bot: Bot, ann: User
) -> None:
    sent = await bot.send_document(ann.id, b"<script>", filename="a.html")
    async with http.get(f"/sandbox/file/{sent.document.file_id}") as response:
        assert response.content_type == "application/octet-stream"
        assert response.headers["Content-Disposition"] == "attachment"
    photo = await bot.send_photo(ann.id, png(2, 2))
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


async def test_port_is_taken(server: Server) -> None:
    with pytest.raises(OSError, match="address already in use"):
        await serve(Sandbox(), port=int(server.url.rsplit(":", 1)[1]))
