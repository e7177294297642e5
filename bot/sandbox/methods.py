"""The Bot API's methods, acting on a sandbox.

One coroutine a method, under the method's own name in snake case; each takes the world and the request's
parameters and returns the ``result``. Parameters that change nothing here (``disable_notification``,
``link_preview_options`` …) are accepted and ignored, as Telegram ignores what it doesn't know.
Source: https://core.telegram.org/bots/api#available-methods. Here are those about updates, buttons
and files; the others stand in modules of their own.
"""

import re
from collections.abc import Awaitable, Callable
from typing import Any

from bot.sandbox import chats, inline, introduction, sending
from bot.sandbox.errors import BadRequest
from bot.sandbox.files import MAX_DOWNLOAD
from bot.sandbox.objects import JSON, CallbackAnswer
from bot.sandbox.parameters import Parameters
from bot.sandbox.text import check_utf8
from bot.sandbox.world import World


async def get_updates(world: World, given: Parameters) -> list[JSON]:
    world.updates.allow(given.json("allowed_updates", list))
    limit = given.integer("limit", 100)
    return await world.updates.get(
        given.integer("offset"), min(max(limit, 1), 100), max(given.integer("timeout"), 0)
    )


async def set_webhook(world: World, given: Parameters) -> bool:
    url, secret_token = given.text("url"), given.text("secret_token")
    # Plain HTTP is allowed, as by a Bot API server run with --local.
    if url and not re.match(r"https?://[^/]", url):
        raise BadRequest("invalid webhook URL specified")
    if len(secret_token) > 256:
        raise BadRequest("secret token is too long")
    if not re.fullmatch(r"[A-Za-z0-9_-]*", secret_token):
        raise BadRequest("secret token contains unallowed characters")
    if given.boolean("drop_pending_updates"):
        world.updates.drop()
    world.updates.allow(given.json("allowed_updates", list))
    world.updates.webhook = {"url": url, "secret_token": secret_token}
    world.changes.note()
    return True


async def delete_webhook(world: World, given: Parameters) -> bool:
    if given.boolean("drop_pending_updates"):
        world.updates.drop()
    world.updates.webhook = {"url": ""}
    world.changes.note()
    return True


async def get_webhook_info(world: World, _: Parameters) -> JSON:
    webhook = {name: value for name, value in world.updates.webhook.items() if name != "secret_token"}
    return {
        **webhook,
        "has_custom_certificate": False,
        "pending_update_count": len(world.updates.pending()),
    }


async def answer_callback_query(world: World, given: Parameters) -> bool:
    text = check_utf8(given.text("text"))
    if len(text) > 200:
        raise BadRequest("MESSAGE_TOO_LONG")
    world.answer_press(
        CallbackAnswer(given.text("callback_query_id"), text, given.boolean("show_alert"), given.text("url"))
    )
    return True


async def get_file(world: World, given: Parameters) -> JSON:
    if not (file_id := given.text("file_id")):
        raise BadRequest("file_id not specified")
    file = world.files.get(file_id)
    if len(file.content) > MAX_DOWNLOAD:
        raise BadRequest("file is too big")
    return file.to_json()


METHODS: dict[str, Callable[[World, Parameters], Awaitable[Any]]] = {
    method.__name__.replace("_", ""): method
    for method in (
        get_updates,
        set_webhook,
        delete_webhook,
        get_webhook_info,
        answer_callback_query,
        get_file,
        sending.send_message,
        sending.send_photo,
        sending.send_document,
        sending.send_message_draft,
        sending.forward_message,
        sending.copy_message,
        sending.edit_message_text,
        sending.edit_message_caption,
        sending.edit_message_reply_markup,
        sending.delete_message,
        sending.delete_messages,
        sending.send_chat_action,
        inline.answer_inline_query,
        chats.get_chat,
        chats.get_chat_member,
        chats.get_chat_administrators,
        chats.get_chat_member_count,
        chats.leave_chat,
        chats.create_forum_topic,
        introduction.get_me,
        introduction.set_my_commands,
        introduction.get_my_commands,
        introduction.delete_my_commands,
        introduction.set_my_name,
        introduction.get_my_name,
        introduction.set_my_description,
        introduction.get_my_description,
        introduction.set_my_short_description,
        introduction.get_my_short_description,
    )
}
"""The methods by name, in lower case: the Bot API doesn't mind how a method's name is cased."""
