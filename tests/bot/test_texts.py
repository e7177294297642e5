"""Every sentence exists in both languages, and every one that the code asks for exists."""

from __future__ import annotations

import ast as python
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from fluent.syntax import ast, parse

from bot.handlers import COMMANDS
from bot.texts import Texts, lang_of, texts
from scene.atoms import Lang
from scene.forms import Form

ROOT = Path(__file__).parents[2]
SOURCES = [path for folder in ("scene", "models", "storage", "bot") for path in (ROOT / folder).rglob("*.py")]


def _messages(lang: str) -> dict[str, set[str]]:
    """Message ids with the variables that they mention."""
    found: dict[str, set[str]] = {}
    for path in sorted((ROOT / "bot" / "locales" / lang).glob("*.ftl")):
        for entry in parse(path.read_text(encoding="utf-8")).body:
            assert not isinstance(entry, ast.Junk), f"{path}: {entry.content}"
            if isinstance(entry, ast.Message):
                assert entry.id.name not in found, f"{entry.id.name} stands twice"
                found[entry.id.name] = set(
                    re.findall(
                        r"\$(\w+)", path.read_text(encoding="utf-8")[entry.span.start : entry.span.end]
                    )
                )
    return found


def test_both_languages_say_the_same_things_about_the_same_values() -> None:
    assert _messages("en") == _messages("ru")


def test_every_error_that_code_raises_has_its_sentence() -> None:
    known = _messages("en")
    raised = {
        (key, path.name)
        for path in SOURCES
        for key in re.findall(
            r"(?:Scene|Model|Archive|Settings|Source)Error\(\s*\"([a-z-]+)\"",
            path.read_text(encoding="utf-8"),
        )
    }
    assert len(raised) > 20
    assert [missing for missing in raised if missing[0] not in known] == []


def test_every_sentence_that_the_bot_says_exists() -> None:
    known = _messages("en")
    asked = {
        key
        for path in SOURCES
        for key in re.findall(
            r"\b(?:say|texts_for\([^)]*\)|texts\([^)]*\)\))\(\s*\"([a-z-]+)\"",
            path.read_text(encoding="utf-8"),
        )
    }
    asked |= {f"command-{name}" for name in COMMANDS} | {f"button-{form}" for form in Form}
    assert sorted(asked - known.keys()) == []


def test_every_sentence_is_said_somewhere() -> None:
    said = {pattern for path in SOURCES for pattern in _said_in(path)}
    for page in (ROOT / "bot").rglob("*.jinja"):
        said.update(re.findall(r"\"([a-z-]+)\"", page.read_text(encoding="utf-8")))
    anywhere = re.compile("|".join(said))
    assert [key for key in _messages("en") if not anywhere.fullmatch(key)] == []


def _said_in(path: Path) -> Iterator[str]:
    """Patterns of the keys that a module may ask for: its strings, with any word for what is put in."""
    for node in python.walk(python.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, python.JoinedStr) and isinstance(node.values[0], python.Constant):
            yield "".join(
                re.escape(part.value) if isinstance(part, python.Constant) else "[a-z-]+"
                for part in node.values
            )
        elif isinstance(node, python.Constant) and re.fullmatch(r"[a-z][a-z-]+", str(node.value)):
            yield str(node.value)


@pytest.mark.parametrize(
    ("lang", "count", "expected"),
    [
        (Lang.RU, 1, "1 сцена:"),
        (Lang.RU, 3, "3 сцены:"),
        (Lang.RU, 11, "11 сцен:"),
        (Lang.EN, 1, "One scene:"),
        (Lang.EN, 5, "5 scenes:"),
    ],
)
def test_plurals_are_right(lang: Lang, count: int, expected: str) -> None:
    assert texts(lang)("recall-found", count=count) == expected


def test_a_missing_sentence_or_value_is_an_error() -> None:
    with pytest.raises(LookupError):
        Texts(Lang.EN)("no-such-sentence")
    with pytest.raises(LookupError):
        Texts(Lang.EN)("scene-script")


def test_languages_of_people() -> None:
    assert [lang_of(code) for code in ("ru", "ru-RU", "ru_RU.UTF-8", "en", "de", None, "")] == [
        Lang.RU
    ] * 3 + [Lang.EN] * 4
