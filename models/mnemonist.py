"""The mnemonist: for a text that nobody has kept, scenes that it may have come from.

The model is shown texts with their scenes and names several for this one; one more is made of the text's
own words, without the model. Each is then weighed by how well the scenes agree with one another, by
resonance, by how many of its atoms are heard in the text, and by how much likelier the scene makes the text
under the writer's own prompt (a noisy channel, as in Brown et al. 1993: what reads is checked by what
writes).
"""

from __future__ import annotations

import asyncio
import functools
import tomllib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources

import numpy as np

from models import keywords, prompts
from models.backend import Backend, Message, Prompt, Sampling
from models.catalog import Model
from models.embedder import Embedder
from scene import shapes, words
from scene.atoms import Atom, Kind, Lang, Phase, Scene
from scene.errors import ModelError
from scene.forms import Form

_SAMPLES = 8
_MAJORITY = 0.4  # of the samples: atoms so often named are agreed upon
_WEIGHED = 6  # scenes that are checked by the writer's prompt: each costs the reading of the text
_USUAL, _MOST_ATOMS = 4, 6
_BEGIN, _END = 500, 200  # characters of a long text that the model reads
_SCORED = 400  # characters of which the likelihood is asked
_SAMPLING = Sampling(temperature=0.8, min_p=0.08, max_tokens=48, stop=("\n",))
_LETTERS = {Lang.RU: "а-яё", Lang.EN: "a-z"}
_NOBODY = Scene("…", (Atom("…", "…", Lang.RU, Phase.ACTION),), Lang.RU, Kind.ARCHETYPAL, "…")

