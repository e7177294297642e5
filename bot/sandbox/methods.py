"""The Bot API's methods, acting on a sandbox.

One coroutine a method, under the method's own name in snake case; each takes the sandbox and the request's
parameters and returns the ``result``. Parameters that change nothing here (``disable_notification``,
``link_preview_options`` …) are accepted and ignored, as Telegram ignores what it doesn't know.
Source: https://core.telegram.org/bots/api#available-methods.
"""

import json
import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from bot.sandbox.entities import bot_commands, parse
from bot.sandbox.errors import BadRequest
from bot.sandbox.files import MAX_DOWNLOAD
from bot.sandbox.markup import reply_markup
from bot.sandbox.objects import (
    JSON,
    CallbackAnswer,
    Chat,
    ChatAction,
    Draft,
    File,
    Message,
    MessageEntity,
    User,
)
from bot.sandbox.parameters import Parameters
from bot.sandbox.people import Sandbox
from bot.sandbox.text import MAX_CAPTION, MAX_MARKUP_BYTES, MAX_TEXT, check_utf8, clean, is_blank

CHAT_ACTIONS = frozenset(
    "cancel typing upload_photo upload_document choose_sticker find_location pick_up_location "
    "record_video upload_video record_voice upload_voice record_audio upload_audio "
    "record_video_note upload_video_note".split()
)
"""The actions of #sendchataction, and the older names and "cancel" that the Bot API server still takes."""

QUERY_TOO_OLD = "query is too old and response timeout expired or query ID is invalid"


async def get_me(sandbox: Sandbox, _: Parameters) -> JSON:
    return {
        **sandbox.bot.to_json(),
        "can_join_groups": True,
        "can_read_all_group_messages": True,
        "supports_inline_queries": False,
        "can_connect_to_business": False,
        "has_main_web_app": False,
    }


async def get_updates(sandbox: Sandbox, given: Parameters) -> list[JSON]:
    sandbox.updates.allow(given.json("allowed_updates", list))
    limit = given.integer("limit", 100)
    return await sandbox.updates.get(
        given.integer("offset"), min(max(limit, 1), 100), max(given.integer("timeout"), 0)
    )


async def set_webhook(sandbox: Sandbox, given: Parameters) -> bool:
    url, secret_token = given.text("url"), given.text("secret_token")
    # Plain HTTP is allowed, as by a Bot API server run with --local.
    if url and not re.match(r"https?://[^/]", url):
        raise BadRequest("invalid webhook URL specified")
    if len(secret_token) > 256:
        raise BadRequest("secret token is too long")
    if not re.fullmatch(r"[A-Za-z0-9_-]*", secret_token):
        raise BadRequest("secret token contains unallowed characters")
    if given.boolean("drop_pending_updates"):
        sandbox.updates.drop()
    sandbox.updates.allow(given.json("allowed_updates", list))
    sandbox.updates.webhook = {"url": url, "secret_token": secret_token}
    sandbox.changes.note()
    return True


async def delete_webhook(sandbox: Sandbox, given: Parameters) -> bool:
    if given.boolean("drop_pending_updates"):
        sandbox.updates.drop()
    sandbox.updates.webhook = {"url": ""}
    sandbox.changes.note()
    return True


async def get_webhook_info(sandbox: Sandbox, _: Parameters) -> JSON:
    webhook = {name: value for name, value in sandbox.updates.webhook.items() if name != "secret_token"}
    return {
        **webhook,
        "has_custom_certificate": False,
        "pending_update_count": len(sandbox.updates.pending()),
    }


async def send_message(sandbox: Sandbox, given: Parameters) -> JSON:
    text, entities = _text(sandbox, given)
    return _send(sandbox, given, text=text, entities=entities)


async def send_photo(sandbox: Sandbox, given: Parameters) -> JSON:
    caption, entities = _caption(sandbox, given)
    chat = sandbox.known_chat(given.text("chat_id"))
    photo = _file(sandbox, given, "photo", lambda content, _: sandbox.files.add_photo(content))
    return _send(sandbox, given, chat=chat, text=caption, entities=entities, photo=photo)


