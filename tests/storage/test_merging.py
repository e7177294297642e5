"""Exports taken in twice, overlapping, in any order, and lines that mean harm."""

from __future__ import annotations

import io
import json
import tempfile
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from making import rendering

from scene.errors import HyperBridgeError
from scene.parse import parse
from storage import exchange
from storage.archive import Archive
from storage.exchange import Entry, OwnWord

SOURCES = ("снегволк", "по|ни|⚡", "seasalt", "пепел")
Content = tuple[frozenset[str], dict[str, Counter[str]]]

texts = st.tuples(st.sampled_from("абв"), st.integers(0, 1))
kept = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(SOURCES), st.lists(texts, max_size=4)),
        st.sampled_from(["снежнобог", "морегул"]),
    ),
    max_size=6,
)


def fill(archive: Archive, what: Iterable[str | tuple[str, list[tuple[str, int]]]]) -> None:
    for each in what:
        if isinstance(each, str):
            archive.own_words.teach(0, each)
            continue
        stored = archive.keep(0, parse(each[0]))
        for text, seed in each[1]:
            archive.renderings.add(stored, replace(rendering(text), seed=seed))


def take(archive: Archive, lines: Iterable[dict[str, Any]]) -> int:
    """Take in an export; how much was new."""
    new = 0
    for line in lines:
        found = exchange.read(json.dumps(line), archive.own_words.of(0))
        if isinstance(found, OwnWord):
            new += archive.own_words.teach(0, found.word, found.created_at)
        else:
            (restored,) = archive.restore(0, [found])
            new += restored.new + restored.renderings
    return new


def content(archive: Archive) -> Content:
    """What an archive has, without what must differ: numbers and their order."""
    scenes = {
        line["mnemonic"]: Counter(json.dumps(each, sort_keys=True) for each in line["renderings"])
        for line in archive.export(0)
        if "word" not in line
    }
    return archive.own_words.of(0), scenes


@settings(max_examples=25, deadline=None)
@given(kept, kept)
def test_merging_is_a_union_whatever_the_order(first: Any, second: Any) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with (
            Archive.open(folder / "a.db") as a,
            Archive.open(folder / "b.db") as b,
            Archive.open(folder / "c.db") as c,
        ):
            fill(a, first)
            fill(b, second)
            before_a, before_b = content(a), content(b)
            codes = [(line["code"], line["mnemonic"]) for line in a.export(0) if "code" in line]
            take(c, [*a.export(0), *b.export(0)])
            take(a, b.export(0))
            assert take(a, b.export(0)) == 0  # nothing twice
            assert take(a, a.export(0)) == 0
            take(b, c.export(0))
            assert a.own_words.of(0) == b.own_words.of(0) == c.own_words.of(0) == before_a[0] | before_b[0]
            assert content(a)[1].keys() == content(b)[1].keys() == content(c)[1].keys()
            assert content(a)[1].keys() == before_a[1].keys() | before_b[1].keys()
            assert [(line["code"], line["mnemonic"]) for line in a.export(0) if "code" in line][
                : len(codes)
            ] == codes
            for mnemonic, there in content(a)[1].items():
                assert before_a[1].get(mnemonic, Counter()) <= there  # what was there is untouched
            distinct = [
                {name: set(map(_key, all_)) for name, all_ in content(each)[1].items()} for each in (a, b, c)
            ]
            assert distinct[0] == distinct[1] == distinct[2]


def _key(text: str) -> tuple[str, int]:
    data = json.loads(text)
    return data["text"], data["seed"]


@settings(max_examples=25, deadline=None)
@given(kept)
def test_an_export_in_an_empty_archive_is_the_same_archive(what: Any) -> None:
    with (
        tempfile.TemporaryDirectory() as name,
        Archive.open(Path(name) / "a.db") as a,
        Archive.open(Path(name) / "b.db") as b,
    ):
        fill(a, what)
        take(b, a.export(0))
        assert content(b) == content(a)
        assert list(b.export(0)) == list(a.export(0))


def test_a_text_is_there_as_often_as_either_side_has_it(tmp_path: Path) -> None:
    once, thrice = [rendering("Раз.")], [rendering("Раз.")] * 3
    entry = Entry(parse("снегволк"), renderings=once)
    with Archive.open(tmp_path / "archive.db") as archive:
        restored = archive.restore(0, [entry, entry, replace(entry, renderings=thrice), entry])
        assert [each.renderings for each in restored] == [1, 0, 2, 0]


HOSTILE = [
    b"[" * 1_000_000,
    b'{"source": "' + b"a" * 5_000_000 + b'"}',
    b'{"source": ' + b'{"a":' * 50_000 + b"1" + b"}" * 50_000 + b"}",
    b'{"source": "\\u0000"}',
    b'{"source": ["\xd1\x81"]}',
    b'{"word": "../../x"}',
    b'{"word": ' + b"9" * 10_000 + b"}",
    b'{"source": "snow", "created_at": ' + b"9" * 400 + b"}",
    b'{"source": "snow", "renderings": [null]}',
    b'{"source": "snow", "renderings": {"0": 1}}',
    b'{"source": "snow", "atoms": [{"text": "..", "lemma": "/"}]}',
    b"\x00" * 100,
    b"PRAGMA writable_schema=ON; DROP TABLE scenes;",
]


@pytest.mark.parametrize("line", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_line_is_one_sentence(line: bytes) -> None:
    with pytest.raises(HyperBridgeError) as caught:
        exchange.read(line.decode(), frozenset())
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize("path", ["../../etc/passwd", "/etc/passwd", "C:\\\\Windows\\\\system"])
def test_a_path_is_only_words(path: str) -> None:
    found = exchange.read(f'{{"source": "{path}"}}', frozenset())
    assert isinstance(found, Entry)
    assert all(atom.text.isalpha() for atom in found.scene.atoms)


def test_texts_may_hold_anything_and_come_back(tmp_path: Path) -> None:
    hostile = "\0' OR 1=1; -- <script>\x1b[31m\u202e\ufeff\n" + "я" * 100_000
    with Archive.open(tmp_path / "a.db") as a, Archive.open(tmp_path / "b.db") as b:
        a.keep_rendering(0, parse("снегволк"), replace(rendering(hostile), model=hostile[:40]))
        assert take(b, a.export(0)) == 2
        ((_, kept_text),) = b.renderings.last(0)
        assert (kept_text.text, kept_text.model) == (hostile, hostile[:40])


def test_a_time_without_a_zone_is_taken_for_utc() -> None:
    found = exchange.read('{"source": "снег", "created_at": "2026-01-02T03:04:05"}', frozenset())
    assert isinstance(found, Entry)
    assert found.created_at is not None
    assert found.created_at.isoformat() == "2026-01-02T03:04:05+00:00"


def test_a_line_without_end_is_read_in_part_and_the_next_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchange, "MAX_LINE", 10)
    file = io.BytesIO(b"short\n" + b"x" * 35 + b"\n" + b"y" * 9 + b"\n" + b"z" * 11)
    assert list(exchange.lines_of(file)) == [b"short\n", b"x" * 11, b"y" * 9 + b"\n", b"z" * 11]
