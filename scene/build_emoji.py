"""Builds ``emoji_annotations.json`` from Unicode CLDR: names and keywords of every emoji, ru and en.

Users never run this: the file it makes is part of the repository. For a new CLDR or Unicode version,
with npm and the development packages installed::

    npm pack cldr-annotations-full cldr-annotations-derived-full
    for archive in cldr-annotations-*.tgz; do
        mkdir "${archive%.tgz}" && tar xzf "$archive" -C "${archive%.tgz}" --strip-components=1
    done
    python -m scene.build_emoji cldr-annotations-full-* cldr-annotations-derived-full-*

Sources:
    CLDR annotations, Unicode Technical Standard #35 part 2 ("Annotations"): ``tts`` is the short name,
    ``default`` the keywords. The derived package holds sequences, named from their parts.
    Which emoji there are: Unicode's emoji-test.txt, as packaged in `emoji`.
    Both data under the Unicode License V3, see ``emoji_annotations.LICENSE``.
"""

from __future__ import annotations

import argparse
import functools
import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import emoji as emoji_data
import pymorphy3
import regex

from scene.emoji import bare

_OUTPUT = Path(__file__).with_name("emoji_annotations.json")
_LANGS = ("ru", "en")
_FLAG = regex.compile(r"(?:флаг|flag): ")
_ASIDE = regex.compile(r":.*| \(.*")
_TONE = regex.compile(r"тон кожи|skin tone")
_SPOKEN = regex.compile(r"[\p{L}\p{N}]")
_KEPT = frozenset({emoji_data.STATUS["fully_qualified"], emoji_data.STATUS["component"]})

_Annotations = dict[str, dict[str, list[str]]]


def main(arguments: list[str] | None = None) -> None:
    """Read the two unpacked packages and write the data file beside this module."""
    parser = argparse.ArgumentParser(prog="python -m scene.build_emoji", description=__doc__.split("\n")[0])
    parser.add_argument("annotations", type=Path, help="folder of the unpacked cldr-annotations-full")
    parser.add_argument("derived", type=Path, help="folder of the unpacked cldr-annotations-derived-full")
    options = parser.parse_args(arguments)
    folders = (options.annotations, options.derived)

    version = json.loads((folders[0] / "package.json").read_text(encoding="utf-8"))["version"]
    tables = [_described(_annotations(folders, lang)) for lang in _LANGS]
    rows = [
        f"{_json(key)}: {_json([table[key] for table in tables])}" for key in tables[0] if key in tables[1]
    ]
    source = f"Unicode CLDR {version} annotations, © Unicode, Inc., Unicode License V3"
    # One emoji a line, so that a new CLDR version can be read as a diff.
    body = ",\n".join(rows)
    _OUTPUT.write_text(f'{{"source": {_json(source)},\n"emoji": {{\n{body}\n}}}}\n', encoding="utf-8")
    print(f"{_OUTPUT.name}: {len(rows)} emoji from CLDR {version}")


def _annotations(folders: Iterable[Path], lang: str) -> _Annotations:
    merged: _Annotations = {}
    for folder in folders:
        for file in sorted(folder.glob(f"annotations*/{lang}/annotations.json")):
            (content,) = json.loads(file.read_text(encoding="utf-8")).values()
            merged |= content["annotations"]
    return merged


def _described(annotations: _Annotations) -> dict[str, list[str]]:
    """The short name, then the keywords, the most telling first, for every emoji's bare form."""
    found: dict[str, tuple[str, list[str]]] = {}
    for cluster, facts in emoji_data.EMOJI_DATA.items():
        key = bare(cluster)
        # CLDR leaves VS16 out of its keys. Sequences that exist only with skin tones are read from one.
        entry = annotations.get(cluster) or annotations.get(cluster.replace("\ufe0f", ""))
        if facts["status"] in _KEPT and entry and (key not in found or key == cluster):
            words = [
                _with_yo(word)
                for word in entry.get("default", [])
                if _SPOKEN.search(word) and not _TONE.search(word)
            ]
            found[key] = (_short(_with_yo(entry["tts"][0])), words)
    shared = Counter(word for _, words in found.values() for word in words)
    # CLDR sorts by alphabet. A word that few emoji share says more about this one than "face" or "animal".
    return {
        key: list(dict.fromkeys([name, *sorted(words, key=lambda word: (" " in word, shared[word]))]))
        for key, (name, words) in found.items()
    }


def _short(name: str) -> str:
    """A name without its variant: ``флаг: Россия`` is россия, ``woman: red hair`` is woman."""
    return str(_ASIDE.sub("", _FLAG.sub("", name.lower())))


def _with_yo(phrase: str) -> str:
    """Put back the ё that CLDR's Russian mostly writes as е, where the dictionary leaves no choice."""
    return str(regex.sub(r"\p{Cyrillic}+", lambda match: _word_with_yo(match[0]), phrase.lower()))


@functools.cache
def _word_with_yo(word: str) -> str:
    spellings = {str(parse.word) for parse in _morphology().parse(word) if parse.is_known}
    return spellings.pop() if len(spellings) == 1 else word


@functools.cache
def _morphology() -> pymorphy3.MorphAnalyzer:
    return pymorphy3.MorphAnalyzer()


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


if __name__ == "__main__":
    main()
