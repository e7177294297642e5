"""Every piece of Python that the documents show is run."""

from __future__ import annotations

import doctest
import re
import textwrap
from pathlib import Path

import pytest

from models.backend import Place, Prompt, Sampling
from models.engine import Engine

DOCS = sorted((Path(__file__).parents[1] / "docs").glob("*.md"))
BLOCKS = [
    pytest.param(block, id=f"{path.stem}-{number}")
    for path in DOCS
    for number, block in enumerate(
        re.findall(r"^```python\n(.*?)^```", path.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    )
]


@pytest.mark.parametrize("block", [each for each in BLOCKS if each.values[0].startswith(">>>")])
def test_a_session_answers_as_it_shows(block: str) -> None:
    # … stands for any text, and lies in strings, where doctest looks for dots.
    example = doctest.DocTestParser().get_doctest(block.replace("…", "..."), {}, "docs", None, 0)
    result = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(example)
    assert result.attempted > 0
    assert result.failed == 0


@pytest.mark.parametrize("block", [each for each in BLOCKS if not each.values[0].startswith(">>>")])
async def test_a_piece_of_code_runs(block: str, engine: Engine) -> None:
    names = {"engine": engine, "Prompt": Prompt, "Sampling": Sampling, "Place": Place}
    names |= {"head": "Colours, one a line.\n\nsky:\nblue\n\n", "tail": "snow:\n", "chat": 7}
    exec(f"async def shown():\n{textwrap.indent(block, '    ')}", names)
    await names["shown"]()  # type: ignore[operator]


def test_there_are_pieces_of_both_sorts() -> None:
    assert {each.values[0].startswith(">>>") for each in BLOCKS} == {True, False}  # type: ignore[union-attr]
