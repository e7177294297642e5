"""Which form a person asked for, or would."""

from __future__ import annotations

import regex

from scene import forms
from scene.atoms import Kind, Scene
from scene.forms import Form

# "поэма: пепелвспышка", "пепелвспышка — поэма"
_BEFORE = regex.compile(r"^\s*([^\s:—-]+(?: [^\s:—-]+)?)\s*(?::|\s[—–-]\s)\s*(\S.*)$", regex.DOTALL)
_AFTER = regex.compile(r"^(.*\S)\s*(?::|\s[—–-]|,)\s*([^\s:—-]+(?: [^\s:—-]+)?)\s*$", regex.DOTALL)
# Names of forms that are good words of a scene too: they need a colon or a dash to name a form.
_SCENE_WORDS = frozenset("тишина молчание история рассказ вывод silence story verse".split())

_BY_KIND = {Kind.BODILY: Form.POEM, Kind.LOGICAL: Form.LOGIC, Kind.ARCHETYPAL: Form.NARRATIVE}
_BY_PERSONA = {"philosopher": Form.ESSAY, "poet": Form.POEM, "interface": Form.FORMULA}


def split(text: str) -> tuple[Form | None, str]:
    """Take the form's name off a request.

    Args:
        text: What a person sent: a scene, with or without a form's name before or after it.

    Returns:
        The form, or None when none is named; and the rest, which should be a scene.
    """
    names = forms.names()
    for pattern, form_group, scene_group in ((_BEFORE, 1, 2), (_AFTER, 2, 1)):
        found = pattern.match(text)
        if found and found.group(form_group).lower() in names:
            return names[found.group(form_group).lower()], found.group(scene_group)
    chunks = text.split()
    if len(chunks) == 2:
        for name, rest in ((chunks[0], chunks[1]), (chunks[1], chunks[0])):
            if name.lower() in names and name.lower() not in _SCENE_WORDS:
                return names[name.lower()], rest
    return None, text


def choose(scene: Scene, persona: str | None) -> Form:
    """The form for a scene when a person named none: by who speaks, else by the scene's kind."""
    return _BY_PERSONA.get(persona or "", _BY_KIND[scene.kind])
