"""The parameters of a Bot API request, however they came.

They may come in the query, as a form, as multipart with files, or as JSON
(https://core.telegram.org/bots/api#making-requests). Each value is kept as the text it would be in a
form, so that methods needn't know which way it came.
"""

import json
from typing import Any, TypeVar

from aiohttp import web

from bot.sandbox.errors import BadRequest

T = TypeVar("T", list[Any], dict[str, Any])


class Parameters:
    """Parameters by name.

    Args:
        values: Their texts.
        uploads: Uploaded files by field name: their bytes and file names.
    """

    def __init__(self, values: dict[str, str], uploads: dict[str, tuple[bytes, str]]) -> None:
        self._values = values
        self._uploads = uploads

    @classmethod
    def of(cls, fields: dict[str, Any]) -> "Parameters":
        """Return a JSON object's fields as the parameters they would be in a request of their own."""
        return cls({name: _as_text(value) for name, value in fields.items() if value is not None}, {})

    def text(self, name: str) -> str:
        """Return a parameter's text, empty if it wasn't given."""
        return self._values.get(name, "")

    def integer(self, name: str, default: int = 0) -> int:
        """Return a number; `default` if it wasn't given, 0 if it is none, as the Bot API server reads it."""
        text = self._values.get(name)
        if text is None:
            return default
        try:
            return int(text)
        except ValueError:
            return 0

    def boolean(self, name: str) -> bool:
        """Return a flag; absent is false."""
        return self.text(name).strip().lower() in ("true", "yes", "1")

    def json(self, name: str, kind: type[T]) -> T | None:
        """Return a JSON-serialized parameter.

        Args:
            name: The parameter.
            kind: The type it has to be, list or dict.

        Returns:
            Its value, None if it wasn't given.

        Raises:
            BadRequest: It isn't JSON of that type.
        """
        text = self.text(name)
        if not text or text == "null":
            return None
        what = name.replace("_", " ")
        try:
            value = json.loads(text)
        except ValueError:
            raise BadRequest(f"can't parse {what} JSON object") from None
        if not isinstance(value, kind):
            raise BadRequest(f"{'Array' if kind is list else 'Object'} expected as {what}")
        return value

    def upload(self, name: str) -> tuple[bytes, str] | None:
        """Return an uploaded file, from the field of that name or the one it points to by attach://."""
        return self._uploads.get(self.text(name).removeprefix("attach://") or name)


async def read_parameters(request: web.Request) -> Parameters:
    """Read the parameters of a request.

    Args:
        request: A request to a Bot API method.

    Returns:
        Its parameters; those in the body win over those in the query.

    Raises:
        BadRequest: The body is not what its content type says.
    """
    values = dict(request.query)
    uploads: dict[str, tuple[bytes, str]] = {}
    if request.content_type == "application/json" and request.can_read_body:
        try:
            body = await request.json()
        except ValueError:
            body = None
        if not isinstance(body, dict):
            raise BadRequest("can't parse request JSON object")
        values |= {name: _as_text(value) for name, value in body.items() if value is not None}
    elif request.can_read_body:
        try:
            form = await request.post()
        except (ValueError, AssertionError):
            raise BadRequest("can't parse the request's body") from None
        for name, field in form.items():
            if isinstance(field, web.FileField):
                uploads[name] = (field.file.read(), field.filename)
            elif isinstance(field, str):
                values[name] = field
    return Parameters(values, uploads)


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
