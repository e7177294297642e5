"""``archive``, ``teach`` and ``unteach`` as processes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from test_cli import complaint, rows, run

LINES = """
{"word": "снежнобог"}
{"source": "снегволк", "code": "SCN-40"}

{"source": "шагснежнобога"}
"""


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


def test_scenes_are_said_and_recalled_with_own_words(db: Path) -> None:
    run("teach", "снежнобог", db=db)
    (said,) = rows(run("say", "шагснежнобог", "--form", "silence", "--candidates", "1", "--json", db=db))
    assert said["mnemonic"] == "шаг·снежнобог"
    (read,) = rows(run("read", said["reply"], "--no-archive", "--json", db=db))
    assert [atom["text"] for atom in read["atoms"]] == ["шаг", "снежнобог"]
    (found,) = rows(run("recall", "снежнобогами", "--json", db=db))
    assert found["hits"][0]["code"] == "SCN-1"


def test_lines_are_taken_in_once_and_bad_ones_told(db: Path) -> None:
    first = rows(run("archive", "import", "-", "--json", db=db, stdin=LINES.encode()))
    assert [(row["line"], row["code"], row["was"], row["new"]) for row in first] == [
        (3, "SCN-1", "SCN-40", True),
        (5, "SCN-2", None, True),
    ]
    assert first[1]["mnemonic"] == "шаг·снежнобога"
    again = rows(run("archive", "import", "-", "--json", db=db, stdin=LINES.encode()))
    assert [(row["code"], row["new"]) for row in again] == [("SCN-1", False), ("SCN-2", False)]

    bad = b'nonsense\n{"source": "\xd0\xb4\xd0\xbe\xd0\xbc"}\n\xff\xfe\n{"source": "12345"}\n'
    result = run("archive", "import", "-", "--json", db=db, stdin=bad)
    assert result.returncode == 2
    assert [json.loads(line)["code"] for line in result.stdout.splitlines()] == ["SCN-3"]
    told = result.stderr.decode().splitlines()
    assert [line.split(" was ")[0] for line in told] == [f"hyperbridge: line {n}" for n in (1, 3, 4)]
    (found,) = rows(run("recall", "snow wolf", "--json", db=db))
    assert found["hits"][0]["code"] == "SCN-1"  # by resonance: signatures were made


def test_what_is_exported_can_be_taken_in_elsewhere(db: Path, tmp_path: Path) -> None:
    run("archive", "import", "-", db=db, stdin=LINES.encode())
    assert run("say", "SCN-2", "--form", "silence", "--candidates", "1", db=db).returncode == 0
    out = tmp_path / "export.jsonl"
    (told,) = rows(run("archive", "export", "--out", str(out), "--json", db=db))
    assert told == {"path": str(out), "lines": 3}
    lines = out.read_text(encoding="utf-8").splitlines()
    assert [json.loads(line) for line in lines] == rows(run("archive", "export", db=db))
    assert json.loads(lines[0])["word"] == "снежнобог"
    assert json.loads(lines[2])["renderings"][0]["chosen_by"] == "named"

    other = tmp_path / "other.db"
    taken = rows(run("archive", "import", str(out), "--json", db=other))
    assert [(row["was"], row["code"], row["renderings"]) for row in taken] == [
        ("SCN-1", "SCN-1", 0),
        ("SCN-2", "SCN-2", 1),
    ]
    assert rows(run("archive", "export", db=other)) == [json.loads(line) for line in lines]
    assert "can't be written" in complaint(run("archive", "export", "--out", str(tmp_path / "no/x"), db=db))
    assert run("archive", "import", str(tmp_path / "no such file"), db=db).returncode == 2


def test_scenes_are_listed_counted_and_forgotten(db: Path) -> None:
    run("archive", "import", "-", db=db, stdin=LINES.encode())
    listed = rows(run("archive", "list", "--json", db=db))
    assert [(row["code"], row["source"], row["forms"]) for row in listed] == [
        ("SCN-2", "шагснежнобога", []),
        ("SCN-1", "снегволк", []),
    ]
    assert [row["code"] for row in rows(run("archive", "list", "-n", "1", "--json", db=db))] == ["SCN-2"]
    assert "SCN-1" in run("archive", "list", db=db).stdout.decode()
    (stats,) = rows(run("archive", "stats", "--json", db=db))
    assert (stats["scenes"], stats["renderings"], stats["words"]) == (2, 0, 1)
    assert "words" in run("archive", "stats", db=db).stdout.decode()
    result = run("archive", "forget", "SCN-9", "SCN-1", "снег", "--json", db=db)
    assert (result.returncode, result.stderr.count(b"\n")) == (2, 2)
    assert json.loads(result.stdout) == {"code": "SCN-1", "forgotten": True}
    assert [row["code"] for row in rows(run("archive", "list", "--json", db=db))] == ["SCN-2"]
    (taken,) = rows(run("archive", "import", "-", "--json", db=db, stdin='{"source": "снегволк"}'.encode()))
    assert taken["code"] == "SCN-3"  # a number is not given again
