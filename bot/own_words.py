"""Teaching and unteaching words, for the bot and the command line alike."""

from __future__ import annotations

from dataclasses import dataclass

from bot.texts import Texts
from scene import own
from scene.atoms import Lang, Scene
from scene.parse import parse
from scene.words import language_of
from storage.archive import Archive

_BESIDE = {Lang.RU: "тишина", Lang.EN: "silence"}  # what a word is fused with to show how it reads


@dataclass(frozen=True, slots=True)
class Lesson:
    """What came of teaching or unteaching a word.

    Attributes:
        word: The word, as it is kept.
        changed: It was taught, or unlearnt; False when there was nothing to do.
        example: A scene with the word, as it reads now.
    """

    word: str
    changed: bool
    example: Scene


def teach(archive: Archive, owner: int, text: str) -> Lesson:
    """Teach a word.

    Raises:
        SceneError: It can be no own word.
        ArchiveError: ``archive-words-full``, or it could not be kept.
    """
    word = own.word(text)
    return _lesson(archive, owner, word, archive.own_words.teach(owner, word))


def unteach(archive: Archive, owner: int, text: str) -> Lesson:
    """Unteach a word.

    Raises:
        SceneError: It can be no own word.
        ArchiveError: It could not be removed.
    """
    word = own.word(text)
    return _lesson(archive, owner, word, archive.own_words.unteach(owner, word))


def _lesson(archive: Archive, owner: int, word: str, changed: bool) -> Lesson:
    beside = _BESIDE[language_of(word) or Lang.EN]
    return Lesson(word, changed, parse(beside + word, own=archive.own_words.of(owner)))


def taught(say: Texts, lesson: Lesson) -> str:
    """Tell what teaching did."""
    return say("own-word-taught" if lesson.changed else "own-word-known", **_params(lesson))


def untaught(say: Texts, lesson: Lesson) -> str:
    """Tell what unteaching did."""
    if not lesson.changed:
        return say("own-word-unknown", word=lesson.word)
    return say("own-word-untaught", **_params(lesson))


def listed(say: Texts, words: frozenset[str]) -> str:
    """Tell which words there are."""
    if not words:
        return say("own-words-none")
    return say("own-words", count=len(words), words=", ".join(sorted(words)))


def _params(lesson: Lesson) -> dict[str, str]:
    atoms = " → ".join(atom.text for atom in lesson.example.atoms)
    return {"word": lesson.word, "scene": lesson.example.source, "atoms": atoms}
