"""Text to scene."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
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
    source = _clean(text)
    known = None if any(map(str.isspace, source)) else mark.unfuse(source)
    forms = _met(source, own) if own else _NONE
    if known is None:
        _refuse_prose(source)
        known = _pieces(source, forms)
    return _build(source, known, forms)


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


def _pieces(source: str, own: Mapping[str, str]) -> list[str]:
    """Atoms as they are spelled: emoji clusters, and the words of each run of letters."""
    pieces: list[str] = []
    run = ""
    for cluster in emoji.clusters(source):
        if emoji.is_emoji(cluster):
            pieces += _words(run, own)
            pieces.append(cluster)
            run = ""
        else:
            run += cluster
    return pieces + _words(run, own)


def _words(run: str, own: Mapping[str, str]) -> list[str]:
    chunks = _WORDS.findall(run)
    found: list[str] = []
    for chunk in chunks:
        lang = words.language_of(chunk)
        # A word that somebody typed apart from others and that exists is not taken to pieces.
        whole = len(chunks) > 1 and lang is not None and words.is_known(chunk.lower(), lang)
        # Nor is an own word, were it made of two others.
        whole = whole or own_words.folded(chunk) in own
        found += [chunk] if whole else segment(chunk, own=frozenset(own))
    return found


def _build(source: str, pieces: Sequence[str], own: Mapping[str, str]) -> Scene:
    texts = [piece if emoji.is_emoji(piece) else piece.lower() for piece in pieces]
    _refuse_pieces(texts)
    counts = Counter(lang for text in texts if (lang := _lang(text)) not in (None, Lang.EMOJI))
    scene_lang = counts.most_common(1)[0][0] if counts else Lang.EMOJI
    # Digits have no language of their own: they speak the scene's.
    langs = [_lang(text) or scene_lang for text in texts]
    lemmas = [
        own.get(own_words.folded(text)) or words.lemma(text, lang)
        for text, lang in zip(texts, langs, strict=True)
    ]
    atoms = tuple(
        Atom(text, lemma, lang, phase)
        for text, lemma, lang, phase in zip(texts, lemmas, langs, movement.phases(lemmas), strict=True)
    )
    dotted = [p if emoji.is_emoji(p) else p.lower() for p in _pieces("".join(texts), _NONE)] != texts
    return Scene(
        source=source,
        atoms=atoms,
        lang=scene_lang,
        kind=movement.kind(lemmas),
        mnemonic=mark.fuse(texts, dotted),
    )


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
