"""What people do on the chat page: JSON posts, each one act of :class:`Sandbox`."""

from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from bot.sandbox.errors import BadRequest
from bot.sandbox.faults import Rates
from bot.sandbox.objects import JSON, Chat, InlineAnswer, InlineResult, Message, User
from bot.sandbox.people import Sandbox

LANGUAGES = ("ru", "en")
KEPT_ANSWERS = 50
"""Inline answers that a choice may still be made from."""

Act = Callable[[User, JSON], Awaitable[JSON]]


class Actions:
    """The routes by which the page acts.

    Args:
        sandbox: The sandbox it acts on.
    """

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    def routes(self) -> list[web.RouteDef]:
        """Return the routes."""
        acts = (
            self.say,
            self.edit,
            self.forward,
            self.delete,
            self.press,
            self.inline,
            self.choose,
            self.language,
            self.block,
            self.group,
            self.topic,
            self.remove_bot,
        )
        return [
            *(web.post(f"/sandbox/{act.__name__}", self._route(act)) for act in acts),
            web.post("/sandbox/people", self.add_person),
            web.post("/sandbox/faults", self.fail),
            web.post("/sandbox/upload", self.upload),
        ]

    # Each takes who acts and what the page sent, and returns what the page gets.

    async def say(self, person: User, asked: JSON) -> JSON:
        chat = self._chat(person, asked)
        reply_to = self._message(chat, asked["reply_to"]) if asked.get("reply_to") else None
        thread = asked.get("thread") or None
        message = await self._sandbox.say(person, str(asked.get("text", "")), chat, reply_to, thread)
        return {"message_id": message.message_id}

    async def edit(self, person: User, asked: JSON) -> JSON:
        message = self._message(self._chat(person, asked), asked.get("message_id"))
        await self._sandbox.edit(person, message, str(asked.get("text", "")))
        return {}

    async def forward(self, person: User, asked: JSON) -> JSON:
        message = self._message(self._chat(person, asked), asked.get("message_id"))
        await self._sandbox.forward(person, message, find_chat(self._sandbox, person, asked.get("to")))
        return {}

    async def delete(self, person: User, asked: JSON) -> JSON:
        self._sandbox.delete(self._message(self._chat(person, asked), asked.get("message_id")))
        return {}

    async def press(self, person: User, asked: JSON) -> JSON:
        chat = self._chat(person, asked)
        message = self._message(chat, asked.get("message_id"))
        answer = await self._sandbox.press(person, message.message_id, str(asked.get("data", "")), chat)
        return {"text": answer.text, "show_alert": answer.show_alert, "url": answer.url}

    async def inline(self, person: User, asked: JSON) -> JSON:
        chat = self._chat(person, asked)
        query, offset = str(asked.get("query", "")), str(asked.get("offset", ""))
        answer = await self._sandbox.ask_inline(person, query, chat, offset)
        return {
            "answer": answer.inline_query_id,
            "results": [_listed(one) for one in answer.results],
            "next_offset": answer.next_offset,
            "button": answer.button,
        }

    async def choose(self, person: User, asked: JSON) -> JSON:
        chat = self._chat(person, asked)
        answer = self._answer(str(asked.get("answer")))
        await self._sandbox.choose_inline(
            person, answer, str(asked.get("result")), chat, asked.get("thread") or None
        )
        return {}

    async def language(self, person: User, asked: JSON) -> JSON:
        if asked.get("language_code") not in LANGUAGES:
            raise web.HTTPBadRequest(text="ru or en")
        person.language_code = asked["language_code"]
        self._sandbox.changes.note()
        return {}

    async def block(self, person: User, asked: JSON) -> JSON:
        if asked.get("blocked"):
            self._sandbox.block(person)
        else:
            self._sandbox.unblock(person)
        return {}

    async def group(self, person: User, asked: JSON) -> JSON:
        group = self._sandbox.add_group(str(asked.get("title", ""))[:128], forum=bool(asked.get("forum")))
        return {"id": group.id}

    async def topic(self, person: User, asked: JSON) -> JSON:
        chat = self._chat(person, asked)
        if not chat.is_forum:
            raise BadRequest("the chat is not a forum")
        return {"id": self._sandbox.add_topic(person, chat, str(asked.get("name", ""))[:128])}

    async def remove_bot(self, person: User, asked: JSON) -> JSON:
        self._sandbox.kick_bot(person, self._chat(person, asked))
        return {}

    async def add_person(self, request: web.Request) -> web.Response:
        """Let a person in, with a private chat to each of the others."""
        asked = await _body(request)
        others = list(self._sandbox.people.values())
        language = asked.get("language_code")
        person = self._sandbox.add_person(
            str(asked.get("first_name") or "Guest")[:64], language if language in LANGUAGES else "en"
        )
        for other in others:
            self._sandbox.add_talk(other, person)
        return web.json_response({"id": person.id})

    async def fail(self, request: web.Request) -> web.Response:
        """Choose what fails from now on."""
        asked = await _body(request)
        known = {name: asked[name] for name in vars(Rates()) if name in asked}
        try:
            kinds = {name: type(default) for name, default in vars(Rates()).items()}
            rates = Rates(**{name: kinds[name](value) for name, value in known.items()})
            self._sandbox.faults.set(rates, int(asked.get("seed", 0)))
        except (TypeError, ValueError) as error:
            raise web.HTTPBadRequest(text=str(error)) from None
        self._sandbox.changes.note()
        return web.json_response({})

    async def upload(self, request: web.Request) -> web.Response:
        """Send a file: its bytes are the body, everything else is in the query."""
        if request.content_type != "application/octet-stream":
            raise web.HTTPUnsupportedMediaType(text="application/octet-stream expected")
        asked: JSON = dict(request.query)
        person = find_person(self._sandbox, asked.get("person"))
        chat = self._chat(person, asked)
        content, name, caption = await request.read(), asked.get("name", "file"), asked.get("caption", "")
        thread = int(asked["thread"]) if asked.get("thread", "").isdigit() else None
        try:
            if asked.get("as") == "photo":
                await self._sandbox.send_photo(person, content, caption, chat, thread=thread)
            else:
                await self._sandbox.send_document(person, content, name, caption, chat, thread=thread)
        except BadRequest as error:
            raise web.HTTPBadRequest(text=error.description) from None
        return web.json_response({})

    def _route(self, act: Act) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def route(request: web.Request) -> web.Response:
            asked = await _body(request)
            person = find_person(self._sandbox, asked.get("person"))
            try:
                return web.json_response(await act(person, asked))
            except BadRequest as error:
                raise web.HTTPBadRequest(text=error.description) from None
            except LookupError:
                raise web.HTTPNotFound(text="no such button or result") from None
            except TimeoutError:
                raise web.HTTPGatewayTimeout(text="the bot didn't answer") from None

        return route

    def _chat(self, person: User, asked: JSON) -> Chat:
        return find_chat(self._sandbox, person, asked.get("chat"))

    def _message(self, chat: Chat, message_id: Any) -> Message:
        message = self._sandbox.message(chat, message_id) if isinstance(message_id, int) else None
        if message is None:
            raise web.HTTPNotFound(text="no such message")
        return message

    def _answer(self, answer_id: str) -> InlineAnswer:
        for answer in reversed(self._sandbox.inline_answers[-KEPT_ANSWERS:]):
            if answer.inline_query_id == answer_id:
                return answer
        raise web.HTTPNotFound(text="these results are too old")


