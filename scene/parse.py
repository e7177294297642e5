"""Text to scene."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

import regex

from scene import emoji, mark, movement, words
from scene import own as own_words
from scene.atoms import Atom, Lang, Scene
from scene.errors import SceneError
from scene.segment import segment

MAX_CHARACTERS = 256
MAX_ATOMS = 24
_SENTENCE_WORDS = 5  # this many words typed apart, two of them function words, are prose
_LIST_WORDS = 12  # as many typed apart are prose in any case

# Format characters that are no part of a word. Zero-width joiner and tags stay: they build emoji.
_INVISIBLE = regex.compile(r"[\p{Cf}--\u200d\U000e0020-\U000e007f]", regex.V1)
_MARKUP = regex.compile(r"<[/!?]?[a-zA-Z][^>]*>|&(?:#\d+|[a-zA-Z]+);|\[[^\]]+\]\([^)]+\)")
_WORDS = regex.compile(r"[\p{L}\p{N}\p{M}’']+")
_NONE: Mapping[str, str] = MappingProxyType({})


class How(StrEnum):
    """How a chunk came by its words."""

    EMOJI = "emoji"
    DOTTED = "dotted"
    APART = "apart"
    OWN = "own"
    LATTICE = "lattice"
    MODEL = "model"


@dataclass(frozen=True, slots=True)
class Chunk:
    """What stands apart in a source: an emoji, or letters and digits between other signs.

    Attributes:
        text: The chunk as it is spelled in the source.
        words: Its words, spelled likewise.
        how: A mnemonic's dots parted them, the chunk is a known word that was typed apart from others or
            an own word, the lattice read it, or a language model chose among the lattice's readings.
    """

    text: str
    words: tuple[str, ...]
    how: How


@dataclass(frozen=True, slots=True)
class Taken:
    """A source taken apart.

    Attributes:
        source: What the person sent, trimmed.
        chunks: Its chunks in order.
        own: Forms of the person's own words that are met in it, with their lemmas.
    """

    source: str
    chunks: tuple[Chunk, ...]
    own: Mapping[str, str]


def parse(text: str, *, own: frozenset[str] = frozenset()) -> Scene:
    """Read a scene from what a person sent.

    Args:
        text: A fused word, words, emoji, or a mix; up to 256 characters and 24 atoms.
        own: The person's own words, as ``scene.own.word`` gives them: preferred to any other reading.

    Returns:
        The scene. Its mnemonic is read back as the same words without ``own``, so that a mark means the
        same to everybody.

    Raises:
        SceneError: With a key that names what is wrong: ``scene-not-unicode``, ``scene-empty``,
            ``scene-invisible``, ``scene-too-long``, ``scene-markup``, ``scene-sentence``,
            ``scene-script``, ``scene-digits``, ``scene-one-letter``, ``scene-no-words`` or
            ``scene-too-many-atoms``.
    """
    return build(take(text, own=own))


def take(text: str, *, own: frozenset[str] = frozenset()) -> Taken:
    """The first half of ``parse``: its arguments taken apart."""
    source = _clean(text)
    dotted = None if any(map(str.isspace, source)) else mark.unfuse(source)
    forms = _met(source, own) if own else _NONE
    if dotted is not None:
        return Taken(source, tuple(Chunk(part, (part,), How.DOTTED) for part in dotted), forms)
    _refuse_prose(source)
    return Taken(source, tuple(_chunks(source, forms)), forms)


def _met(source: str, own: frozenset[str]) -> Mapping[str, str]:
    """Forms of own words that a text has in it, with their lemmas; the lattice would try each of them all."""
    letters = own_words.folded(source)
    return {form: lemma for form, lemma in own_words.forms(own).items() if form in letters}


def _clean(text: str) -> str:
    if any(unicodedata.category(character) == "Cs" for character in text):
        raise SceneError("scene-not-unicode")
    source = unicodedata.normalize("NFC", text).strip()
    if not source:
        raise SceneError("scene-empty")
    length = len(source) - source.count(mark.DOT)  # a long scene's mnemonic may need them on top
    if length > MAX_CHARACTERS or len(source) > 2 * MAX_CHARACTERS:
        raise SceneError("scene-too-long", length=len(source), limit=MAX_CHARACTERS)
    if _MARKUP.search(source):
        raise SceneError("scene-markup")
    source = _INVISIBLE.sub("", source).strip()
    if not source.replace("\u200d", ""):
        raise SceneError("scene-invisible")
    return str(source)


def _refuse_prose(source: str) -> None:
    """A sentence is no scene: its words are held together by grammar, not by the person."""
    apart = [word for chunk in source.split() if (word := "".join(_WORDS.findall(chunk)).lower())]
    helpers = sum(
        lang is not None and words.is_function_word(word, lang)
        for word in apart
        for lang in [words.language_of(word)]
    )
    if len(apart) > _LIST_WORDS or (len(apart) >= _SENTENCE_WORDS and helpers >= 2):
        raise SceneError("scene-sentence", words=len(apart))


def _chunks(source: str, own: Mapping[str, str] = _NONE) -> Iterator[Chunk]:
    """Emoji clusters, and the chunks of each run of letters between them."""
    run = ""
    for cluster in emoji.clusters(source):
        if emoji.is_emoji(cluster):
            yield from _letters(run, own)
            yield Chunk(cluster, (cluster,), How.EMOJI)
            run = ""
        else:
            run += cluster
    yield from _letters(run, own)


def _letters(run: str, own: Mapping[str, str]) -> Iterator[Chunk]:
    chunks = _WORDS.findall(run)
    for chunk in chunks:
        lang = words.language_of(chunk)
        # A word that somebody typed apart from others and that exists is not taken to pieces.
        if len(chunks) > 1 and lang is not None and words.is_known(chunk.lower(), lang):
            yield Chunk(chunk, (chunk,), How.APART)
        elif own_words.folded(chunk) in own:  # nor is an own word, were it made of two others
            yield Chunk(chunk, (chunk,), How.OWN)
        else:
            yield Chunk(chunk, tuple(segment(chunk, own=frozenset(own))), How.LATTICE)


def build(taken: Taken) -> Scene:
    """The second half of ``parse``: a scene of the chunks' words.

    The words may be others than ``take`` gave: the mnemonic keeps its dots where parsing alone would find
    other atoms.
    """
    texts = _texts(taken.chunks)
    _refuse_pieces(texts)
    counts = Counter(lang for text in texts if (lang := _lang(text)) not in (None, Lang.EMOJI))
    scene_lang = counts.most_common(1)[0][0] if counts else Lang.EMOJI
    # Digits have no language of their own: they speak the scene's.
    langs = [_lang(text) or scene_lang for text in texts]
    lemmas = [
        taken.own.get(own_words.folded(text)) or words.lemma(text, lang)
        for text, lang in zip(texts, langs, strict=True)
    ]
    moves = movement.read(lemmas)
    atoms = tuple(
        Atom(text, lemma, lang, part.phase, part.confidence)
        for text, lemma, lang, part in zip(texts, lemmas, langs, moves.parts, strict=True)
    )
    dotted = _texts(_chunks("".join(texts))) != texts
    return Scene(
        source=taken.source,
        atoms=atoms,
        lang=scene_lang,
        kind=moves.kind,
        mnemonic=mark.fuse(texts, dotted),
    )


def _texts(chunks: Iterable[Chunk]) -> list[str]:
    """Atoms' texts: emoji as they are, words in lower case."""
    return [word if emoji.is_emoji(word) else word.lower() for chunk in chunks for word in chunk.words]


def _refuse_pieces(texts: Sequence[str]) -> None:
    if len(texts) > MAX_ATOMS:
        raise SceneError("scene-too-many-atoms", count=len(texts), limit=MAX_ATOMS)
    if not texts:
        raise SceneError("scene-no-words")
    foreign = [text for text in texts if _lang(text) is None and not text.isnumeric()]
    if foreign:
        raise SceneError("scene-script", word=foreign[0])
    if all(text.isnumeric() for text in texts):
        raise SceneError("scene-digits")
    if len(texts) == 1 and len(texts[0]) == 1 and texts[0].isalpha():
        raise SceneError("scene-one-letter")


def _lang(text: str) -> Lang | None:
    return Lang.EMOJI if emoji.is_emoji(text) else words.language_of(text)
