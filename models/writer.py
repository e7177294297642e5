"""The writer: several candidates for a scene, and the best of them."""

from __future__ import annotations

import asyncio
import functools
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from models import prompts
from models.backend import Backend, Candidate, Prompt, Sampling, Sieve
from models.catalog import Model
from models.embedder import Embedder
from models.judge import Judge, Scores, strangers
from models.palette import Palette
from models.personas import Persona
from models.prompts import Hint
from scene import emoji, forms, shapes, signature, tempo
from scene.atoms import Lang, Scene
from scene.errors import ModelError
from scene.forms import Form

DEFAULT_CANDIDATES = 8
# How many candidates each gets while so many others are served: their texts share one decode, so that eight
# people at once would wait three times as long for eight each.
_WHEN_CROWDED = ((1, 8), (3, 6))
_AT_LEAST = 4
ENOUGH = 0.75
"""Share of the candidates to wait for: whoever writes much longer than the others rambles."""
ENOUGH_SIEVED = 0.25
"""The same where lines are written again: most that are complete are good then, and the others take long."""
ROUNDS = 2
"""Tries at most: when no candidate of the first round passes, one more is made."""

# A blank line ends a text; the others are how models of code and chat run on into something else. What a
# prompt calls its parts ends a text as well: the model has begun another example.
_STOP = ("\n\n", "```", '"""', "<|", "\n#", "###", "Ответ:", "Answer:")

_DRY = 0.8  # small models fall into saying the same sentence for ever
_SIGNS = (Form.FORMULA, Form.EMOJI, Form.SILENCE)  # held by a grammar
_REINED = (Form.POEM, Form.ESSAY)  # elsewhere things are named again for a reason, and texts got worse

_PROSE = (Form.NARRATIVE, Form.ESSAY, Form.LOGIC, Form.METAPHOR)
_WITH_ARROWS = (Form.FORMULA, Form.METAPHOR, Form.LOGIC)  # elsewhere an arrow is an echo of the prompt
_ONE_LINE = (*_PROSE, Form.FORMULA, Form.SILENCE, Form.EMOJI)


@dataclass(frozen=True, slots=True)
class Proposal:
    """One candidate, judged.

    Attributes:
        text: What it says.
        scores: What the judge found.
    """

    text: str
    scores: Scores

    def rank(self, form: Form) -> tuple[int, float]:
        """What candidates are sorted by: fewest terms below the bar, then the highest total."""
        return len(self.scores.failed(form)), -self.scores.total


@dataclass(frozen=True, slots=True)
class Written:
    """A scene voiced.

    Attributes:
        text: The best candidate, without a mark.
        form: Its form.
        lang: Its language, ``RU`` or ``EN``.
        persona: Who spoke, or None.
        seed: Seed of the first candidate.
        scores: What the judge found.
        others: The candidates that were not chosen, best first.
        failed: Terms in which even the best candidate is below the bar; a person is told so.
        missing: Words of the scene that the text has lost.
        candidates: How many were sampled.
        first_token_seconds: From the request to the first sampled token.
        seconds: From the request to the choice.
    """

    text: str
    form: Form
    lang: Lang
    persona: Persona | None
    seed: int
    scores: Scores
    others: tuple[Proposal, ...]
    failed: tuple[str, ...]
    missing: tuple[str, ...]
    candidates: int
    first_token_seconds: float
    seconds: float


