"""Which form a scene gets when a person names none, and why (seed 7.3.2).

Three things speak: the scene's kind, the active persona, and the dialogue's last forms. Each adds points to
forms, and the form with most points is chosen:

* the kind: 3, 2 and 1 for its three forms;
* the persona: 10 for the form it likes best, 4 for its second, so that it outweighs the other two together;
* the dialogue: 6 for a form that the person asked for in both of the last two scenes (they are in that mood),
  10 off a form that was chosen for them in both (a dialogue must not drone).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum

from scene import movement
from scene.atoms import Kind, Scene
from scene.forms import Form

_BY_KIND = {
    Kind.BODILY: (Form.POEM, Form.METAPHOR, Form.NARRATIVE),
    Kind.LOGICAL: (Form.LOGIC, Form.FORMULA, Form.ESSAY),
    Kind.ARCHETYPAL: (Form.NARRATIVE, Form.METAPHOR, Form.ESSAY),
}
_KIND_POINTS = (3, 2, 1)
_PERSONA_POINTS = (10, 4)
_MOOD_POINTS = 6
_DRONE_POINTS = -10
_LAST = 2  # scenes of the dialogue that count as a mood, or as a drone


class By(StrEnum):
    """Who or what chose a form."""

    NAMED = "named"
    BUTTON = "button"
    USUAL = "usual"
    PERSONA = "persona"
    DIALOGUE = "dialogue"
    KIND = "kind"

    @property
    def asked(self) -> bool:
        """Whether it was the person."""
        return self in (By.NAMED, By.BUTTON)


@dataclass(frozen=True, slots=True)
class Turn:
    """A text of the dialogue.

    Attributes:
        scene: Any number that tells scenes apart.
        form: The text's form.
        by: Who chose it; None where that is not known.
    """

    scene: int
    form: Form
    by: By | None


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a form was chosen, in words' stead: a face makes the sentence in the person's language.

    Attributes:
        kind: The scene's kind.
        words: Atoms that the kind rests on.
        others: The forms that would have come next, best first.
        wording: The words that named the form; empty when none did.
        persona: The active persona's id, or empty.
        repeated: The form of the last scenes when it was one and the same, or None.
        mask: Id of the mask that the persona put on by itself, or empty.
    """

    kind: Kind
    words: tuple[str, ...]
    others: tuple[Form, ...]
    wording: str = ""
    persona: str = ""
    repeated: Form | None = None
    mask: str = ""

    def dump(self) -> str:
        """As JSON, for an archive."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def load(cls, text: str) -> Reason:
        """Read what ``dump`` wrote; what a later version added is passed over.

        Raises:
            ValueError: It is no such thing.
        """
        try:
            data = json.loads(text)
            return cls(
                Kind(data["kind"]),
                tuple(str(word) for word in data["words"]),
                tuple(map(Form, data["others"])),
                str(data["wording"]),
                str(data["persona"]),
                Form(data["repeated"]) if data["repeated"] else None,
                str(data.get("mask", "")),  # an earlier version had none
            )
        except (KeyError, TypeError) as error:
            raise ValueError(f"not a reason: {error!r}") from error


@dataclass(frozen=True, slots=True)
class Choice:
    """A form, who chose it, and why."""

    form: Form
    by: By
    reason: Reason


def choose(
    scene: Scene,
    *,
    asked: Form | None = None,
    wording: str = "",
    usual: Form | None = None,
    persona: str = "",
    liked: Sequence[Form] = (),
    mask: str = "",
    last: Sequence[Turn] = (),
) -> Choice:
    """The form for a scene.

    Args:
        scene: What will be voiced.
        asked: The form that the person asked for: it is always the one.
        wording: The words that named it; empty for a button.
        usual: The form that was set for all scenes which name none, or None.
        persona: The active persona's id, or empty.
        liked: Forms that it likes to speak in, the dearest first.
        mask: Id of the mask that it put on by itself, or empty; it has no say in the form.
        last: The dialogue's last texts, newest first.

    Returns:
        The choice; the same arguments always give the same.
    """
    repeated, by_person = _repeated(last)
    shares = {
        By.KIND: dict(zip(_BY_KIND[scene.kind], _KIND_POINTS, strict=True)),
        By.PERSONA: dict(zip(liked, _PERSONA_POINTS, strict=False)),
        By.DIALOGUE: {repeated: _MOOD_POINTS if by_person else _DRONE_POINTS} if repeated else {},
    }
    points = {form: sum(share.get(form, 0) for share in shares.values()) for form in Form}
    ranked = sorted(Form, key=lambda form: -points[form])  # ties go by the order of forms
    form = asked or usual or ranked[0]
    if asked:
        by = By.NAMED if wording else By.BUTTON
    elif usual:
        by = By.USUAL
    elif repeated and not by_person and points[repeated] - _DRONE_POINTS > points[form]:
        by = By.DIALOGUE  # the repeated form would have been first
    else:
        by = max(shares, key=lambda speaker: shares[speaker].get(form, 0))
    others = tuple(other for other in ranked if other is not form and points[other] > 0)
    return Choice(form, by, Reason(scene.kind, _words(scene), others, wording, persona, repeated, mask))


def _repeated(last: Sequence[Turn]) -> tuple[Form | None, bool]:
    """The one form of the last scenes, if the person asked for it every time or never, and which of the two.

    A scene counts once, with its newest text: whoever presses a button wanted another form.
    """
    newest: dict[int, Turn] = {}
    for turn in last:
        newest.setdefault(turn.scene, turn)
    turns = list(newest.values())[:_LAST]
    # A form that was set for all scenes is no mood, and bores nobody either.
    if any(turn.by is None or turn.by is By.USUAL for turn in turns):
        return None, False
    asked = {turn.by.asked for turn in turns if turn.by is not None}
    same = len({turn.form for turn in turns}) == len(asked) == 1
    return (turns[0].form, asked.pop()) if same and len(turns) == _LAST else (None, False)


def _words(scene: Scene) -> tuple[str, ...]:
    """The atoms that speak for the scene's kind by themselves; an image is whatever nothing else claims."""
    return tuple(atom.text for atom in scene.atoms if movement.read([atom.lemma]).kind is scene.kind)
