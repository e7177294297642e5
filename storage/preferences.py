"""What a chat has set for itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, TypeAlias, TypeVar

from scene.atoms import Lang
from scene.forms import Form
from scene.mark import Strength
from storage.connection import Connection
from storage.database import damage

_Name: TypeAlias = Literal["persona", "mark", "form", "lang"]
_Value = TypeVar("_Value")


class Preferences:
    """The preferences of every owner.

    Args:
        connection: To the archive's file.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def persona(self, owner: int) -> str:
        """Id of the persona that speaks in the owner's chat; empty for none."""
        return self._get(owner, "persona", str) or ""

    def set_persona(self, owner: int, persona: str) -> None:
        """Say who speaks in the owner's chat from now on.

        Args:
            owner: Whose chat.
            persona: The persona's id; empty for none.
        """
        self._set(owner, "persona", persona)

    def strength(self, owner: int) -> Strength | None:
        """How plainly texts in the owner's chat are marked; None when the chat has not said."""
        return self._get(owner, "mark", Strength)

    def set_strength(self, owner: int, strength: Strength) -> None:
        """Say how plainly texts in the owner's chat are marked from now on.

        Args:
            owner: Whose chat.
            strength: Visible, short or woven.
        """
        self._set(owner, "mark", strength)

    def form(self, owner: int) -> Form | None:
        """The form of scenes that name none in the owner's chat; None where each gets one chosen for it."""
        return self._get(owner, "form", Form)

    def set_form(self, owner: int, form: Form | None) -> None:
        """Say in which form scenes that name none are voiced from now on.

        Args:
            owner: Whose chat.
            form: The form, or None to have one chosen for each scene.
        """
        self._set(owner, "form", form)

    def lang(self, owner: int) -> Lang | None:
        """The language in which the owner's chat is spoken to; None for each person's own."""
        return self._get(owner, "lang", Lang)

    def set_lang(self, owner: int, lang: Lang | None) -> None:
        """Say in which language the owner's chat is spoken to from now on.

        Args:
            owner: Whose chat.
            lang: ``RU`` or ``EN``, or None for each person's own.
        """
        self._set(owner, "lang", lang)

    def _get(self, owner: int, name: _Name, read: Callable[[str], _Value]) -> _Value | None:
        with self._connection.reading() as db, damage():
            rows = db.execute(f"SELECT {name} FROM preferences WHERE owner = ?", [owner]).fetchall()
            return read(rows[0][0]) if rows and rows[0][0] else None

    def _set(self, owner: int, name: _Name, value: str | None) -> None:
        with self._connection.writing() as db:
            db.execute("INSERT OR IGNORE INTO preferences (owner, persona) VALUES (?, '')", [owner])
            db.execute(f"UPDATE preferences SET {name} = ? WHERE owner = ?", [value, owner])
