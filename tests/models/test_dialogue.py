"""Two scenes in dialogue, with the real small model in both prompt styles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from models import catalog, dialogue_prompts
from models.backend import Candidate, Message
from models.dialogue import Dialogist, Spoken
from models.dialogue_prompts import Line
from models.embedder import Embedder
from models.engine import Engine
from models.personas import Persona, persona
from models.prompts import Hint
from scene import words
from scene.atoms import Lang
from scene.dialogue import divide
from scene.errors import ModelError
from scene.parse import parse

SCENES = (parse("ashflashlifesilence"), parse("riverstonetime"))
SPEAKERS = (persona("poet"), persona("philosopher"))
MODEL = catalog.find("smollm2-135m")


async def speak(
    engine: Engine, embedder: Embedder, style: str = "few-shot", seed: int = 1, turns: int = 1
) -> Spoken:
    model = replace(MODEL, style=style)
    dialogist = Dialogist(engine, model, embedder)
    return await dialogist.speak(SCENES, SPEAKERS, Lang.EN, turns=turns, seed=seed, count=4)


async def test_two_scenes_speak_in_turn(engine: Engine, embedder: Embedder) -> None:
    spoken = await speak(engine, embedder, turns=2)
    assert [replica.speaker for replica in spoken.replicas] == [0, 1, 0, 1]
    for place, scene in enumerate(SCENES):
        assert [replica.atoms for replica in spoken.replicas[place::2]] == divide(scene, 2)
    assert spoken.text.split("\n") == [f"— {replica.text}" for replica in spoken.replicas]
    assert 0 < spoken.first_token_seconds <= spoken.seconds
    assert 16 <= spoken.candidates <= 32
    for scores in spoken.whole:
        assert 0 <= scores.coverage <= 1
    shown = {line.text for shot in dialogue_prompts.manner(Lang.EN).shots for line in shot.lines}
    assert not shown & {replica.text for replica in spoken.replicas}


async def test_the_same_seed_gives_the_same_dialogue(engine: Engine, embedder: Embedder) -> None:
    spoken = await speak(engine, embedder)
    assert (await speak(engine, embedder)).text == spoken.text
    assert (await speak(engine, embedder, seed=2)).text != spoken.text


async def test_a_chat_model_talks_too(engine: Engine, embedder: Embedder) -> None:
    assert len((await speak(engine, embedder, style="chat")).replicas) == 2


def test_the_judge_of_a_replica(engine: Engine, embedder: Embedder) -> None:
    dialogist = Dialogist(engine, MODEL, embedder)
    first, second = (divide(scene, 2)[0] for scene in SCENES)
    told = dialogist.judged([_candidate("The ash is warm after the flash.")], SCENES, first, Lang.EN, [])

    def judged(text: str) -> list[tuple[bool, tuple[str, ...]]]:
        found = dialogist.judged([_candidate(text)], SCENES, second, Lang.EN, told)
        return [(each.passes, each.borrowed) for each in found]

    assert judged("My river carries it away without a word.") == [(True, ())]
    assert judged("My river is warm tonight, like you.") == [(False, ("warm",))]
    assert judged("Nothing here of what was asked for today.")[0][0] is False  # no river
    assert judged("The river crosses it like a clean page.")[0][0] is False  # an example's words
    assert judged("river") == [(False, ())]
    assert judged("") == []
    mine, strange = (
        dialogist.judged([_candidate(f"A river hides some {word} here.")], SCENES, second, Lang.EN, told)[0]
        for word in ("city", "wolf")
    )
    assert (mine.scores.fresh, strange.scores.fresh) == (1, 0.5)  # the wolf is an example's


@pytest.mark.parametrize("lang", [Lang.RU, Lang.EN])
def test_the_examples_keep_the_rules_themselves(lang: Lang) -> None:
    for shot in dialogue_prompts.manner(lang).shots:
        said: tuple[set[str], set[str]] = (set(), set())
        voiced: tuple[list[str], list[str]] = ([], [])
        for place, line in enumerate(shot.lines):
            meant = {
                words.lemma(word, lang)
                for word in words.words_of(line.text)
                if not words.is_function_word(word, lang)
            }
            assert not meant & said[1 - place % 2], line.text
            said[place % 2].update(meant)
            voiced[place % 2].extend(line.words)
            for word in line.words:
                assert words.lemmas(word, lang) & {
                    lemma for each in words.words_of(line.text) for lemma in words.lemmas(each, lang)
                }, (word, line.text)
        assert tuple(map(tuple, voiced)) == shot.chains


def test_the_head_is_the_same_for_every_dialogue() -> None:
    def head(speakers: tuple[Persona, Persona], lines: list[Line]) -> str:
        so_far = dialogue_prompts.talk(SCENES, speakers, Lang.EN, lines)
        return dialogue_prompts.build(
            replace(MODEL, style="few-shot"), _no_template, Lang.EN, so_far, ["ash"], speakers[0]
        ).head

    one = head(SPEAKERS, [])
    assert one == head((persona("mind"), persona("body+poet")), [Line(("ash",), "Ash.")])
    assert "philosopher" in one


def test_emoji_are_spelled_and_a_base_model_needs_no_template() -> None:
    scenes = (parse("⚡🌫🫁"), SCENES[1])
    so_far = dialogue_prompts.talk(scenes, SPEAKERS, Lang.RU, [])
    prompt = dialogue_prompts.build(
        replace(MODEL, style="chat"), _no_template, Lang.RU, so_far, ["туман"], SPEAKERS[0]
    )
    assert "⚡" not in prompt.tail
    assert prompt.tail.endswith("Первая (туман):")
    assert prompt.messages[-1][0] == "user"


def _no_template(_: object) -> str:
    raise ModelError("model-no-template", path="")


def _candidate(text: str) -> Candidate:
    return Candidate(text, [-1.0] * 8, True)


def test_an_example_like_one_of_the_scenes_is_left_out() -> None:
    scenes = (parse("снегволкгора"), parse("огоньдомхлеб"))
    so_far = dialogue_prompts.talk(scenes, SPEAKERS, Lang.RU, [])
    model = replace(MODEL, style="few-shot")
    prompt = dialogue_prompts.build(model, str, Lang.RU, so_far, ("снег",), SPEAKERS[0])
    near, *far = dialogue_prompts.manner(Lang.RU).shots
    assert near.lines[0].text not in prompt.head
    assert all(shot.lines[0].text in prompt.head for shot in far)


def test_a_second_try_is_told_what_was_wrong() -> None:
    so_far = dialogue_prompts.talk(SCENES, SPEAKERS, Lang.EN, [])
    hint = Hint("The dust is warm.", ("ash",), ("dust",))
    for style, template in (("few-shot", str), ("chat", _layout)):
        model = replace(MODEL, style=style)
        prompt = dialogue_prompts.build(model, template, Lang.EN, so_far, ("ash",), SPEAKERS[0], hint)
        assert "Don't forget: ash\nWithout the words: dust" in prompt.tail
        assert ("The dust is warm." in prompt.tail) == (style == "chat")
        assert (
            prompt.head
            == dialogue_prompts.build(model, template, Lang.EN, so_far, ("ash",), SPEAKERS[0]).head
        )


def _layout(messages: Sequence[Message]) -> str:
    return "\n".join(f"{role}: {content}" for role, content in messages)
