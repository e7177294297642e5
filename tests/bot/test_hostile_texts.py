"""No text that a person can send makes anything work out of proportion to the text's length."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from telegram import Bot, Chat, Message

from bot import measured, split
from bot.groups import addressed
from bot.zones import two
from scene import mark, own, request, woven
from scene.errors import HyperBridgeError
from scene.parse import parse
from storage import near, spelling

SMALL, LARGE = 6_250, 100_000  # characters; the longest message that is taken has 4,096
MOST = 4.0  # times the work for each character; work by the square would be 16 times as much
SHORT = 0.01  # seconds, too short to be compared

# What patterns look for, again and again, and never what would end it.
HOSTILE = (
    "<a", "[a](", "[", "&a", "&#1", " ", "\n", " \n", "\u00a0", "🜂", "🜂 ", "🜂.", "🜂a ", "🜂a  ·  Δ ", "Δ ",
    "Δ SCN-1 ", "SCN-1 ", "SCN-0", "\n🜂a", "> ", "> 🜂a ", "@", " @hyperbridge", "@hyperbridge_bot ", "«",
    "“", '"', "…", "… ", "...", "!»", "a'", "a-", "a·", "·", "e\u0301", "\u0301", "👩\u200d", "\u200d",
    "⚡\ufe0f", "🇷", "\u2061", "\u2061\u200b", "\u2061\u200b\u200ca", "\u200b", "1\ufe0f", "1", "a", "а",
    "aа", "стих ", "write ", "стих:", " — ", ":", ",", ", ", " и ", " vs", "sch", "ii", 'b"', "a\u00ad",
    "Q4_0 ",
)  # fmt: skip


@pytest.mark.parametrize(
    "reader",
    "mark woven request scene word group compared measured pieces near".split(),
)
async def test_work_grows_with_the_text_and_not_with_its_square(reader: str, bot: Bot) -> None:
    def to_group(text: str) -> object:
        message = Message(1, datetime.now(UTC), Chat(-1, "group"), text=text)
        message.set_bot(bot)
        return addressed(message)

    readers: dict[str, Callable[[str], object]] = {
        "mark": lambda text: (mark.is_reference(text), mark.is_marked(text), mark.read_all(text)),
        "woven": woven.read,
        "request": request.split,
        "scene": parse,
        "word": own.word,
        "group": to_group,
        "compared": lambda text: two(text, "снегволк"),
        "measured": lambda text: measured.wish(text, "снегволк"),
        "pieces": split.split,
        "near": lambda text: (near.passages(text), spelling.skeleton(text), spelling.key(text)),
    }
    read = readers[reader]

    def seconds(text: str) -> float:
        begun = time.thread_time()
        with contextlib.suppress(HyperBridgeError):  # it is no scene, which is quickly said
            read(text)
        return time.thread_time() - begun

    read("снегволк")  # dictionaries are loaded
    out_of_proportion = {}
    for sign in HOSTILE:
        for end in ("", "x", "\nx"):
            text = sign * (LARGE // len(sign)) + end
            large = seconds(text)
            if large > SHORT:
                small = min(seconds(sign * (SMALL // len(sign)) + end) for _ in range(3))
                # A second look, should the machine have been busy with something else.
                growth = min(large, seconds(text)) / small / (LARGE / SMALL)
                if growth > MOST:
                    out_of_proportion[sign + end] = growth
    assert out_of_proportion == {}
