"""Two scenes in dialogue: replica by replica, each the best of several, each seeing what was said."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import regex

from models import dialogue_prompts
from models.backend import Backend, Candidate, Sampling
from models.catalog import Model
from models.dialogue_prompts import Line
from models.embedder import Embedder
from models.judge import Judge, Scores
from models.personas import Persona
from models.prompts import Hint
from models.writer import ENOUGH, ROUNDS
from scene import dialogue, shapes, words
from scene.atoms import Atom, Lang, Scene
from scene.errors import ModelError
from scene.forms import Form

_BORROWED = 1.5  # what each word of the other's costs, in the judge's points
_RUN = 3  # words in a row that are too many to share by chance
_STOP = ("\n", "→", "(", "```", "<|")

_END = regex.compile(r"[.!?…]+(?=\s|$)")


@dataclass(frozen=True, slots=True)
class Replica:
    """What one of the two said.

    Attributes:
        speaker: 0 for the first scene, 1 for the second.
        atoms: Those that it had to voice.
        text: The text.
        scores: What the judge found, for these atoms alone.
        borrowed: Words that carry meaning and were the other's.
    """

    speaker: int
    atoms: tuple[Atom, ...]
    text: str
    scores: Scores
    borrowed: tuple[str, ...]

    @property
    def passes(self) -> bool:
        """Whether it may stand as it is."""
        found = self.scores
        return (
            found.coverage == found.shape == found.clean == 1
            and min(found.known, found.language) >= 0.9
            and found.fresh > 0  # a word of an example may well be meant
            and not self.borrowed
        )

    @property
    def rank(self) -> tuple[bool, float]:
        """What candidates are compared by."""
        return self.passes, self.scores.total - _BORROWED * len(self.borrowed)


@dataclass(frozen=True, slots=True)
class Spoken:
    """A whole dialogue.

    Attributes:
        lang: Its language, ``RU`` or ``EN``.
        replicas: In turn, the first scene's first.
        whole: What the judge found of all that each scene said.
        seed: Seed of the first candidate.
        candidates: How many were sampled.
        first_token_seconds: From the request to the first sampled token.
        seconds: From the request to the end.
    """

    lang: Lang
    replicas: tuple[Replica, ...]
    whole: tuple[Scores, Scores]
    seed: int
    candidates: int
    first_token_seconds: float
    seconds: float

    @property
    def text(self) -> str:
        """The dialogue without its marks."""
        return dialogue.script([replica.text for replica in self.replicas])


class Dialogist:
    """Lets two scenes speak in turn.

    Args:
        backend: Runs the model.
        model: Its entry in the catalog.
        embedder: Measures how near a text is to its scene.
    """

    def __init__(self, backend: Backend, model: Model, embedder: Embedder) -> None:
        self._backend = backend
        self._model = model
        self._judge = Judge(embedder)

    async def speak(
        self,
        scenes: tuple[Scene, Scene],
        speakers: tuple[Persona, Persona],
        lang: Lang,
        *,
        turns: int,
        seed: int,
        count: int,
        owner: int = 0,
    ) -> Spoken:
        """Write a dialogue.

        Args:
            scenes: Who speaks; the first begins.
            speakers: In whose voice each does.
            lang: ``RU`` or ``EN``.
            turns: Replicas of each scene.
            seed: The same arguments and seed give the same dialogue on the same machine.
            count: Candidates for a replica, 1 to 16.
            owner: Whose dialogue it is, for a queue that is fair between chats.

        Raises:
            ModelError: ``model-no-text`` when every candidate of a replica came out empty; and the engine's.
        """
        started = time.perf_counter()
        parts = [dialogue.divide(scene, turns) for scene in scenes]
        told: list[Replica] = []
        first_token_seconds, sampled = 0.0, 0
        for place in range(2 * turns):
            speaker, atoms = place % 2, parts[place % 2][place // 2]
            lines = [Line(dialogue_prompts.spelled(each.atoms, lang), each.text) for each in told]
            so_far = dialogue_prompts.talk(scenes, speakers, lang, lines)
            wanted = dialogue_prompts.spelled(atoms, lang)
            sampling = Sampling(
                temperature=speakers[speaker].temperature,
                min_p=speakers[speaker].min_p,
                max_tokens=dialogue_prompts.manner(lang).max_tokens,
                stop=_STOP,
            )
            best: Replica | None = None
            for round_ in range(ROUNDS):
                hint = await asyncio.to_thread(self._hint, scenes, lang, best) if best else None
                prompt = dialogue_prompts.build(
                    self._model, self._backend.chat, lang, so_far, wanted, speakers[speaker], hint
                )
                asked = time.perf_counter()
                found = await self._backend.candidates(
                    prompt,
                    sampling,
                    count=count,
                    seed=seed + place * ROUNDS + round_,
                    enough=math.ceil(count * ENOUGH),
                    owner=owner,
                )
                first_token_seconds = first_token_seconds or asked - started + found.first_token_seconds
                sampled += len(found.items)
                judged = await asyncio.to_thread(self.judged, found.items, scenes, atoms, lang, told)
                best = max([*judged, *([best] if best else [])], key=lambda each: each.rank, default=None)
                if best is not None and best.passes:
                    break
            if best is None:
                raise ModelError("model-no-text", model=self._model.id)
            told.append(best)
        return Spoken(
            lang=lang,
            replicas=tuple(told),
            whole=await asyncio.to_thread(self._whole, scenes, lang, told),
            seed=seed,
            candidates=sampled,
            first_token_seconds=first_token_seconds,
            seconds=time.perf_counter() - started,
        )

    def judged(
        self,
        items: Sequence[Candidate],
        scenes: tuple[Scene, Scene],
        atoms: tuple[Atom, ...],
        lang: Lang,
        told: Sequence[Replica],
    ) -> list[Replica]:
        """Judge what might be said next.

        Args:
            items: Candidates.
            scenes: Who speaks.
            atoms: Those that the replica must voice.
            lang: ``RU`` or ``EN``.
            told: What was said before.

        Returns:
            Every candidate that has a text, as a replica.
        """
        speaker = len(told) % 2
        part = replace(scenes[speaker], atoms=atoms)
        mine = {lemma for atom in scenes[speaker].atoms for lemma in words.lemmas(atom.text, atom.lang)}
        others = _all_lemmas([each.text for each in told if each.speaker != speaker])
        found = []
        for item in items:
            text = _trimmed(item)
            if text:
                scores = replace(
                    self._scores(part, lang, text, item),
                    shape=float(_is_replica(text)),
                    tempo=1.0,  # one sentence has none
                    fresh=_freshness(text, scenes, lang, told),
                )
                borrowed = tuple(word for word in _meant(text, mine) if words.lemmas_of(word) & others)
                found.append(Replica(speaker, atoms, text, scores, borrowed))
        return found

    def _hint(self, scenes: tuple[Scene, Scene], lang: Lang, best: Replica) -> Hint:
        part = replace(scenes[best.speaker], atoms=best.atoms)
        missing = self._judge.missing(part, Form.NARRATIVE, best.text)
        avoid = dict.fromkeys([*best.borrowed, *_strangers(best.text, scenes, lang)])
        return Hint(best.text, dialogue_prompts.spelled(missing, lang), tuple(avoid))

    def _whole(
        self, scenes: tuple[Scene, Scene], lang: Lang, told: Sequence[Replica]
    ) -> tuple[Scores, Scores]:
        first, second = (
            self._scores(
                scene, lang, " ".join(each.text for each in told[speaker::2]), Candidate("", [], True)
            )
            for speaker, scene in enumerate(scenes)
        )
        return first, second

    def _scores(self, scene: Scene, lang: Lang, text: str, candidate: Candidate) -> Scores:
        # Of the forms, a story is the nearest: prose that moves through the atoms in order.
        return self._judge.scores(scene, Form.NARRATIVE, lang, text, candidate)


def _trimmed(candidate: Candidate) -> str:
    """A candidate without quotes, a second line or half a sentence."""
    text = candidate.text.strip().split("\n")[0].strip(' "«»“”`*—–-')
    if not candidate.complete:
        text = shapes.whole_sentences(text)
    return text


def _is_replica(text: str) -> bool:
    """One sentence or two, neither a word nor a speech."""
    ended = 1 <= len(_END.findall(text)) <= 2 and text[-1] in ".!?…"
    return ended and text[0].isupper() and 4 <= len(words.words_of(text)) <= 24


def _freshness(text: str, scenes: tuple[Scene, Scene], lang: Lang, told: Sequence[Replica]) -> float:
    """1; half of it with an atom of an example that is neither scene's; 0 for what was said before."""
    if _is_echo(text, lang, told):
        return 0.0
    return 0.5 if _strangers(text, scenes, lang) else 1.0