# What is likely in a form says the same of every scene: the first whose shape fits is taken.
_SHAPED = (Form.EMOJI, Form.SILENCE, Form.METAPHOR, Form.FORMULA, Form.LOGIC, Form.POEM, Form.NARRATIVE)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for a proposed scene.

    Attributes:
        agreement: Mean atom F1 with what the model named, 0 to 1.
        heard: Share of its atoms that stand in the text, in any form of the word.
        resonance: How likely the text says the scene, by their signatures (`scene.calibration`).
        gain: Nats a token by which the scene makes the text likelier, under the writer's prompt; 0 where a
            backend can't tell.
        atoms: How many atoms it has.
    """

    agreement: float
    heard: float
    resonance: float
    gain: float
    atoms: int

    @property
    def score(self) -> float:
        """Atom F1 to be expected, 0 to 1; ``tests/bench/fit_reading.py`` fits it."""
        gain = min(self.gain, 1.0)
        value = 0.09 + 0.27 * self.agreement + 0.12 * self.heard + 0.15 * self.resonance + 0.12 * gain
        return float(np.clip(value, 0.0, 1.0))


@dataclass(frozen=True, slots=True)
class Proposal:
    """A scene that a text may have come from.

    Attributes:
        scene: The scene.
        evidence: What speaks for it.
        named: How many of the model's samples were this chain; 0 for the one made without it.
    """

    scene: Scene
    evidence: Evidence
    named: int

    @property
    def score(self) -> float:
        """As ``Evidence.score``."""
        return self.evidence.score


class Mnemonist:
    """Names scenes for texts.

    Args:
        backend: Runs the model.
        model: Its entry in the catalog.
        embedder: Measures resonance.
    """

    def __init__(self, backend: Backend, model: Model, embedder: Embedder) -> None:
        self._backend = backend
        self._model = model
        self._embedder = embedder

    async def propose(
        self, text: str, lang: Lang, *, own: frozenset[str] = frozenset(), seed: int = 0, owner: int = 0
    ) -> list[Proposal]:
        """Name scenes that a text may have come from.

        Args:
            text: Any text; of a long one its beginning and its end are looked at.
            lang: The person's language, for a text without words.
            own: The person's own words, which are kept whole.
            seed: The same arguments and seed give the same scenes on the same quiet machine.
            owner: Whose text it is, for a queue that is fair between chats.

        Returns:
            Scenes, the one with the highest score first; none for a text without any word.

        Raises:
            ModelError: The engine's own.
        """
        said, text = text.strip()[:_SCORED], _excerpt(text)
        lang = language(text, lang)
        plain = await asyncio.to_thread(keywords.scene, text, lang, own, self._embedder)
        if plain is None:
            return []
        named = await self.name(text, lang, own=own, seed=seed, owner=owner, count=_SAMPLES)
        counts = Counter(scene.mnemonic for scene in named)
        agreed = await asyncio.to_thread(_agreed, named, lang, own)
        scenes = {scene.mnemonic: scene for scene in (plain, *agreed, *named)}
        weighed = await asyncio.to_thread(self._weighed, list(scenes.values()), named, text)
        gains = await self._gains([scene for scene, _ in weighed], said, lang, owner)
        proposals = [
            Proposal(scene, Evidence(*evidence, gain, len(scene.atoms)), counts[scene.mnemonic])
            for (scene, evidence), gain in zip(weighed, gains, strict=True)
        ]
        return sorted(proposals, key=lambda proposal: -proposal.score)

    async def name(
        self, text: str, lang: Lang, *, own: frozenset[str], seed: int, owner: int = 0, count: int
    ) -> list[Scene]:
        """What the model says when it is asked for the scene, several times, unchecked."""
        root = f'root ::= " " word (" → " word){{0,{_MOST_ATOMS - 1}}} "\\n"'
        grammar = f"{root}\nword ::= [{_LETTERS[lang]}]{{2,24}}\n"
        sampling = Sampling(
            _SAMPLING.temperature, _SAMPLING.min_p, grammar=grammar, max_tokens=_SAMPLING.max_tokens,
            stop=_SAMPLING.stop,
        )  # fmt: skip
        found = await self._backend.candidates(
            _prompt(text, lang), sampling, count=count, seed=seed, owner=owner
        )
        chains = [candidate.text.split(" → ") for candidate in found.items if candidate.complete]
        scenes = await asyncio.to_thread(lambda: [keywords.chain(chain, lang, own) for chain in chains])
        return [scene for scene in scenes if scene is not None]

    def _weighed(
        self, scenes: Sequence[Scene], named: Sequence[Scene], text: str
    ) -> list[tuple[Scene, tuple[float, float, float]]]:
        """The scenes worth asking the model about, each with agreement, heard and resonance.

        The first, made without the model, always is: the model has to beat it.
        """
        vector = self._embedder.text(text)
        heard = words.lemmas_in(text)
        found = []
        for scene in scenes:
            agreement = float(np.mean([f1(scene, other) for other in named])) if named else 0.0
            kept = [bool(words.lemmas_in(atom.text) & heard) for atom in scene.atoms]
            found.append((scene, (agreement, sum(kept) / len(kept), self._embedder.resonance(scene, vector))))
        first, *rest = found
        return [first, *sorted(rest, key=lambda each: -sum(each[1]))[: _WEIGHED - 1]]

    async def _gains(self, scenes: Sequence[Scene], text: str, lang: Lang, owner: int) -> list[float]:
        """Nats a token by which each scene makes the text likelier than no scene does."""
        form = next((form for form in _SHAPED if shapes.is_shaped(form, text, _USUAL)), Form.NARRATIVE)
        asking = [
            self._backend.score(
                prompts.build(self._model, self._backend.chat, scene, form, lang, None), [text], owner=owner
            )
            for scene in (_NOBODY, *scenes)
        ]
        try:
            without, *given = [float(np.mean(scores[0])) for scores in await asyncio.gather(*asking)]
        except ModelError as error:
            if error.key != "model-no-scores":
                raise
            return [0.0] * len(scenes)
        return [each - without for each in given]


def _agreed(named: Sequence[Scene], lang: Lang, own: frozenset[str]) -> list[Scene]:
    """The chain of what most samples name, in the order in which they name it.

    Where no sample has all of them, this has the least expected error (Goel and Byrne, "Minimum Bayes-Risk
    Automatic Speech Recognition", 2000).
    """
    places: dict[str, list[float]] = {}
    for scene in named:
        for at, atom in enumerate(scene.atoms):
            places.setdefault(atom.lemma, []).append((at + 0.5) / len(scene.atoms))
    often = [lemma for lemma, each in places.items() if len(each) >= _MAJORITY * len(named)]
    agreed = keywords.chain(sorted(often, key=lambda lemma: float(np.mean(places[lemma]))), lang, own)
    return [agreed] if agreed else []


def f1(scene: Scene, other: Scene) -> float:
    """Harmonic mean of precision and recall of a scene's atoms against another's, by lemma."""
    ours = {atom.lemma.replace("ё", "е") for atom in scene.atoms}
    theirs = {atom.lemma.replace("ё", "е") for atom in other.atoms}
    return 2 * len(ours & theirs) / (len(ours) + len(theirs))


def language(text: str, otherwise: Lang) -> Lang:
    """The language of most of a text's words, ``RU`` or ``EN``."""
    found = [words.language_of(word) for word in words.words_of(text)]
    russian, english = found.count(Lang.RU), found.count(Lang.EN)
    if russian == english:
        return otherwise if otherwise in _LETTERS else Lang.RU
    return Lang.RU if russian > english else Lang.EN


def _excerpt(text: str) -> str:
    text = " / ".join(line.strip() for line in text.splitlines() if line.strip())
    return text if len(text) <= _BEGIN + _END else f"{text[:_BEGIN]} … {text[-_END:]}"


def _prompt(text: str, lang: Lang) -> Prompt:
    shown = _shown()["ru" if lang is Lang.RU else "en"]
    label, scene = shown["text"], shown["scene"]
    shots = [(shot["text"], " → ".join(shot["chain"].split())) for shot in shown["shots"]]
    head = "".join(f"{label}: {each}\n{scene}: {chain}\n\n" for each, chain in shots)
    messages: list[Message] = [("system", shown["ask"])]
    for each, chain in shots:
        messages += [("user", each), ("assistant", chain)]
    messages.append(("user", text))
    return Prompt(f"{shown['ask']}\n\n{head}", f"{label}: {text}\n{scene}:", messages=tuple(messages))


@functools.cache
def _shown() -> dict:  # type: ignore[type-arg]
    return tomllib.loads(resources.files("models").joinpath("mnemonist.toml").read_text(encoding="utf-8"))
