"""The methods about chats: who is in them, their topics, and leaving.

Source: https://core.telegram.org/bots/api#getchat and on.
"""

from bot.sandbox.errors import BadRequest
from bot.sandbox.objects import JSON, Chat
from bot.sandbox.parameters import Parameters
from bot.sandbox.text import check_utf8
from bot.sandbox.world import World


async def get_chat(world: World, given: Parameters) -> JSON:
    chat = world.known_chat(given.text("chat_id"))
    gifts = (
        "unlimited_gifts",
        "limited_gifts",
        "unique_gifts",
        "premium_subscription",
        "gifts_from_channels",
    )
    return {
        **chat.to_json(),
        "accent_color_id": 0,
        "max_reaction_count": 11,
        "accepted_gift_types": dict.fromkeys(gifts, True),
    }


async def get_chat_member(world: World, given: Parameters) -> JSON:
    return _member(world, world.known_chat(given.text("chat_id")), given.integer("user_id"))


async def get_chat_administrators(world: World, given: Parameters) -> list[JSON]:
    chat = world.known_chat(given.text("chat_id"))
    if chat.type == "private":
        raise BadRequest("there are no administrators in the private chat")
    named = world.administrators.get(chat.id, set())
    return [_member(world, chat, user_id) for user_id in sorted(named)]


async def get_chat_member_count(world: World, given: Parameters) -> int:
    chat = world.known_chat(given.text("chat_id"))
    everybody = [world.bot.id, *world.people]
    return 2 if chat.type == "private" else sum(world.is_member(one, chat) for one in everybody)


async def leave_chat(world: World, given: Parameters) -> bool:
    chat = world.open_chat(given.text("chat_id"))
    if chat.type == "private":
        raise BadRequest("chat member status can't be changed in private chats")
    world.refuse(chat, f"bot is not a member of the {chat.type} chat")
    return True


async def create_forum_topic(world: World, given: Parameters) -> JSON:
    chat = world.open_chat(given.text("chat_id"))
    if not chat.is_forum:
        raise BadRequest("the chat is not a forum")
    if world.bot.id not in world.administrators.get(chat.id, ()):
        raise BadRequest("not enough rights to create a topic")
    name = check_utf8(given.text("name")).strip()
    if not 1 <= len(name) <= 128:
        raise BadRequest("TOPIC_TITLE_EMPTY" if not name else "TOPIC_TITLE_TOO_LONG")
    opened = world.open_topic(world.bot, chat, name)
    return {"message_thread_id": opened.message_id, **(opened.service or {})["forum_topic_created"]}


def _member(world: World, chat: Chat, user_id: int) -> JSON:
    user = world.bot if user_id == world.bot.id else world.people.get(user_id)
    if user is None:
        raise BadRequest("invalid user_id specified")
    status = "member" if world.is_member(user_id, chat) else "left"
    if status == "member" and user_id in world.administrators.get(chat.id, ()):
        # Of the rights, those that are always told.
        rights = "can_be_edited is_anonymous can_manage_chat can_delete_messages can_manage_video_chats "
        rights += "can_restrict_members can_promote_members can_change_info can_invite_users "
        rights += "can_post_stories can_edit_stories can_delete_stories"
        held = {"can_delete_messages", "can_manage_chat", "can_invite_users"}
        return {
            "user": user.to_json(),
            "status": "administrator",
            **{right: right in held for right in rights.split()},
        }
    return {"user": user.to_json(), "status": status}
