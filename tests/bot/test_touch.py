"""What stands under a touch: markup that no scene can break."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bot.sandbox.entities import parse
from bot.split import size
from bot.touch import to_copy


@given(
    st.text(
        alphabet=st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from("<>&\"'`*_[]/"), min_size=1
    )
)
def test_no_scene_breaks_out_of_html(text: str) -> None:
    shown, entities = parse(to_copy(text), "HTML")
    assert shown == text
    assert [(entity.type, entity.offset, entity.length) for entity in entities] == [("code", 0, size(text))]
