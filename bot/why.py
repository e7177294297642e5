"""Why a text has its form, in plain sentences."""

from __future__ import annotations

from collections.abc import Mapping

from bot.texts import Texts
from models.personas import JOIN, Persona, join
from scene.choice import By, Reason
from scene.forms import Form, voice

_OTHERS = 3  # candidates that are named


def sentences(
    say: Texts, personas: Mapping[str, Persona], form: Form, by: By | None, reason: Reason | None
) -> str:
    """Say which form was chosen and why, and what the scene, the persona and the dialogue spoke for.

    Args:
        say: The person's language.
        personas: Those there are, by id.
        form: The form that was chosen.
        by: Who or what chose it.
        reason: Why; with None there is little to say.
    """
    name = voice(form, say.lang).title
    if by is None or reason is None:
        return say("why-unknown", form=name)
    return f"{_first(say, personas, name, by, reason)} {_second(say, personas, reason)}"


def _first(say: Texts, personas: Mapping[str, Persona], name: str, by: By, reason: Reason) -> str:
    if by is By.NAMED:
        return say("why-named", form=name, wording=reason.wording)
    if by is By.BUTTON:
        return say("why-button", form=name)
    if by is By.USUAL:
        return say("why-usual", form=name)
    if by is By.PERSONA:
        return say("why-persona", form=name, **named(say, personas, reason.persona))
    if by is By.KIND or reason.repeated is None:
        return say("why-kind", form=name)
    repeated = voice(reason.repeated, say.lang).title
    return say("why-mood", form=name) if repeated == name else say("why-drone", form=name, repeated=repeated)


def _second(say: Texts, personas: Mapping[str, Persona], reason: Reason) -> str:
    parts = [
        say("why-scene", kind=reason.kind.value, words=", ".join(reason.words))
        if reason.words
        else say("why-scene-undecided")
    ]
    if reason.persona:
        parts.append(say("why-voice", **named(say, personas, reason.persona)))
    if reason.mask:
        mask = named(say, personas, reason.mask)["persona"]
        parts.append(say("why-mask", mask=mask, kind=reason.kind.value))
    if reason.others:
        others = (voice(other, say.lang).title for other in reason.others[:_OTHERS])
        parts.append(say("why-others", forms=", ".join(others)))
    return "; ".join(parts) + "."


def named(say: Texts, personas: Mapping[str, Persona], name: str) -> dict[str, str | int]:
    """What sentences call a persona, or several, and how many they are."""
    return {"persona": titled(say, personas, name), "count": len(name.split(JOIN))}


def titled(say: Texts, personas: Mapping[str, Persona], name: str) -> str:
    """What people call a persona, or several that spoke together; who is there no more goes by id.

    Args:
        say: The person's language.
        personas: Those there are, by id.
        name: Ids joined with ``+``; empty for nobody, who has no title.
    """
    parts = name.split(JOIN)
    if all(part in personas for part in parts):
        return join([personas[part] for part in parts]).titles[say.lang]
    return JOIN.join(personas[part].titles[say.lang] if part in personas else part for part in parts)
