"""The methods that send, edit, forward and delete: https://core.telegram.org/bots/api#sendmessage and on."""

import time
from typing import Any

from bot.sandbox.contents import caption_of, file_of, formatted, text_of
from bot.sandbox.errors import BadRequest
from bot.sandbox.markup import reply_markup
from bot.sandbox.objects import JSON, Chat, Draft, Message, MessageEntity
from bot.sandbox.parameters import Parameters
from bot.sandbox.text import MAX_TEXT
from bot.sandbox.world import World

CHAT_ACTIONS = frozenset(
    "cancel typing upload_photo upload_document choose_sticker find_location pick_up_location "
    "record_video upload_video record_voice upload_voice record_audio upload_audio "
    "record_video_note upload_video_note".split()
)
"""The actions of #sendchataction, and the older names and "cancel" that the Bot API server still takes."""


async def send_message(world: World, given: Parameters) -> JSON:
    text, entities = text_of(world, given)
    return _send(world, given, text=text, entities=entities)


async def send_photo(world: World, given: Parameters) -> JSON:
    caption, entities = caption_of(world, given)
    world.open_chat(given.text("chat_id"))  # before the file is kept
    photo = file_of(world, given, "photo", lambda content, _: world.files.add_photo(content))
    return _send(world, given, text=caption, entities=entities, photo=photo)


async def send_document(world: World, given: Parameters) -> JSON:
    caption, entities = caption_of(world, given)
    world.open_chat(given.text("chat_id"))
    document = file_of(world, given, "document", world.files.add_document)
    return _send(world, given, text=caption, entities=entities, document=document)


async def send_message_draft(world: World, given: Parameters) -> bool:
    # An empty text is allowed: the person sees that the bot is thinking.
    text, entities = formatted(world, given, "text", "entities")
    if len(text) > MAX_TEXT:
        raise BadRequest("message is too long")
    chat = world.open_chat(given.text("chat_id"))
    if chat.type != "private":
        raise BadRequest("TEXTDRAFT_PEER_INVALID")
    if not (draft_id := given.integer("draft_id")):
        raise BadRequest("RANDOM_ID_INVALID")
    world.drafts[chat.id] = Draft(chat.id, draft_id, text, entities, time.monotonic())
    world.changes.note()
    return True


async def forward_message(world: World, given: Parameters) -> JSON:
    message = _source(world, given, "message to forward")
    origin = message.forward_origin or {
        "type": "user",
        "date": message.date,
        "sender_user": message.from_user.to_json(),
    }
    return _send(world, given, **_carried(message), forward_origin=origin)


async def copy_message(world: World, given: Parameters) -> JSON:
    message = _source(world, given, "message to copy")
    carried = _carried(message)
    if given.text("caption") and (message.photo or message.document):
        carried["text"], carried["entities"] = caption_of(world, given)
    return {"message_id": _send(world, given, **carried)["message_id"]}


async def edit_message_text(world: World, given: Parameters) -> JSON | bool:
    text, entities = text_of(world, given)
    message = _editable(world, given)
    if message.photo or message.document:
        raise BadRequest("there is no text in the message to edit")
    return _edit(world, given, message, text, entities)


async def edit_message_caption(world: World, given: Parameters) -> JSON | bool:
    caption, entities = caption_of(world, given)
    message = _editable(world, given)
    if not (message.photo or message.document):
        raise BadRequest("there is no caption in the message to edit")
    return _edit(world, given, message, caption, entities)


async def edit_message_reply_markup(world: World, given: Parameters) -> JSON | bool:
    message = _editable(world, given)
    return _edit(world, given, message, message.text, message.entities)


async def delete_message(world: World, given: Parameters) -> bool:
    if not given.text("chat_id"):
        raise BadRequest("chat identifier is not specified")
    if not given.integer("message_id"):
        raise BadRequest("message identifier is not specified")
    message = _existing(world, given, "message to delete")
    _delete(world, message)
    return True


async def delete_messages(world: World, given: Parameters) -> bool:
    chat = world.open_chat(given.text("chat_id"))
    wanted = given.json("message_ids", list) or []
    if not 1 <= len(wanted) <= 100:
        raise BadRequest(
            "message identifiers are not specified" if not wanted else "too many messages to delete"
        )
    for message in [world.message(chat, one) for one in wanted if isinstance(one, int)]:
        if message is not None:  # those that aren't found are skipped, as the documentation says
            _delete(world, message)
    return True


async def send_chat_action(world: World, given: Parameters) -> bool:
    action = given.text("action").lower()
    if action not in CHAT_ACTIONS:
        raise BadRequest("wrong parameter action in request")
    chat = world.open_chat(given.text("chat_id"))
    world.act(chat, action, world.thread_of(chat, given.integer("message_thread_id"), None))
    return True


def _send(world: World, given: Parameters, **fields: Any) -> JSON:
    chat = world.open_chat(given.text("chat_id"))
    reply_to = _replied_to(world, given, chat)
    message = world.deliver(
        world.bot,
        chat,
        reply_markup=reply_markup(given),
        reply_to_message=reply_to,
        message_thread_id=world.thread_of(chat, given.integer("message_thread_id"), reply_to),
        **fields,
    )
    return message.to_json()


def _edit(
    world: World, given: Parameters, message: Message, text: str, entities: list[MessageEntity]
) -> JSON | bool:
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
    world.changes.note()
    # The bot isn't told where a message stands that was sent through it.
    return True if message.via_bot else message.to_json()


def _carried(message: Message) -> dict[str, Any]:
    """Return what of a message goes along when it is forwarded or copied."""
    return {
        "text": message.text,
        "entities": message.entities,
        "photo": message.photo,
        "document": message.document,
    }


def _source(world: World, given: Parameters, what: str) -> Message:
    chat = world.known_chat(given.text("from_chat_id"))
    message = world.message(chat, given.integer("message_id"))
    if message is None or message.service:
        raise BadRequest(f"{what} not found")
    return message


def _existing(world: World, given: Parameters, what: str) -> Message:
    message = world.message(world.open_chat(given.text("chat_id")), given.integer("message_id"))
    if message is None:
        raise BadRequest(f"{what} not found")
    return message


def _editable(world: World, given: Parameters) -> Message:
    if inline_id := given.text("inline_message_id"):
        if inline_id not in world.inline_messages:
            raise BadRequest("MESSAGE_ID_INVALID")
        return world.inline_messages[inline_id]
    if not given.text("chat_id") and not given.integer("message_id"):
        raise BadRequest("message identifier is not specified")
    message = _existing(world, given, "message to edit")
    if message.from_user is not world.bot or message.forward_origin:
        raise BadRequest("message can't be edited")
    return message


def _delete(world: World, message: Message) -> None:
    """Delete a message of the bot, in a private chat or as an administrator anyone's."""
    if (
        message.from_user is not world.bot
        and message.chat.type != "private"
        and world.bot.id not in world.administrators.get(message.chat.id, ())
    ):
        raise BadRequest("message can't be deleted")
    world.delete(message)


def _replied_to(world: World, given: Parameters, chat: Chat) -> Message | None:
    reply = given.json("reply_parameters", dict) or {
        "message_id": given.integer("reply_to_message_id"),
        "allow_sending_without_reply": given.boolean("allow_sending_without_reply"),
    }
    message_id = reply.get("message_id")
    if not message_id:
        return None
    message = world.message(chat, message_id) if isinstance(message_id, int) else None
    if message is None and not reply.get("allow_sending_without_reply"):
        raise BadRequest("message to be replied not found")
    return message