async def send_document(sandbox: Sandbox, given: Parameters) -> JSON:
    caption, entities = _caption(sandbox, given)
    chat = sandbox.known_chat(given.text("chat_id"))
    document = _file(sandbox, given, "document", sandbox.files.add_document)
    return _send(sandbox, given, chat=chat, text=caption, entities=entities, document=document)


async def send_message_draft(sandbox: Sandbox, given: Parameters) -> bool:
    # An empty text is allowed: the person sees that the bot is thinking.
    text, entities = _formatted(sandbox, given, "text", "entities")
    if len(text) > MAX_TEXT:
        raise BadRequest("message is too long")
    chat = sandbox.known_chat(given.text("chat_id"))
    if chat.type != "private":
        raise BadRequest("TEXTDRAFT_PEER_INVALID")
    if not (draft_id := given.integer("draft_id")):
        raise BadRequest("RANDOM_ID_INVALID")
    sandbox.drafts[chat.id] = Draft(chat.id, draft_id, text, entities, time.monotonic())
    sandbox.changes.note()
    return True


async def edit_message_text(sandbox: Sandbox, given: Parameters) -> JSON:
    text, entities = _text(sandbox, given)
    message = _editable(sandbox, given)
    if message.photo or message.document:
        raise BadRequest("there is no text in the message to edit")
    return _edit(sandbox, given, message, text, entities)


async def edit_message_caption(sandbox: Sandbox, given: Parameters) -> JSON:
    caption, entities = _caption(sandbox, given)
    message = _editable(sandbox, given)
    if not (message.photo or message.document):
        raise BadRequest("there is no caption in the message to edit")
    return _edit(sandbox, given, message, caption, entities)


async def edit_message_reply_markup(sandbox: Sandbox, given: Parameters) -> JSON:
    message = _editable(sandbox, given)
    return _edit(sandbox, given, message, message.text, message.entities)


async def delete_message(sandbox: Sandbox, given: Parameters) -> bool:
    if not given.text("chat_id"):
        raise BadRequest("chat identifier is not specified")
    if not given.integer("message_id"):
        raise BadRequest("message identifier is not specified")
    sandbox.delete(_existing(sandbox, given, "message to delete"))
    return True


async def send_chat_action(sandbox: Sandbox, given: Parameters) -> bool:
    action = given.text("action").lower()
    if action not in CHAT_ACTIONS:
        raise BadRequest("wrong parameter action in request")
    chat = sandbox.known_chat(given.text("chat_id"))
    sandbox.chat_actions.append(ChatAction(chat.id, action, time.monotonic()))
    sandbox.changes.note()
    return True


async def answer_callback_query(sandbox: Sandbox, given: Parameters) -> bool:
    text = check_utf8(given.text("text"))
    if len(text) > 200:
        raise BadRequest("MESSAGE_TOO_LONG")
    sandbox.answer_query(
        CallbackAnswer(given.text("callback_query_id"), text, given.boolean("show_alert"), given.text("url"))
    )
    return True


async def answer_inline_query(sandbox: Sandbox, given: Parameters) -> bool:
    if given.json("results", list) is None:
        raise BadRequest("can't parse inline query results JSON object")
    # Nobody in this sandbox asks inline queries yet, so every answer comes to none.
    raise BadRequest(QUERY_TOO_OLD)


async def get_chat(sandbox: Sandbox, given: Parameters) -> JSON:
    chat = sandbox.known_chat(given.text("chat_id"))
    gifts = (
        "unlimited_gifts",
        "limited_gifts",
        "unique_gifts",
        "premium_subscription",
        "gifts_from_channels",
    )
    return {
        **chat.to_json(),
        "accent_color_id": 0,
        "max_reaction_count": 11,
        "accepted_gift_types": dict.fromkeys(gifts, True),
    }


async def get_file(sandbox: Sandbox, given: Parameters) -> JSON:
    if not (file_id := given.text("file_id")):
        raise BadRequest("file_id not specified")
    file = sandbox.files.get(file_id)
    if len(file.content) > MAX_DOWNLOAD:
        raise BadRequest("file is too big")
    return file.to_json()