def find_person(sandbox: Sandbox, user_id: Any) -> User:
    """Return a person by id, or the first one where none is named.

    Raises:
        HTTPNotFound: There is no such person.
    """
    try:
        return sandbox.people[int(user_id)] if user_id else next(iter(sandbox.people.values()))
    except (KeyError, StopIteration, TypeError, ValueError):
        raise web.HTTPNotFound(text="no such person") from None


def find_chat(sandbox: Sandbox, person: User, chat_id: Any) -> Chat:
    """Return a chat of a person by id, or their chat with the bot where none is named.

    Raises:
        HTTPNotFound: There is no such chat, or they aren't in it.
    """
    try:
        chat = sandbox.chats[int(chat_id) if chat_id else person.id]
    except (KeyError, TypeError, ValueError):
        raise web.HTTPNotFound(text="no such chat") from None
    if chat.id != person.id and (chat.id in sandbox.people or not sandbox.is_member(person.id, chat)):
        raise web.HTTPNotFound(text="no such chat")
    return chat


def _listed(result: InlineResult) -> JSON:
    """Return an inline result as the page shows it in its list."""
    return {
        "id": result.id,
        "title": result.title,
        "description": result.description,
        "photo": result.photo and result.photo.file_id,
        "document": result.document and result.document.file_name,
    }


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
