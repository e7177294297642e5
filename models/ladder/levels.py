"""Levels of precision by llama.cpp's names."""

from __future__ import annotations

from dataclasses import dataclass

import llama_cpp

from scene.errors import ModelError

_PREFIXES = ("LLAMA_FTYPE_MOSTLY_", "LLAMA_FTYPE_ALL_")

# From the most bits a weight to the fewest. Ternary and four-bit float types are left out: they are made for
# models that were trained in them.
_NAMES = """
    F32 F16 BF16 Q8_0 Q6_K Q5_1 Q5_K_M Q5_K_S Q5_0 Q4_1 Q4_K_M Q4_K_S Q4_0 IQ4_NL IQ4_XS Q3_K_L Q3_K_M IQ3_M
    IQ3_S Q3_K_S IQ3_XS IQ3_XXS Q2_K IQ2_M Q2_K_S IQ2_S IQ2_XS IQ2_XXS IQ1_M IQ1_S
""".split()


@dataclass(frozen=True, slots=True)
class Level:
    """One quantization.

    Attributes:
        name: As llama.cpp calls it.
        ftype: Its number, ``general.file_type`` of a GGUF header.
        needs_importance: Built with an importance matrix: without one llama.cpp refuses the types below three
            bits, and the other IQ types lose by it.
    """

    name: str
    ftype: int
    needs_importance: bool


def _ftypes() -> dict[str, int]:
    """llama.cpp's numbers of file types by level name."""
    return {
        constant.removeprefix(prefix): value
        for constant, value in vars(llama_cpp.llama_cpp).items()
        for prefix in _PREFIXES
        if constant.startswith(prefix)
    }


LEVELS = {
    name: Level(name, _ftypes()[name], needs_importance=name.startswith("IQ") or name == "Q2_K_S")
    for name in _NAMES
}
"""Levels that can be built, from the most bits to the fewest."""

USUAL = ("BF16", "Q8_0", "Q6_K", "Q5_K_M", "Q4_K_M", "Q3_K_M", "Q2_K")
"""Levels that are built when none are named, beside what they are measured against."""

EXACT = ("F32", "F16", "BF16")
"""Levels that hold weights as they were trained, or rounded once."""


def level(name: str) -> Level:
    """Return the level of this name.

    Raises:
        ModelError: ``level-unknown``.
    """
    try:
        return LEVELS[name]
    except KeyError:
        raise ModelError("level-unknown", name=name, known=", ".join(LEVELS)) from None


def name_of(ftype: int | None) -> str:
    """Return the level's name for a number in a GGUF header, also of levels that aren't built here."""
    return next((name for name, value in _ftypes().items() if value == ftype), "unknown")