async def set_my_commands(sandbox: Sandbox, given: Parameters) -> bool:
    commands = given.json("commands", list) or []
    if len(commands) > 100:
        raise BadRequest("BOT_COMMANDS_TOO_MUCH")
    kept = []
    for one in commands:
        if not isinstance(one, dict) or not {"command", "description"} <= one.keys():
            raise BadRequest("can't parse BotCommand: expected an Object")
        command = str(one["command"]).strip().removeprefix("/")
        description = clean(str(one["description"]))[0]
        if not command:
            raise BadRequest("command must be non-empty")
        if not description:
            raise BadRequest("command description must be non-empty")
        if len(description) > 256:
            raise BadRequest("command description length must not exceed 256")
        if not re.fullmatch(r"[a-z0-9_]{1,32}", command):
            raise BadRequest("BOT_COMMAND_INVALID")
        kept.append({"command": command, "description": description})
    sandbox.commands[_scope(given)] = kept
    sandbox.changes.note()
    return True


async def get_my_commands(sandbox: Sandbox, given: Parameters) -> list[JSON]:
    return sandbox.commands.get(_scope(given), [])


async def delete_my_commands(sandbox: Sandbox, given: Parameters) -> bool:
    sandbox.commands.pop(_scope(given), None)
    sandbox.changes.note()
    return True


async def set_my_description(sandbox: Sandbox, given: Parameters) -> bool:
    return _set_about(sandbox, given, "description", 512)


async def get_my_description(sandbox: Sandbox, given: Parameters) -> JSON:
    return _get_about(sandbox, given, "description")


async def set_my_short_description(sandbox: Sandbox, given: Parameters) -> bool:
    return _set_about(sandbox, given, "short_description", 120)


async def get_my_short_description(sandbox: Sandbox, given: Parameters) -> JSON:
    return _get_about(sandbox, given, "short_description")


METHODS: dict[str, Callable[[Sandbox, Parameters], Awaitable[Any]]] = {
    method.__name__.replace("_", ""): method
    for method in (
        get_me,
        get_updates,
        set_webhook,
        delete_webhook,
        get_webhook_info,
        send_message,
        send_photo,
        send_document,
        send_message_draft,
        edit_message_text,
        edit_message_caption,
        edit_message_reply_markup,
        delete_message,
        send_chat_action,
        answer_callback_query,
        answer_inline_query,
        get_chat,
        get_file,
        set_my_commands,
        get_my_commands,
        delete_my_commands,
        set_my_description,
        get_my_description,
        set_my_short_description,
        get_my_short_description,
    )
}
"""The methods by name, in lower case: the Bot API doesn't mind how a method's name is cased."""


def _send(sandbox: Sandbox, given: Parameters, chat: Chat | None = None, **fields: Any) -> JSON:
    chat = chat or sandbox.known_chat(given.text("chat_id"))
    message = sandbox.deliver(
        sandbox.bot,
        chat,
        reply_markup=reply_markup(given),
        reply_to_message=_replied_to(sandbox, given, chat),
        message_thread_id=given.integer("message_thread_id") or None,
        **fields,
    )
    return message.to_json()


def _edit(
    sandbox: Sandbox, given: Parameters, message: Message, text: str, entities: list[MessageEntity]
) -> JSON:
    markup = reply_markup(given)
    if markup and "inline_keyboard" not in markup:
        raise BadRequest("inline keyboard expected")
    if (text, entities, markup) == (message.text, message.entities, message.reply_markup):
        raise BadRequest(
            "message is not modified: specified new message content and reply markup are exactly the same "
            "as a current content and reply markup of the message"
        )
    message.text, message.entities, message.reply_markup = text, entities, markup
    message.edit_date = int(time.time())
    sandbox.changes.note()
    return message.to_json()


def _formatted(
    sandbox: Sandbox, given: Parameters, name: str, entities_name: str
) -> tuple[str, list[MessageEntity]]:
    text, parse_mode = given.text(name), given.text("parse_mode")
    if len(text.encode(errors="replace")) > MAX_MARKUP_BYTES:
        raise BadRequest("text is too long")
    if text and parse_mode and parse_mode.lower() != "none":
        text, entities = parse(check_utf8(text), parse_mode)
    else:
        entities = [_entity(one) for one in given.json(entities_name, list) or []]
    # A mention holds only an id so far; of somebody the bot has never met, only its text stays.
    entities = [
        replace(one, user=sandbox.people.get(one.user.id)) if one.user else one
        for one in entities
        if one.user is None or one.user.id in sandbox.people
    ]
    text, entities = clean(text, entities)
    return text, sorted([*entities, *bot_commands(text, entities)], key=lambda one: one.offset)


