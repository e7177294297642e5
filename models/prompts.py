"""A scene and a form laid out for a model: as text to continue, or as a chat."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from models.backend import Message, Prompt
from models.catalog import Model
from models.personas import Persona
from scene import emoji, shapes, tempo, words
from scene.atoms import Lang, Scene
from scene.errors import ModelError
from scene.forms import Form, Shot, Voice, voice
from scene.tempo import Tempo

Template = Callable[[Sequence[Message]], str]

_SCENE = {Lang.RU: "Сцена", Lang.EN: "Scene"}
_RHYTHM = {Lang.RU: "Ритм", Lang.EN: "Rhythm"}
_VOICE = {Lang.RU: "Голос", Lang.EN: "Voice"}
_KEEP = {Lang.RU: "Не забыть", Lang.EN: "Don't forget"}
_AVOID = {Lang.RU: "Без слов", Lang.EN: "Without the words"}
_AGAIN = {Lang.RU: "Это не подходит. Напиши иначе.", Lang.EN: "That won't do. Write it differently."}
_GAP = "\u0001"  # where the scene goes in a chat; parsing lets no control character into a scene
NEAR = 2
"""Words that a scene and an example have in common, from which on the example would be copied."""


@dataclass(frozen=True, slots=True)
class Hint:
    """What was wrong with a text, for the next try.

    Attributes:
        text: The text.
        missing: Words of the scene that it lost.
        strange: Words that walked into it from elsewhere, such as the prompt's examples.
    """

    text: str
    missing: tuple[str, ...]
    strange: tuple[str, ...]

    def wishes(self, lang: Lang) -> str:
        """What to keep and what to avoid, a line each."""
        lines = ((_KEEP, self.missing), (_AVOID, self.strange))
        return "".join(f"{said[lang]}: {', '.join(named)}\n" for said, named in lines if named)

    def again(self, lang: Lang) -> tuple[Message, Message]:
        """The text as an answer in a chat, and what is said of it."""
        return ("assistant", self.text), ("user", f"{_AGAIN[lang]}\n{self.wishes(lang)}".rstrip())


def build(
    model: Model,
    template: Template,
    scene: Scene,
    form: Form,
    lang: Lang,
    persona: Persona | None = None,
    *,
    asked: Tempo | None = None,
    hint: Hint | None = None,
    most_shots: int | None = None,
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
        asked: How the text should breathe, for forms that have a tempo; None leaves it to the model.
        hint: What to do better than last time.
        most_shots: How many examples are shown at most; None shows all.
    """
    shown = _without_near(voice(form, lang), scene, lang)
    shown = replace(shown, shots=shown.shots[:most_shots])
    tempos = _spoken(asked.over(_usual(form, shown)), lang) if asked and shown.tempo else ""
    asking = _Asking(form, lang, shown, _arrows([emoji.spelled(atom, lang) for atom in scene.atoms]), tempos)
    if model.style == "few-shot":
        return asking.few_shot(persona, hint)
    messages = asking.messages(persona, hint)
    try:
        head, _, rest = template(replace(asking, chain=_GAP).messages(persona, hint)).partition(_GAP)
    except ModelError as error:
        # Somebody's own file may be a base model: those go on with a text, and need no template. A server
        # has its template to itself, and takes the messages.
        if error.key != "model-no-template":
            raise
        return replace(asking.few_shot(persona, hint), messages=messages)
    tail = f"{asking.chain}{rest}{model.assistant_prefix}"
    adapters = persona.adapters if persona else ()
    return Prompt(head, tail, special=True, messages=messages, adapters=adapters)


def labels(form: Form, lang: Lang) -> tuple[str, ...]:
    """What a prompt calls its parts; a text that says so has run on into another example."""
    return tuple(
        f"{label}:" for label in (_SCENE[lang], _RHYTHM[lang], _VOICE[lang], voice(form, lang).label)
    )


@dataclass(frozen=True, slots=True)
class _Asking:
    """One scene in one form, as its prompt has it."""

    form: Form
    lang: Lang
    voice: Voice
    chain: str
    tempo: str

    def few_shot(self, persona: Persona | None, hint: Hint | None) -> Prompt:
        shots = "".join(f"{self._user(*_shown(self.form, shot, self.lang, bool(self.tempo)))}"
                        f"{self.voice.label}:\n{shot.text}\n\n" for shot in self.voice.shots)  # fmt: skip
        spoken = f"{_VOICE[self.lang]}: {persona.prompts[self.lang]}\n" if persona else ""
        wishes = hint.wishes(self.lang) if hint else ""
        tail = f"{self._user(self.chain, self.tempo)}{spoken}{wishes}{self.voice.label}:\n"
        adapters = persona.adapters if persona else ()
        return Prompt(head=f"{self.voice.ask}\n\n{shots}", tail=tail, adapters=adapters)

    def messages(self, persona: Persona | None, hint: Hint | None) -> tuple[Message, ...]:
        ask = f"{self.voice.ask} {persona.prompts[self.lang]}" if persona else self.voice.ask
        found: list[Message] = [("system", ask)]
        for shot in self.voice.shots:
            user = self._user(*_shown(self.form, shot, self.lang, bool(self.tempo)))
            found += [("user", user.rstrip()), ("assistant", shot.text)]
        found.append(("user", self._user(self.chain, self.tempo).rstrip()))
        if hint:
            found += hint.again(self.lang)
        return tuple(found)

    def _user(self, chain: str, rhythm: str) -> str:
        line = f"{_RHYTHM[self.lang]}: {rhythm}\n" if rhythm else ""
        return f"{_SCENE[self.lang]}: {chain}\n{line}"


def _without_near(asked: Voice, scene: Scene, lang: Lang) -> Voice:
    """The voice without examples so like the scene that a model would copy them."""
    own = [emoji.spelled(atom, lang) for atom in scene.atoms]
    far = [shot for shot in asked.shots if in_common(shot.chain, own) < NEAR]
    return replace(asked, shots=tuple(far)) if far else asked


def in_common(shown: Sequence[str], own: Sequence[str]) -> int:
    """How many words of an example's chain are, in some form, a scene's as well."""
    ours = words.lemmas_in(" ".join(own))
    return sum(not words.lemmas_of(word).isdisjoint(ours) for word in shown)


def _usual(form: Form, asked: Voice) -> int:
    """Lines or sentences of a text of this form, as its first example has them."""
    return len(shapes.parts(form, asked.shots[0].text))


def _shown(form: Form, shot: Shot, lang: Lang, with_tempo: bool) -> tuple[str, str]:
    breathed = _spoken(tempo.measured(shapes.parts(form, shot.text)), lang) if with_tempo else ""
    return _arrows(shot.chain), breathed


def _spoken(asked: Tempo, lang: Lang) -> str:
    return ", ".join(asked.named(lang))


def _arrows(chain: Sequence[str]) -> str:
    return " → ".join(chain)
