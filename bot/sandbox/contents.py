"""What a request says: its text or caption with entities, and its file."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from bot.sandbox.entities import found_in, parse
from bot.sandbox.errors import BadRequest
from bot.sandbox.objects import File, MessageEntity, User
from bot.sandbox.parameters import Parameters
from bot.sandbox.text import MAX_CAPTION, MAX_MARKUP_BYTES, MAX_TEXT, check_utf8, clean, is_blank
from bot.sandbox.world import World

Content = tuple[str, list[MessageEntity]]


def formatted(world: World, given: Parameters, name: str, entities_name: str) -> Content:
    """Read a text and its entities, whether given as such or by a parse mode.

    Args:
        world: Whom the text may mention.
        given: The parameters.
        name: The text's parameter.
        entities_name: The entities' parameter.

    Returns:
        The text, cleaned, and its entities with those that Telegram finds by itself; both may be empty.

    Raises:
        BadRequest: The markup or the entities are broken.
    """
    text, parse_mode = given.text(name), given.text("parse_mode")
    if len(text.encode(errors="replace")) > MAX_MARKUP_BYTES:
        raise BadRequest("text is too long")
    if text and parse_mode and parse_mode.lower() != "none":
        text, entities = parse(check_utf8(text), parse_mode)
    else:
        entities = [_entity(one) for one in given.json(entities_name, list) or []]
    # A mention holds only an id so far; of somebody the bot has never met, only its text stays.
    entities = [
        replace(one, user=world.people.get(one.user.id)) if one.user else one
        for one in entities
        if one.user is None or one.user.id in world.people
    ]
    text, entities = clean(text, entities)
    return text, sorted([*entities, *found_in(text, entities)], key=lambda one: one.offset)


def text_of(world: World, given: Parameters, name: str = "text") -> Content:
    """Read the text of a message; see :func:`formatted`.

    Raises:
        BadRequest: There is none, or it is too long.
    """
    if not given.text(name):
        raise BadRequest("message text is empty")
    text, entities = formatted(world, given, name, "entities")
    if is_blank(text):
        raise BadRequest("text must be non-empty")
    if len(text) > MAX_TEXT:
        raise BadRequest("message is too long")
    return text, entities


def caption_of(world: World, given: Parameters) -> Content:
    """Read a caption, which may be absent; see :func:`formatted`.

    Raises:
        BadRequest: It is too long.
    """
    caption, entities = formatted(world, given, "caption", "caption_entities")
    if len(caption) > MAX_CAPTION:
        raise BadRequest("message caption is too long")
    return ("", []) if is_blank(caption) else (caption, entities)


def file_of(world: World, given: Parameters, name: str, keep: Callable[[bytes, str], File]) -> File:
    """Read a file: an upload, or the id of one that was sent before.

    Args:
        world: Holds the files.
        given: The parameters.
        name: The file's parameter.
        keep: Keeps an upload, by its bytes and name.

    Raises:
        BadRequest: There is none, or it isn't what Telegram takes.
    """
    upload = given.upload(name)
    if upload is not None:
        return keep(*upload)
    file_id = given.text(name)
    if not file_id or file_id.startswith("attach://"):
        raise BadRequest(f"there is no {name} in the request")
    if re.match(r"https?://", file_id):
        raise BadRequest("failed to get HTTP URL content")  # a sandbox fetches nothing
    return world.files.get(file_id)


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
