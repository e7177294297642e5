"""The same weights at several levels of precision, built here once and kept within a budget."""

from models.ladder.ladder import Ladder, Rung
from models.ladder.levels import LEVELS, Level, level

__all__ = ["LEVELS", "Ladder", "Level", "Rung", "level"]
