"""The chat page: its files, and what it shows of the sandbox."""

import contextlib
import time
from pathlib import Path
from typing import Any

from aiohttp import web

from bot.sandbox.errors import BadRequest
from bot.sandbox.introduction import scope_key
from bot.sandbox.objects import JSON, Chat, Message, User
from bot.sandbox.page_actions import Actions, find_chat, find_person
from bot.sandbox.people import Sandbox

SHOWN = 300
"""Messages of a chat the page gets; they are sent whole after each change."""

MAX_VIEWS = 8
"""Chats that the page shows side by side, at most."""

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""Nothing but the page's own files, even if a text found a way into the markup."""

_FILES = Path(__file__).with_name("static")
_TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


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
        web.get("/page/{name}", page.show),
        web.get("/sandbox/state", page.state),
        web.get("/sandbox/file/{file_id}", page.file),
        *Actions(sandbox).routes(),
    ]


class _Page:
    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    async def show(self, request: web.Request) -> web.Response:
        name = request.match_info.get("name", "page.html")
        files = {path.name: path for path in _FILES.iterdir() if path.suffix in _TYPES}
        if name not in files:
            raise web.HTTPNotFound
        headers = {
            "Content-Security-Policy": POLICY,
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
        }
        text = files[name].read_text(encoding="utf-8")
        return web.Response(text=text, content_type=_TYPES[files[name].suffix], headers=headers)

    async def state(self, request: web.Request) -> web.Response:
        """Give what some views show, once anything differs from `version`, if that is given.

        A view is ``PERSON:CHAT`` or ``PERSON:CHAT:TOPIC``; ``views`` lists them with commas.
        """
        views = [self._view(one) for one in request.query.get("views", "").split(",")[:MAX_VIEWS] if one]
        seen = request.query.get("version")
        changes = self._sandbox.changes
        # Chat actions and drafts fade by themselves, which is no change that could wake this up.
        fading = any(
            self._sandbox.chat_action(chat, thread) or self._sandbox.draft(chat) for _, chat, thread in views
        )
        with contextlib.suppress(TimeoutError):
            await changes.wait_for(
                lambda: str(changes.version) != seen or changes.closed, 1 if fading else 25
            )
        faults = self._sandbox.faults
        state = {
            "version": changes.version,
            "now": int(time.time()),
            "bot": self._sandbox.bot.to_json(),
            "inline": self._sandbox.inline,
            "people": [self._person(person) for person in self._sandbox.people.values()],
            "faults": {**vars(faults.rates), "injected": dict(faults.injected)},
            "views": [self._shown(*view) for view in views],
        }
        return web.json_response(state, headers={"Cache-Control": "no-store"})

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

    def _view(self, text: str) -> tuple[User, Chat, int | None]:
        person, _, rest = text.partition(":")
        chat, _, thread = rest.partition(":")
        found = find_person(self._sandbox, person)
        return found, find_chat(self._sandbox, found, chat), int(thread) if thread.isdigit() else None

    def _person(self, person: User) -> JSON:
        sandbox = self._sandbox
        chats = [chat for chat in sandbox.chats.values() if _belongs(sandbox, person, chat)]
        return {
            **person.to_json(),
            "blocked": not sandbox.may_write(sandbox.chats[person.id]),
            "chats": [self._listed(person, chat) for chat in chats],
        }

    def _listed(self, person: User, chat: Chat) -> JSON:
        messages = self._sandbox.history(chat)
        last = messages[-1] if messages else None
        return {
            **chat.to_json(),
            "title": _title(self._sandbox, person, chat),
            "peer": next(
                (one for one in self._sandbox.members.get(chat.id, ()) if one != person.id), chat.id
            ),
            "with_bot": chat.id == person.id,
            "bot_inside": self._sandbox.is_member(self._sandbox.bot.id, chat),
            "last": last and last.to_json(),
        }

    def _shown(self, person: User, chat: Chat, thread: int | None) -> JSON:
        sandbox = self._sandbox
        draft = sandbox.draft(chat)
        history = [one for one in sandbox.history(chat) if thread is None or one.message_thread_id == thread]
        return {
            "about": self._about(person),
            "commands": self._commands(person, chat),
            "topics": [self._topic(opened) for opened in sandbox.topics(chat)],
            "messages": [message.to_json() for message in history[-SHOWN:]],
            "chat_action": sandbox.chat_action(chat, thread),
            "draft": draft and {"text": draft.text, "entities": [one.to_json() for one in draft.entities]},
            "keyboard": sandbox.keyboards.get(chat.id),
        }

    @staticmethod
    def _topic(opened: Message) -> JSON:
        return {"id": opened.message_id, **(opened.service or {})["forum_topic_created"]}

    def _about(self, person: User) -> str:
        about = self._sandbox.about
        return about.get(("description", person.language_code or "")) or about.get(("description", ""), "")

    def _commands(self, person: User, chat: Chat) -> list[JSON]:
        """Choose the commands for a menu, in the order of #determining-list-of-commands."""
        if not self._sandbox.is_member(self._sandbox.bot.id, chat) and chat.id != person.id:
            return []
        for scope in _scopes(chat, person, person.id in self._sandbox.administrators.get(chat.id, ())):
            for language in (person.language_code or "", ""):
                commands = self._sandbox.commands.get((scope_key(scope), language))
                if commands:
                    return commands
        return []


def _belongs(sandbox: Sandbox, person: User, chat: Chat) -> bool:
    """Return whether a chat stands in a person's list."""
    return chat.id == person.id or (chat.id not in sandbox.people and sandbox.is_member(person.id, chat))


def _title(sandbox: Sandbox, person: User, chat: Chat) -> str:
    if chat.id == person.id:
        return sandbox.bot.first_name
    if chat.type != "private":
        return chat.title or ""
    others = sandbox.members[chat.id] - {person.id}
    return ", ".join(sandbox.people[one].first_name for one in others)


def _scopes(chat: Chat, person: User, administers: bool) -> list[dict[str, Any]]:
    if chat.type == "private":
        return [{"type": "chat", "chat_id": chat.id}, {"type": "all_private_chats"}, {"type": "default"}]
    scopes: list[dict[str, Any]] = [{"type": "chat_member", "chat_id": chat.id, "user_id": person.id}]
    if administers:
        scopes.append({"type": "chat_administrators", "chat_id": chat.id})
    scopes.append({"type": "chat", "chat_id": chat.id})
    if administers:
        scopes.append({"type": "all_chat_administrators"})
    return [*scopes, {"type": "all_group_chats"}, {"type": "default"}]
