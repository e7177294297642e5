"""A scene and a form laid out for a model: as text to continue, or as a chat."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from models.backend import Adapter, Message, Prompt
from models.catalog import Model
from models.personas import Persona
from scene import emoji
from scene.atoms import Atom, Lang, Scene
from scene.errors import ModelError
from scene.forms import Form, Voice, voice

Template = Callable[[Sequence[Message]], str]

_SCENE = {Lang.RU: "Сцена", Lang.EN: "Scene"}
_VOICE = {Lang.RU: "Голос", Lang.EN: "Voice"}
_GAP = "\u0001"  # where the scene goes in a chat; parsing lets no control character into a scene


def build(
    model: Model, template: Template, scene: Scene, form: Form, lang: Lang, persona: Persona | None
) -> Prompt:
    """Write the prompt.

    The head holds what is the same for every scene of a form, so that the engine can keep it.

    Args:
        model: Tells the style: ``few-shot`` or ``chat``.
        template: Lays out chat messages as the model expects them.
        scene: What to voice.
        form: How.
        lang: ``RU`` or ``EN``.
        persona: Who speaks, or None for the form's own voice.
    """
    asked, chain = voice(form, lang), _chain(scene, lang)
    if model.style == "few-shot":
        return _few_shot(asked, chain, lang, persona)
    messages = _messages(asked, chain, lang, persona)
    try:
        head, _, rest = template(_messages(asked, _GAP, lang, persona)).partition(_GAP)
    except ModelError as error:
        # Somebody's own file may be a base model: those go on with a text, and need no template. A server
        # has its template to itself, and takes the messages.
        if error.key != "model-no-template":
            raise
        return replace(_few_shot(asked, chain, lang, persona), messages=messages)
    tail = f"{chain}{rest}{model.assistant_prefix}"
    return Prompt(head, tail, special=True, messages=messages, adapters=_adapters(persona))


def _few_shot(asked: Voice, chain: str, lang: Lang, persona: Persona | None) -> Prompt:
    shots = "".join(
        f"{_SCENE[lang]}: {_arrows(shot.chain)}\n{asked.label}:\n{shot.text}\n\n" for shot in asked.shots
    )
    spoken = f"{_VOICE[lang]}: {persona.prompts[lang]}\n" if persona else ""
    tail = f"{_SCENE[lang]}: {chain}\n{spoken}{asked.label}:\n"
    return Prompt(head=f"{asked.ask}\n\n{shots}", tail=tail, adapters=_adapters(persona))


def _messages(asked: Voice, chain: str, lang: Lang, persona: Persona | None) -> tuple[Message, ...]:
    ask = f"{asked.ask} {persona.prompts[lang]}" if persona else asked.ask
    messages: list[Message] = [("system", ask)]
    for shot in asked.shots:
        messages += [("user", f"{_SCENE[lang]}: {_arrows(shot.chain)}"), ("assistant", shot.text)]
    return (*messages, ("user", f"{_SCENE[lang]}: {chain}"))


def _adapters(persona: Persona | None) -> tuple[Adapter, ...]:
    return persona.adapters if persona else ()


def _chain(scene: Scene, lang: Lang) -> str:
    return _arrows([_spelled(atom, lang) for atom in scene.atoms])


def _spelled(atom: Atom, lang: Lang) -> str:
    return emoji.name(atom.text, lang) if atom.lang is Lang.EMOJI else atom.text


def _arrows(chain: Sequence[str]) -> str:
    return " → ".join(chain)
