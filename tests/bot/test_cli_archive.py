"""``archive``, ``teach`` and ``unteach`` by command line."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from command import Done, complaint, rows, run

from storage.archive import Archive

LINES = (
    """
{"word": "снежнобог"}
{"source": "снегволк", "code": "SCN-40"}
nonsense

{"source": "шагснежнобога"}
{"source": "12345"}
""".encode()
    + b"\xff\xfe\n"
)


@dataclass
class Kept:
    """An archive after ``LINES`` were taken in and its second scene was voiced."""

    db: Path
    taken: Done
    said: dict[str, Any]


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    db = tmp_path_factory.mktemp("kept") / "archive.db"
    taken = run("archive", "import", "-", "--json", db=db, stdin=LINES)
    (said,) = rows(run("say", "снежнобогшаг", "--form", "silence", "--candidates", "1", "--json", db=db))
    return Kept(db, taken, said)


@pytest.fixture
def db(tmp_path: Path) -> Path:
    return tmp_path / "archive.db"


def atoms(db: Path, *scenes: str) -> list[list[str]]:
    return [[atom["text"] for atom in row["atoms"]] for row in rows(run("parse", *scenes, "--json", db=db))]


def test_words_are_taught_listed_and_unlearnt(db: Path) -> None:
    assert atoms(db, "шагснежнобог") == [["шаг", "снежно", "бог"]]
    assert not db.exists()  # looking makes no archive
    taught = rows(run("teach", "СнежноБог", "морегул", "морегул", "--json", db=db))
    assert [(row["word"], row["changed"]) for row in taught] == [
        ("снежнобог", True),
        ("морегул", True),
        ("морегул", False),
    ]
    assert taught[0]["example"] == {"source": "тишинаснежнобог", "atoms": ["тишина", "снежнобог"]}
    assert rows(run("teach", "--json", db=db)) == [{"words": ["морегул", "снежнобог"]}]
    assert "морегул, снежнобог" in run("teach", db=db).stdout.decode()
    assert atoms(db, "шагснежнобогами", "морегулшаг") == [["шаг", "снежнобогами"], ["морегул", "шаг"]]
    (row,) = rows(run("unteach", "снежнобог", "--json", db=db))
    assert row["changed"]
    assert atoms(db, "шагснежнобог", "шагморегул") == [["шаг", "снежно", "бог"], ["шаг", "морегул"]]
    assert "none of your words" in run("unteach", "снежнобог", db=db).stdout.decode()


def test_a_bad_word_is_one_sentence_and_keeps_no_other_from_being_taught(db: Path) -> None:
    assert "can't be taught" in complaint(run("teach", "снег7", "морегул", db=db))
    assert rows(run("teach", "--json", db=db)) == [{"words": ["морегул"]}]
    assert run("unteach", db=db).returncode == 2


def test_lines_are_taken_in_and_bad_ones_told(kept: Kept) -> None:
    assert kept.taken.returncode == 2
    taken = [json.loads(line) for line in kept.taken.stdout.splitlines()]
    assert [(row["line"], row["code"], row["was"], row["new"]) for row in taken] == [
        (3, "SCN-1", "SCN-40", True),
        (6, "SCN-2", None, True),
    ]
    assert taken[1]["mnemonic"] == "шаг·снежнобога"
    told = kept.taken.stderr.decode().splitlines()
    assert [line.split(" was ")[0] for line in told] == [f"hyperbridge: line {n}" for n in (4, 7, 8)]
    (stats,) = rows(run("archive", "stats", "--json", db=kept.db))
    assert (stats["scenes"], stats["renderings"], stats["words"]) == (3, 1, 1)
    assert list(stats["signatures"].values()) == [3]  # so that what was taken in can be recalled
    assert "words" in run("archive", "stats", db=kept.db).stdout.decode()


def test_scenes_are_said_and_read_with_own_words(kept: Kept) -> None:
    assert (kept.said["code"], kept.said["mnemonic"]) == ("SCN-3", "снежнобог·шаг")
    (read,) = rows(run("read", kept.said["reply"], "--no-archive", "--json", db=kept.db))
    assert [atom["text"] for atom in read["atoms"]] == ["снежнобог", "шаг"]


def test_what_is_exported_can_be_taken_in_elsewhere_and_nothing_comes_twice(
    kept: Kept, tmp_path: Path
) -> None:
    out = tmp_path / "export.jsonl"
    (told,) = rows(run("archive", "export", "--out", str(out), "--json", db=kept.db))
    assert told == {"path": str(out), "lines": 4}
    lines = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert lines == rows(run("archive", "export", db=kept.db))
    assert lines[0]["word"] == "снежнобог"
    assert lines[3]["renderings"][0]["chosen_by"] == "named"

    other = tmp_path / "other.db"
    twice = out.read_bytes() * 2
    taken = rows(run("archive", "import", "-", "--json", db=other, stdin=twice))
    codes = ["SCN-1", "SCN-2", "SCN-3"]
    assert [(row["was"], row["code"]) for row in taken] == list(zip(codes, codes, strict=True)) * 2
    assert [(row["new"], row["renderings"]) for row in taken] == [(True, 0), (True, 0), (True, 1)] + [
        (False, 0)
    ] * 3
    assert rows(run("archive", "export", db=other)) == lines


def test_a_page_and_links_by_command_line(kept: Kept, tmp_path: Path) -> None:
    db, html = tmp_path / "archive.db", tmp_path / "page.html"
    shutil.copy(kept.db, db)
    (told,) = rows(run("archive", "export", "--html", str(html), "--json", db=db))
    assert told["path"] == str(html)
    assert "🜂 шаг·снежнобога · Δ SCN-2" in html.read_text(encoding="utf-8")
    (made,) = rows(run("archive", "share", "SCN-2", "--json", db=db))
    (listed,) = rows(run("archive", "shares", "--json", db=db))
    assert (listed["code"], listed["links"]) == ("SCN-2", 1)
    with Archive.open(db) as archive:
        assert archive.shares.take(7, made["token"]).stored.scene.mnemonic == "шаг·снежнобога"
    assert "closed" in run("archive", "unshare", "SCN-2", db=db).stdout.decode()
    assert "no scene SCN-9" in complaint(run("archive", "share", "SCN-9", db=db))


def test_files_that_can_not_be_written_or_read(kept: Kept, tmp_path: Path) -> None:
    nowhere = str(tmp_path / "no" / "such")
    assert "can't be written" in complaint(run("archive", "export", "--out", nowhere, db=kept.db))
    assert run("archive", "import", nowhere, db=kept.db).returncode == 2


def test_scenes_are_listed_and_forgotten(kept: Kept, db: Path) -> None:
    shutil.copy(kept.db, db)
    listed = rows(run("archive", "list", "-n", "2", "--json", db=db))
    assert [(row["code"], row["source"], row["forms"]) for row in listed] == [
        ("SCN-3", "снежнобогшаг", ["silence"]),
        ("SCN-2", "шагснежнобога", []),
    ]
    assert "SCN-1" in run("archive", "list", db=db).stdout.decode()
    result = run("archive", "forget", "SCN-9", "SCN-1", "снег", "--json", db=db)
    assert (result.returncode, result.stderr.count(b"\n")) == (2, 2)
    assert json.loads(result.stdout) == {"code": "SCN-1", "forgotten": True}
    left = rows(run("archive", "list", "--json", db=db))
    assert [row["code"] for row in left] == ["SCN-3", "SCN-2"]