def _is_echo(text: str, lang: Lang, told: Sequence[Replica]) -> bool:
    """Whether three words in a row were said before, in the dialogue or in an example."""
    shown = [line.text for shot in dialogue_prompts.manner(lang).shots for line in shot.lines]
    before = {run for each in (*shown, *(replica.text for replica in told)) for run in _runs(each)}
    return not before.isdisjoint(_runs(text))


def _strangers(text: str, scenes: tuple[Scene, Scene], lang: Lang) -> list[str]:
    """Words that are an atom of an example, and none of the two scenes'."""
    shown = [" ".join(chain) for shot in dialogue_prompts.manner(lang).shots for chain in shot.chains]
    atoms = [atom for scene in scenes for atom in scene.atoms]
    ours = {lemma for atom in atoms for lemma in words.lemmas(atom.text, atom.lang)}
    theirs = _all_lemmas(shown)
    return [word for word in _meant(text, ours) if words.lemmas_of(word) & theirs]


def _meant(text: str, but: set[str]) -> list[str]:
    """The words of a text that carry meaning, without some."""
    return [word for word in words.meant(text) if not words.lemmas_of(word) & but]


def _all_lemmas(texts: Sequence[str]) -> set[str]:
    return {lemma for text in texts for word in words.meant(text) for lemma in words.lemmas_of(word)}


def _runs(text: str) -> set[tuple[str, ...]]:
    return set(words.runs(words.said(text), _RUN))
