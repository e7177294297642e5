"""What a person is told of a text that is below the bar, in one sentence."""

from __future__ import annotations

from bot.texts import Texts
from models.writer import Written

# One thing said for several terms: who reads it wants to know what is wrong, not which measure found it.
_SAID = {
    "coverage": "fault-lost",
    "order": "fault-order",
    "shape": "fault-shape",
    "known": "fault-language",
    "agreement": "fault-language",
    "language": "fault-language",
    "fresh": "fault-echo",
    "varied": "fault-repeats",
    "clean": "fault-leftovers",
}


def sentence(say: Texts, written: Written) -> str | None:
    """Say what even the best candidate lacks; None when it is good enough.

    Args:
        say: The person's language.
        written: A text, with the terms it failed in.
    """
    if not written.failed:
        return None
    keys = dict.fromkeys(_SAID[term] for term in written.failed)
    reasons = [say(key, words=", ".join(written.missing)) for key in keys]
    return say("below-the-bar", reasons="; ".join(reasons))
