"""The one family of errors that may reach a person.

A face (bot, command line) turns ``key`` and ``params`` into one sentence in the person's language;
the sentences live in ``bot/locales/*.ftl`` under the same keys.
"""

from __future__ import annotations


class HyperBridgeError(Exception):
    """Something a person can understand and act on.

    Args:
        key: Message id of the sentence to show, for example ``"scene-empty"``.
        params: Values that the sentence mentions (counts, paths, hashes).
    """

    def __init__(self, key: str, **params: str | int | float) -> None:
        super().__init__(key, params)
        self.key = key
        self.params = params

    def __str__(self) -> str:
        details = ", ".join(f"{name}={value}" for name, value in self.params.items())
        return f"{self.key}: {details}" if details else self.key


class SceneError(HyperBridgeError):
    """The text a person sent can't be read as a scene."""


class ModelError(HyperBridgeError):
    """A model can't be found, fetched, verified, loaded or run."""


class ArchiveError(HyperBridgeError):
    """The archive can't be opened, read or written."""
