"""What whoever watches the writer sees of a text."""

from __future__ import annotations

from itertools import pairwise

from models import catalog
from models.embedder import Embedder
from models.engine import Engine
from models.writer import Writer
from scene.atoms import Lang
from scene.forms import Form
from scene.parse import parse


async def test_a_text_grows_before_the_eyes(engine: Engine, embedder: Embedder) -> None:
    writer = Writer(engine, catalog.find("smollm2-135m"), embedder)
    seen: list[str] = []
    written = await writer.write(parse("snowwolf"), Form.FORMULA, Lang.EN, seed=3, count=2, watch=seen.append)
    growing = seen if written.candidates == 2 else seen[:-1]  # the best of the first round comes last
    assert growing
    assert all(after.startswith(before) for before, after in pairwise(growing))
    unseen = await writer.write(parse("snowwolf"), Form.FORMULA, Lang.EN, seed=3, count=2)
    assert unseen.text == written.text
