"""Inline mode: https://core.telegram.org/bots/api#answerinlinequery and #inlinequeryresult."""

import re
from typing import Any

from bot.sandbox.contents import Content, caption_of, text_of
from bot.sandbox.errors import BadRequest
from bot.sandbox.files import Files
from bot.sandbox.markup import reply_markup
from bot.sandbox.objects import JSON, File, InlineAnswer, InlineResult
from bot.sandbox.parameters import Parameters
from bot.sandbox.text import check_utf8
from bot.sandbox.world import World

MAX_RESULTS = 50
DEFAULT_CACHE_SECONDS = 300


async def answer_inline_query(world: World, given: Parameters) -> bool:
    results = given.json("results", list)
    if results is None:
        raise BadRequest("can't parse inline query results JSON object")
    if len(results) > MAX_RESULTS:
        raise BadRequest("too many inline query results specified")
    read = tuple(_result(world, one) for one in results)
    if len({one.id for one in read}) < len(read):
        raise BadRequest("RESULT_ID_DUPLICATE")
    next_offset = check_utf8(given.text("next_offset"))
    if len(next_offset.encode()) > 64:
        raise BadRequest("NEXT_OFFSET_INVALID")
    answer = InlineAnswer(
        given.text("inline_query_id"),
        "",
        read,
        max(given.integer("cache_time", DEFAULT_CACHE_SECONDS), 0),
        given.boolean("is_personal"),
        next_offset,
        _button(given),
    )
    world.answer_inline(answer)
    return True


def _result(world: World, one: Any) -> InlineResult:
    """Read one result: an article, or a photo or document that the bot has sent before."""
    if not isinstance(one, dict):
        raise BadRequest("can't parse inline query result: expected an Object")
    given = Parameters.of(one)
    kind, result_id = given.text("type"), check_utf8(given.text("id"))
    if kind not in ("article", "photo", "document"):
        raise BadRequest("can't parse inline query result: Unallowed inline query result type")
    if not 1 <= len(result_id.encode()) <= 64:
        raise BadRequest("RESULT_ID_INVALID" if result_id else "RESULT_ID_EMPTY")
    title = check_utf8(given.text("title"))
    if kind != "photo" and not title:
        raise BadRequest("can't parse inline query result: Can't find field \"title\"")
    file = None if kind == "article" else _file(world.files, given, kind)
    (text, entities), is_text = _content(world, given, file)
    return InlineResult(
        result_id,
        kind,
        title,
        check_utf8(given.text("description")),
        text,
        entities,
        photo=file if kind == "photo" and not is_text else None,
        document=file if kind == "document" and not is_text else None,
        reply_markup=_keyboard(given),
    )


def _content(world: World, given: Parameters, file: File | None) -> tuple[Content, bool]:
    """Return the message's content, and whether it is a text even where the result is a file."""
    content = given.json("input_message_content", dict)
    if content is not None:
        if "message_text" not in content:
            raise BadRequest("can't parse inline query result: Unallowed input message content type")
        return text_of(world, Parameters.of(content), "message_text"), True
    if file is None:
        raise BadRequest("can't parse inline query result: Can't find field \"input_message_content\"")
    return caption_of(world, given), False


def _file(files: Files, given: Parameters, kind: str) -> File:
    if not (file_id := given.text(f"{kind}_file_id")):
        raise BadRequest("failed to get HTTP URL content")  # a sandbox fetches nothing
    file = files.get(file_id)
    if (kind == "photo") != bool(file.width):
        raise BadRequest(f"type of file mismatch: {kind} expected")
    return file


def _keyboard(given: Parameters) -> JSON | None:
    markup = reply_markup(given)
    if markup and "inline_keyboard" not in markup:
        raise BadRequest("inline keyboard expected")
    return markup


def _button(given: Parameters) -> JSON | None:
    """Read the button above the results, which leads to the bot's private chat."""
    button: JSON | None = given.json("button", dict)
    if button is None:
        return None
    if not isinstance(button.get("text"), str) or not button["text"]:
        raise BadRequest("can't parse InlineQueryResultsButton: Can't find field \"text\"")
    start = button.get("start_parameter", "")
    if "web_app" not in button and not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", str(start)):
        raise BadRequest("START_PARAM_INVALID" if start else "START_PARAM_EMPTY")
    return button
