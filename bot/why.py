"""Why a text has its form, in plain sentences."""

from __future__ import annotations

from bot.texts import Texts
from models.personas import personas
from scene.choice import By, Reason
from scene.forms import Form, voice

_OTHERS = 3  # candidates that are named


def sentences(say: Texts, form: Form, by: By | None, reason: Reason | None) -> str:
    """Say which form was chosen and why, and what the scene, the persona and the dialogue spoke for.

    Args:
        say: The person's language.
        form: The form that was chosen.
        by: Who or what chose it.
        reason: Why; with None there is little to say.
    """
    name = voice(form, say.lang).title
    if by is None or reason is None:
        return say("why-unknown", form=name)
    return f"{_first(say, name, by, reason)} {_second(say, reason)}"


def _first(say: Texts, name: str, by: By, reason: Reason) -> str:
    if by is By.NAMED:
        return say("why-named", form=name, wording=reason.wording)
    if by is By.BUTTON:
        return say("why-button", form=name)
    if by is By.PERSONA:
        return say("why-persona", form=name, persona=_persona(say, reason))
    if by is By.KIND or reason.repeated is None:
        return say("why-kind", form=name)
    repeated = voice(reason.repeated, say.lang).title
    return say("why-mood", form=name) if repeated == name else say("why-drone", form=name, repeated=repeated)


def _second(say: Texts, reason: Reason) -> str:
    parts = [
        say("why-scene", kind=reason.kind.value, words=", ".join(reason.words))
        if reason.words
        else say("why-scene-undecided")
    ]
    if reason.persona:
        parts.append(say("why-voice", persona=_persona(say, reason)))
    if reason.others:
        others = (voice(other, say.lang).title for other in reason.others[:_OTHERS])
        parts.append(say("why-others", forms=", ".join(others)))
    return "; ".join(parts) + "."


def _persona(say: Texts, reason: Reason) -> str:
    known = personas().get(reason.persona)
    return known.titles[say.lang] if known else reason.persona
