"""A local stand-in for Telegram: a Bot API server for the bot, and a chat page for people.

For tests and for trying the bot without a token::

    sandbox = Sandbox()
    ann = sandbox.add_person("Аня")
    server = await serve(sandbox)
    # run the bot with base_url=f"{server.url}/bot" and sandbox.token
    await sandbox.say(ann, "снегволк")
    sandbox.faults.set(Rates(too_many=0.1, lost=0.05), seed=7)
"""

from bot.sandbox.faults import Fault, Faults, Rates
from bot.sandbox.people import Sandbox
from bot.sandbox.server import Server, serve

__all__ = ["Fault", "Faults", "Rates", "Sandbox", "Server", "serve"]
