"""The chat page and the JSON routes it talks to; a person's side of the sandbox in a browser."""

import base64
import contextlib
import hashlib
import re
from pathlib import Path
from typing import Any

from aiohttp import web

from bot.sandbox.errors import BadRequest
from bot.sandbox.introduction import scope_key
from bot.sandbox.objects import JSON, User
from bot.sandbox.people import Sandbox

LANGUAGES = ("ru", "en")
SHOWN = 300
"""Messages the page gets; it is sent whole after each change."""

_PAGE = Path(__file__).with_name("page.html")


def page_routes(sandbox: Sandbox) -> list[web.RouteDef]:
    """Return the page's routes.

    Args:
        sandbox: The sandbox the page shows.

    Returns:
        Routes to add to the server's application.
    """
    page = _Page(sandbox)
    return [
        web.get("/", page.show),
        web.get("/sandbox/history", page.history),
        web.get("/sandbox/file/{file_id}", page.file),
        web.post("/sandbox/say", page.say),
        web.post("/sandbox/press", page.press),
        web.post("/sandbox/language", page.language),
    ]


class _Page:
    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._html = _PAGE.read_text(encoding="utf-8")
        scripts = re.findall(r"<script>(.*?)</script>", self._html, re.DOTALL)
        digests = [base64.b64encode(hashlib.sha256(one.encode()).digest()).decode() for one in scripts]
        allowed = " ".join(f"'sha256-{digest}'" for digest in digests)
        # Nothing but this page's own script runs, even if a text found a way into the markup.
        self._policy = (
            f"default-src 'none'; script-src {allowed}; "
            "style-src 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; "
            "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        )

    async def show(self, _: web.Request) -> web.Response:
        headers = {"Content-Security-Policy": self._policy, "Cache-Control": "no-store"}
        return web.Response(text=self._html, content_type="text/html", headers=headers)

    async def history(self, request: web.Request) -> web.Response:
        """Give what the person's chat shows, once it differs from `version`, if that is given."""
        person = self._person(request.query.get("user"))
        seen = request.query.get("version")
        changes = self._sandbox.changes
        # Chat actions and drafts fade by themselves, which is no change that could wake this up.
        fading = self._sandbox.chat_action(person) or self._sandbox.draft(person)
        with contextlib.suppress(TimeoutError):
            await changes.wait_for(
                lambda: str(changes.version) != seen or changes.closed, 1 if fading else 25
            )
        return web.json_response(self._state(person), headers={"Cache-Control": "no-store"})

    async def say(self, request: web.Request) -> web.Response:
        asked = await _body(request)
        try:
            message = await self._sandbox.say(self._person(asked.get("user")), str(asked.get("text", "")))
        except BadRequest as error:
            raise web.HTTPBadRequest(text=error.description) from None
        return web.json_response({"message_id": message.message_id})

    async def press(self, request: web.Request) -> web.Response:
        asked = await _body(request)
        person = self._person(asked.get("user"))
        try:
            answer = await self._sandbox.press(person, asked.get("message_id", 0), str(asked.get("data", "")))
        except (LookupError, TypeError):
            raise web.HTTPNotFound(text="no such button") from None
        except TimeoutError:
            raise web.HTTPGatewayTimeout(text="the bot didn't answer") from None
        return web.json_response({"text": answer.text, "show_alert": answer.show_alert})

    async def language(self, request: web.Request) -> web.Response:
        asked = await _body(request)
        if asked.get("language_code") not in LANGUAGES:
            raise web.HTTPBadRequest(text="ru or en")
        self._person(asked.get("user")).language_code = asked["language_code"]
        self._sandbox.changes.note()
        return web.json_response({})

    async def file(self, request: web.Request) -> web.Response:
        try:
            file = self._sandbox.files.get(request.match_info["file_id"])
        except BadRequest:
            raise web.HTTPNotFound from None
        headers = {"X-Content-Type-Options": "nosniff"}
        if not file.width:
            # A document is only ever saved: as HTML or SVG it would run in the page's own origin.
            headers["Content-Disposition"] = "attachment"
        mime_type = file.mime_type if file.width else "application/octet-stream"
        return web.Response(body=file.content, content_type=mime_type, headers=headers)

    def _person(self, user_id: Any) -> User:
        people = self._sandbox.people
        if user_id is None:
            return next(iter(people.values()), None) or self._sandbox.add_person("Гость")
        try:
            return people[int(user_id)]
        except (KeyError, TypeError, ValueError):
            raise web.HTTPNotFound(text="no such person") from None

    def _state(self, person: User) -> JSON:
        draft = self._sandbox.draft(person)
        return {
            "version": self._sandbox.changes.version,
            "person": person.to_json(),
            "bot": self._sandbox.bot.to_json(),
            "about": self._about(person),
            "commands": self._commands(person),
            "messages": [message.to_json() for message in self._sandbox.history(person)[-SHOWN:]],
            "chat_action": self._sandbox.chat_action(person),
            "draft": draft and {"text": draft.text, "entities": [one.to_json() for one in draft.entities]},
        }

    def _about(self, person: User) -> str:
        about = self._sandbox.about
        return about.get(("description", person.language_code or "")) or about.get(("description", ""), "")

    def _commands(self, person: User) -> list[JSON]:
        """Choose the commands for the person's menu, in the order of #determining-list-of-commands."""
        for scope in (
            {"chat_id": person.id, "type": "chat"},
            {"type": "all_private_chats"},
            {"type": "default"},
        ):
            for language in (person.language_code or "", ""):
                commands = self._sandbox.commands.get((scope_key(scope), language))
                if commands:
                    return commands
        return []


async def _body(request: web.Request) -> JSON:
    # A form of another site can't post JSON without asking first.
    if request.content_type != "application/json":
        raise web.HTTPUnsupportedMediaType(text="application/json expected")
    try:
        body = await request.json()
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise web.HTTPBadRequest(text="a JSON object expected")
    return body
