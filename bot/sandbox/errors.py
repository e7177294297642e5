"""The refusals of the Bot API, each with its error code and Telegram's own description.

Source: https://core.telegram.org/bots/api#making-requests and #responseparameters.
"""

from typing import Any


class BotApiError(Exception):
    """A request answered with ``{"ok": false}``.

    Args:
        error_code: The HTTP status, also sent as ``error_code``.
        description: Telegram's description, prefix included ("Bad Request: …").
        parameters: ResponseParameters, such as ``{"retry_after": 3}``.
    """

    def __init__(self, error_code: int, description: str, parameters: dict[str, Any] | None = None) -> None:
        super().__init__(description)
        self.error_code = error_code
        self.description = description
        self.parameters = parameters


class BadRequest(BotApiError):
    """400: the request can't be carried out as it stands."""

    def __init__(self, reason: str, parameters: dict[str, Any] | None = None) -> None:
        super().__init__(400, f"Bad Request: {reason}", parameters)


class Forbidden(BotApiError):
    """403: the bot was blocked or kicked, or was never let in."""

    def __init__(self, reason: str) -> None:
        super().__init__(403, f"Forbidden: {reason}")


class Conflict(BotApiError):
    """409: two ways of receiving updates were asked for at once."""

    def __init__(self, reason: str) -> None:
        super().__init__(409, f"Conflict: {reason}")
