"""Which text of a scene is measured: the one that it has, or the one that it would get."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from bot.bridge import Bridge
from models.ladder import LEVELS
from models.noise.instrument import KV_LEVELS
from models.noise.question import Question
from models.personas import join
from scene.atoms import Lang
from scene.choice import choose
from scene.errors import HyperBridgeError
from scene.forms import Form, names
from scene.request import split
from storage.records import Rendering, StoredScene


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person wants measured.

    Attributes:
        source: A scene, a code, or a text with its mark.
        form: The form named; None takes that of the last text.
        levels: Levels named; none for the usual ones.
    """

    source: str
    form: Form | None
    levels: tuple[str, ...]


def wish(text: str, quoted: str | None = None) -> Wish | None:
    """Read what stands after a command: a scene, a form and names of levels, all but the scene optional.

    Args:
        text: What stands there.
        quoted: The text that the command replies to: what is meant where ``text`` names no scene.

    Returns:
        The wish; None where there is no scene.
    """
    words, levels, form = text.split(), list[str](), None
    while words and (name := words[-1].strip(",").upper()) in (*LEVELS, *KV_LEVELS):
        levels.insert(0, name)
        words.pop()
    if words and (len(words) > 1 or quoted):
        form = names().get(words[-1].casefold())
        words = words[:-1] if form else words
    if not words:
        return Wish(quoted, form, tuple(levels)) if quoted else None
    request = split(" ".join(words))
    return Wish(request.scene, form or request.form, tuple(levels))


async def question(
    bridge: Bridge,
    owner: int,
    source: str,
    lang: Lang,
    *,
    form: Form | None = None,
    persona: str | None = None,
    seed: int | None = None,
) -> tuple[StoredScene, Question]:
    """What to ask of every level, and the scene in the archive.

    Where the scene has a text already, in this form if one is named, it is asked for again as it was: with
    its form, voice, language and seed.

    Args:
        bridge: Holds the archive.
        owner: Whose archive.
        source: A scene, a code, or a text with its mark.
        lang: The person's language, for scenes that have none of their own.
        form: The form named.
        persona: Who speaks, by id or title; None for who spoke, or is set for this owner.
        seed: Of the sampler; None for the text's own, or one that is drawn.

    Raises:
        SceneError: Why the source is no scene.
        ModelError: ``persona-unknown``, or ``persona-gone``.
    """
    scene = await bridge.finder.scene(owner, source)
    stored = await bridge.keep(owner, scene)
    kept = await _text(bridge, owner, stored, source, form)
    if kept is not None:
        speaker = bridge.find_persona(persona or kept.persona) if persona or kept.persona else None
        chosen, spoken = Form(kept.form), kept.lang
    else:
        speaker = bridge.find_persona(persona) if persona else await bridge.persona(owner)
        mask = bridge.mask(speaker, scene) if speaker and not persona else None
        liked = speaker.forms if speaker else ()
        who = speaker.name if speaker else ""
        chosen = choose(
            scene, asked=form, persona=who, liked=liked, mask=mask.name if mask else "", last=()
        ).form
        speaker = join([mask, speaker]) if speaker and mask else speaker
        spoken = lang if scene.lang is Lang.EMOJI else scene.lang
    if seed is None:
        seed = kept.seed if kept else secrets.randbelow(2**31)
    return stored, Question(scene, chosen, spoken, seed, speaker)


async def _text(
    bridge: Bridge, owner: int, stored: StoredScene, source: str, form: Form | None
) -> Rendering | None:
    """The text that is meant: the very one that was quoted, else the scene's last."""
    kept: Sequence[Rendering] = await asyncio.to_thread(bridge.archive.renderings.of, stored)
    if form is None:
        try:
            return await bridge.why(owner, source)
        except HyperBridgeError:
            return kept[-1] if kept else None
    return next((each for each in reversed(kept) if each.form == form), None)
