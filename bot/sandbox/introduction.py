"""The methods by which the bot introduces itself: its commands, name and descriptions.

Source: https://core.telegram.org/bots/api#setmycommands and on.
"""

import json
import re

from bot.sandbox.errors import BadRequest
from bot.sandbox.objects import JSON
from bot.sandbox.parameters import Parameters
from bot.sandbox.text import clean
from bot.sandbox.world import World

SCOPES: dict[str, tuple[str, ...]] = {
    "default": (),
    "all_private_chats": (),
    "all_group_chats": (),
    "all_chat_administrators": (),
    "chat": ("chat_id",),
    "chat_administrators": ("chat_id",),
    "chat_member": ("chat_id", "user_id"),
}
"""The kinds of BotCommandScope and the fields each needs."""


async def get_me(world: World, _: Parameters) -> JSON:
    return {
        **world.bot.to_json(),
        "can_join_groups": True,
        "can_read_all_group_messages": not world.privacy,
        "supports_inline_queries": world.inline,
        "can_connect_to_business": False,
        "has_main_web_app": False,
    }


async def set_my_commands(world: World, given: Parameters) -> bool:
    commands = given.json("commands", list) or []
    if len(commands) > 100:
        raise BadRequest("BOT_COMMANDS_TOO_MUCH")
    kept = []
    for one in commands:
        if not isinstance(one, dict) or not {"command", "description"} <= one.keys():
            raise BadRequest("can't parse BotCommand: expected an Object")
        command = str(one["command"]).strip().removeprefix("/")
        description = clean(str(one["description"]))[0]
        if not command:
            raise BadRequest("command must be non-empty")
        if not description:
            raise BadRequest("command description must be non-empty")
        if len(description) > 256:
            raise BadRequest("command description length must not exceed 256")
        if not re.fullmatch(r"[a-z0-9_]{1,32}", command):
            raise BadRequest("BOT_COMMAND_INVALID")
        kept.append({"command": command, "description": description})
    world.commands[_scope(world, given)] = kept
    world.changes.note()
    return True


async def get_my_commands(world: World, given: Parameters) -> list[JSON]:
    return world.commands.get(_scope(world, given), [])


async def delete_my_commands(world: World, given: Parameters) -> bool:
    world.commands.pop(_scope(world, given), None)
    world.changes.note()
    return True


async def set_my_name(world: World, given: Parameters) -> bool:
    return _set_about(world, given, "name", 64)


async def get_my_name(world: World, given: Parameters) -> JSON:
    own = _get_about(world, given, "name")
    return own if own["name"] else {"name": world.bot.first_name}


async def set_my_description(world: World, given: Parameters) -> bool:
    return _set_about(world, given, "description", 512)


async def get_my_description(world: World, given: Parameters) -> JSON:
    return _get_about(world, given, "description")


async def set_my_short_description(world: World, given: Parameters) -> bool:
    return _set_about(world, given, "short_description", 120)


async def get_my_short_description(world: World, given: Parameters) -> JSON:
    return _get_about(world, given, "short_description")


def _scope(world: World, given: Parameters) -> tuple[str, str]:
    scope = given.json("scope", dict) or {"type": "default"}
    if not isinstance(scope.get("type"), str) or scope["type"] not in SCOPES:
        raise BadRequest("can't parse BotCommandScope: Unsupported type specified")
    kept: JSON = {"type": scope["type"]}
    for name in SCOPES[scope["type"]]:
        if not re.fullmatch(r"-?[0-9]{1,19}|@\w+", str(scope.get(name, ""))):
            raise BadRequest(f'can\'t parse BotCommandScope: Field "{name}" is wrong')
        kept[name] = world.known_chat(str(scope[name])).id if name == "chat_id" else int(str(scope[name]))
    language = given.text("language_code")
    if language and not re.fullmatch(r"[a-z]{2}", language):
        raise BadRequest("invalid language code specified")
    return scope_key(kept), language


def scope_key(scope: JSON) -> str:
    """Return a scope as :attr:`World.commands` names it."""
    return json.dumps(scope, sort_keys=True)


def _set_about(world: World, given: Parameters, kind: str, limit: int) -> bool:
    text = clean(given.text(kind))[0]
    if len(text) > limit:
        raise BadRequest(f"{kind.upper()}_TOO_LONG")
    world.about[kind, given.text("language_code")] = text
    world.changes.note()
    return True


def _get_about(world: World, given: Parameters, kind: str) -> JSON:
    # A language without a text of its own gets the one for everybody.
    own = world.about.get((kind, given.text("language_code")))
    return {kind: own or world.about.get((kind, ""), "")}