class Writer:
    """Turns scenes into texts with one model.

    Args:
        backend: Runs the model.
        model: Its entry in the catalog.
        embedder: Measures how near a text is to its scene.

    Attributes:
        tokens: Written since it was made, over all candidates.
    """

    def __init__(self, backend: Backend, model: Model, embedder: Embedder) -> None:
        self.model = model
        self.tokens = 0
        self._backend = backend
        self._embedder = embedder
        self._judge = Judge(embedder)
        self._palette = Palette(embedder)

    async def write(
        self,
        scene: Scene,
        form: Form,
        lang: Lang,
        *,
        seed: int,
        persona: Persona | None = None,
        count: int | None = None,
        owner: int = 0,
        watch: Callable[[str], None] | None = None,
    ) -> Written:
        """Voice a scene.

        Args:
            scene: What to voice.
            form: How.
            lang: ``RU`` or ``EN``.
            seed: The same arguments and seed give the same text on the same machine.
            persona: Who speaks, or None for the form's own voice.
            count: Candidates a round, 1 to 16; None takes eight, or fewer while many others are served.
            owner: Whose reply it is, for a queue that is fair between chats.
            watch: Called on the event loop with the text as far as it is written: first with the beginnings
                of one candidate, each longer than the one before, and then with the best one of a round that
                is followed by another.

        Raises:
            ModelError: ``model-no-text`` when every candidate came out empty; and the engine's own.
        """
        started = time.perf_counter()
        round_ = _Round(scene, form, lang, persona, count, owner)
        ranked: list[Proposal] = []
        first_token_seconds, sampled = 0.0, 0
        for turn in range(ROUNDS):
            if ranked and watch is not None:
                watch(ranked[0].text)
            hint = await asyncio.to_thread(self._hint, round_, ranked[0]) if ranked else None
            # Whoever watches sees a text grow once: the second try would take back what they have read.
            grown = None if ranked else watch
            proposals, count, waited = await self._propose(round_, seed + turn, hint, grown)
            first_token_seconds = first_token_seconds or waited
            sampled += count
            ranked = sorted([*ranked, *proposals], key=lambda each: each.rank(form))
            if ranked and not ranked[0].scores.failed(form):
                break
        if not ranked:
            raise ModelError("model-no-text", model=self.model.id)
        best, *others = ranked
        said = form is not Form.SILENCE  # which keeps no scene
        missing = await asyncio.to_thread(self._judge.missing, scene, form, best.text) if said else []
        return Written(
            text=best.text,
            form=form,
            lang=lang,
            persona=persona,
            seed=seed,
            scores=best.scores,
            others=tuple(others),
            failed=best.scores.failed(form),
            missing=tuple(atom.text for atom in missing),
            candidates=sampled,
            first_token_seconds=first_token_seconds,
            seconds=time.perf_counter() - started,
        )

    async def _propose(
        self, round_: _Round, seed: int, hint: Hint | None, watch: Callable[[str], None] | None
    ) -> tuple[list[Proposal], int, float]:
        """Candidates, judged; how many were sampled; and the seconds until the first token."""
        started = time.perf_counter()
        pieces: list[str] = []

        def grew(piece: str) -> None:
            pieces.append(piece)
            if watch is not None:
                watch("".join(pieces))

        prompt, sampling = await asyncio.to_thread(self._ask, round_, hint)
        sieve = self._sieve(round_)
        asked, count = time.perf_counter(), round_.count or self._affordable()
        found = await self._backend.candidates(
            prompt,
            sampling,
            count=count,
            seed=seed,
            enough=math.ceil(count * (ENOUGH_SIEVED if sieve else ENOUGH)),
            owner=round_.owner,
            watch=grew if watch is not None else None,
            sieve=sieve,
        )
        self.tokens += found.tokens
        proposals = await asyncio.to_thread(self._judged, round_, found.items)
        return proposals, count, asked - started + found.first_token_seconds

    def _sieve(self, round_: _Round) -> Sieve | None:
        if round_.form is not Form.POEM or not self.model.rewrites:
            return None
        keeps = functools.partial(self._judge.promises, round_.scene, round_.form, round_.lang)
        return Sieve(keeps, self.model.rewrites)

    def _ask(self, round_: _Round, hint: Hint | None) -> tuple[Prompt, Sampling]:
        asked = round_.scene, round_.form, round_.lang, round_.persona
        return request(self.model, self._backend.chat, self._embedder, self._palette, *asked, hint=hint)

    def _judged(self, round_: _Round, items: list[Candidate]) -> list[Proposal]:
        """Every candidate that has a text, with its scores."""
        scene, form, lang = round_.scene, round_.form, round_.lang
        texts = [(trimmed(item, form), item) for item in items]
        return [
            Proposal(text, self._judge.scores(scene, form, lang, text, item)) for text, item in texts if text
        ]

    def _hint(self, round_: _Round, best: Proposal) -> Hint:
        scene, form, lang = round_.scene, round_.form, round_.lang
        missing = self._judge.missing(scene, form, best.text)
        strange = dict.fromkeys(strangers(best.text, scene, form, lang))
        return Hint(best.text, tuple(emoji.spelled(atom, lang) for atom in missing), tuple(strange))

    def _affordable(self) -> int:
        crowd = self._backend.load()
        return next((count for fewer, count in _WHEN_CROWDED if crowd < fewer), _AT_LEAST)


@dataclass(frozen=True, slots=True)
class _Round:
    """What is asked for, whichever try it is."""

    scene: Scene
    form: Form
    lang: Lang
    persona: Persona | None
    count: int | None
    owner: int


def request(
    model: Model,
    template: prompts.Template,
    embedder: Embedder,
    palette: Palette,
    scene: Scene,
    form: Form,
    lang: Lang,
    persona: Persona | None,
    *,
    hint: Hint | None = None,
) -> tuple[Prompt, Sampling]:
    """What a model is given for a scene, and how its tokens are chosen; blocks.

    Args:
        model: Tells how it is prompted.
        template: Lays out chat messages as the model expects them.
        embedder: Measures how the scene moves.
        palette: The emoji for it.
        scene: What to voice.
        form: How.
        lang: ``RU`` or ``EN``.
        persona: Who speaks, or None for the form's own voice.
        hint: What to do better than last time.
    """
    breath = None
    if forms.voice(form, lang).tempo:
        breath = tempo.of_scene(scene, embedder.chain(signature.glosses(scene)))
    prompt = prompts.build(model, template, scene, form, lang, persona, asked=breath, hint=hint)
    sampling = sampling_for(model, scene, form, lang, palette)
    if persona is not None:
        sampling = replace(sampling, temperature=persona.temperature, min_p=persona.min_p)
    return prompt, sampling


def sampling_for(model: Model, scene: Scene, form: Form, lang: Lang, palette: Palette) -> Sampling:
    """How a form's tokens are chosen, and where its text ends.

    Args:
        model: Tells how much it repeats itself.
        scene: What is voiced.
        form: How.
        lang: ``RU`` or ``EN``.
        palette: The emoji for it.
    """
    choices = palette.choices(scene) if form is Form.EMOJI else []
    return Sampling(
        dry=0.0 if form in _SIGNS else _DRY,
        repeat_penalty=model.repeat_penalty if form in _REINED else 1.0,
        grammar=shapes.grammar(form, scene, lang, choices),
        max_tokens=forms.voice(form, lang).max_tokens,
        stop=(*_STOP, *prompts.labels(form, lang), *(() if form in _WITH_ARROWS else ("→",))),
    )


def trimmed(candidate: Candidate, form: Form) -> str:
    """A candidate without what models leave at its ends: quotes, a second answer, half a sentence."""
    text = candidate.text.strip().strip('"«»“”`*').strip()
    if form in _ONE_LINE:
        text = text.split("\n")[0].strip()
    if form is Form.POEM:
        lines = [line.strip() for line in text.split("\n")]
        if not candidate.complete:
            lines = lines[:-1]  # the last one was cut off
        text = "\n".join(line for line in lines if line)
    elif form in _PROSE and not candidate.complete:
        text = shapes.whole_sentences(text)
    return text
