"""What people are told, in Russian and English (Project Fluent files in ``locales``)."""

from __future__ import annotations

import functools
import os
from importlib import resources

from fluent.runtime import FluentBundle, FluentResource

from scene.atoms import Lang
from scene.errors import HyperBridgeError

LANGUAGES = (Lang.EN, Lang.RU)


class Texts:
    """Sentences in one language.

    Args:
        lang: ``RU`` for Russian, anything else for English.
    """

    def __init__(self, lang: Lang) -> None:
        self.lang = Lang.RU if lang is Lang.RU else Lang.EN
        # No isolation marks around values: a mark or a path must be copied as it is.
        self._bundle = FluentBundle([self.lang.value], use_isolating=False)
        for file in sorted(resources.files("bot").joinpath("locales", self.lang.value).iterdir(), key=str):
            if file.name.endswith(".ftl"):
                self._bundle.add_resource(FluentResource(file.read_text(encoding="utf-8")))

    def __call__(self, key: str, **params: str | int | float) -> str:
        """The sentence with this key.

        Raises:
            KeyError: There is no such sentence, or a value that it mentions is missing.
        """
        message = self._bundle.get_message(key)
        if message.value is None:
            raise KeyError(key)
        text, problems = self._bundle.format_pattern(message.value, params)
        if problems:
            raise KeyError(f"{key}: {problems[0]}")
        return str(text)

    def error(self, error: HyperBridgeError) -> str:
        """The sentence for an error."""
        return self(error.key, **error.params)


@functools.cache
def texts(lang: Lang) -> Texts:
    """The texts in a language, read once."""
    return Texts(lang)


def lang_of(code: str | None) -> Lang:
    """The language to speak to somebody, by a locale or language code (``ru``, ``ru_RU.UTF-8``)."""
    return Lang.RU if (code or "").lower().startswith(("ru", "be", "uk", "kk")) else Lang.EN


def machine_lang() -> Lang:
    """The command line's language, from the locale variables in POSIX order."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if os.environ.get(name):
            return lang_of(os.environ[name])
    return Lang.EN