def _text(sandbox: Sandbox, given: Parameters) -> tuple[str, list[MessageEntity]]:
    if not given.text("text"):
        raise BadRequest("message text is empty")
    text, entities = _formatted(sandbox, given, "text", "entities")
    if is_blank(text):
        raise BadRequest("text must be non-empty")
    if len(text) > MAX_TEXT:
        raise BadRequest("message is too long")
    return text, entities


def _caption(sandbox: Sandbox, given: Parameters) -> tuple[str, list[MessageEntity]]:
    caption, entities = _formatted(sandbox, given, "caption", "caption_entities")
    if len(caption) > MAX_CAPTION:
        raise BadRequest("message caption is too long")
    return ("", []) if is_blank(caption) else (caption, entities)


def _entity(one: Any) -> MessageEntity:
    try:
        entity = MessageEntity(
            str(one["type"]),
            int(one["offset"]),
            int(one["length"]),
            url=one.get("url"),
            user=User(int(one["user"]["id"]), "") if "user" in one else None,
            language=one.get("language"),
            custom_emoji_id=one.get("custom_emoji_id"),
        )
    except (AttributeError, KeyError, TypeError, ValueError):
        raise BadRequest("can't parse MessageEntity: expected an Object") from None
    for name, value in (("offset", entity.offset), ("length", entity.length)):
        if not 0 <= value <= 1_000_000:
            raise BadRequest(f"receive an entity with incorrect {name} {value}")
    return entity


def _file(sandbox: Sandbox, given: Parameters, name: str, keep: Callable[[bytes, str], File]) -> File:
    upload = given.upload(name)
    if upload is not None:
        return keep(*upload)
    file_id = given.text(name)
    if not file_id or file_id.startswith("attach://"):
        raise BadRequest(f"there is no {name} in the request")
    if re.match(r"https?://", file_id):
        raise BadRequest("failed to get HTTP URL content")  # a sandbox fetches nothing
    return sandbox.files.get(file_id)


def _existing(sandbox: Sandbox, given: Parameters, what: str) -> Message:
    message = sandbox.message(sandbox.known_chat(given.text("chat_id")), given.integer("message_id"))
    if message is None:
        raise BadRequest(f"{what} not found")
    return message


def _editable(sandbox: Sandbox, given: Parameters) -> Message:
    if not given.text("chat_id") and not given.integer("message_id"):
        raise BadRequest("message identifier is not specified")
    message = _existing(sandbox, given, "message to edit")
    if message.from_user is not sandbox.bot:
        raise BadRequest("message can't be edited")
    return message


def _replied_to(sandbox: Sandbox, given: Parameters, chat: Chat) -> Message | None:
    reply = given.json("reply_parameters", dict) or {
        "message_id": given.integer("reply_to_message_id"),
        "allow_sending_without_reply": given.boolean("allow_sending_without_reply"),
    }
    message_id = reply.get("message_id")
    if not message_id:
        return None
    message = sandbox.message(chat, message_id) if isinstance(message_id, int) else None
    if message is None and not reply.get("allow_sending_without_reply"):
        raise BadRequest("message to be replied not found")
    return message


def _scope(given: Parameters) -> tuple[str, str]:
    scope = given.json("scope", dict) or {"type": "default"}
    return json.dumps(scope, sort_keys=True), given.text("language_code")


def _set_about(sandbox: Sandbox, given: Parameters, kind: str, limit: int) -> bool:
    text = clean(given.text(kind))[0]
    if len(text) > limit:
        raise BadRequest(f"{kind.upper()}_TOO_LONG")
    sandbox.about[kind, given.text("language_code")] = text
    sandbox.changes.note()
    return True


def _get_about(sandbox: Sandbox, given: Parameters, kind: str) -> JSON:
    # A language without a text of its own gets the one for everybody.
    own = sandbox.about.get((kind, given.text("language_code")))
    return {kind: own or sandbox.about.get((kind, ""), "")}
