"""``/sigma``: which words the levels of precision hear in a text, and a text made of them."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import Any

from telegram import Update
from telegram.ext import Application, CommandHandler, ContextTypes

from bot import measured
from bot.bridge import Bridge
from bot.measuring import Run
from bot.messages import answered, arguments, message_of, texts_for
from bot.noise_texts import title
from bot.texts import Texts
from bot.waiting import show, wait_for
from models.noise.instrument import DEFAULT_LEVELS
from models.sigma.results import Heard, Oracle, Sigma

COMMANDS = ("sigma",)
_SHOWN = 12  # places that are told, those of the greatest KLD

Context = ContextTypes.DEFAULT_TYPE


class Sigmas:
    """Listens to the noise of texts in a chat.

    Args:
        bridge: Holds the archive, the module and the line of measurements.
    """

    def __init__(self, bridge: Bridge) -> None:
        self._bridge = bridge

    def add_to(self, application: Application[Any, Any, Any, Any, Any, Any]) -> None:
        """Register the handler."""
        application.add_handler(CommandHandler("sigma", self._sigma))

    async def _sigma(self, update: Update, context: Context) -> None:
        """``/sigma SCN-1 poem Q8_0 Q2_K``, or in reply to a text."""
        message, say = message_of(update), texts_for(update.effective_user)
        wished = measured.wish(arguments(message), answered(message))
        if wished is None:
            await message.reply_text(say("sigma-needs-scene"))
            return
        module = await self._bridge.models.sigma()
        stored, asked = await measured.question(
            self._bridge, message.chat_id, wished.source, say.lang, form=wished.form
        )

        async def work(run: Run) -> Sigma:
            await self._bridge.measuring.turn(run)
            return await module.hear(
                asked.scene,
                asked.form,
                asked.lang,
                seed=asked.seed,
                levels=wished.levels or DEFAULT_LEVELS,
                owner=message.chat_id,
                progress=run.progress,
                cancelled=run.cancelled,
            )

        persona = asked.persona.name if asked.persona else ""
        about = f"Σ {title(say, self._bridge.personas(), stored, asked.form, persona)}"
        found = await wait_for(message, update.effective_user, self._bridge.measuring, about, work)
        if found is not None:
            shown, sigma = found
            await show(message, shown, told(say, about, sigma))


def told(say: Texts, about: str, sigma: Sigma) -> str:
    """What was heard, in Telegram's HTML: first the text made of it, then where it comes from."""
    lines = [f"<b>{_safe(about)}</b>"]
    if not sigma.signal:
        return "\n".join([*lines, _safe(say("sigma-silent", levels=", ".join(sigma.levels)))])
    if sigma.text is not None:
        lines += ["", f"<blockquote>{_safe(sigma.text)}</blockquote>"]
        lines.append(_safe(say("sigma-of-words", words=", ".join(sigma.words))))
    else:
        lines.append(_safe(say("sigma-no-words")))
    lines += ["", _safe(say("sigma-heard", count=len(_places(sigma.signal)), tokens=sigma.tokens))]
    places = sorted(_places(sigma.signal), key=lambda heard: -max(each.kld for each in heard))
    lines += [_place(say, heard) for heard in sorted(places[:_SHOWN], key=lambda heard: heard[0].position)]
    lines += ["", *(_safe(line) for line in _oracle(say, sigma))]
    return "\n".join(lines)


def _places(signal: Sequence[Heard]) -> list[list[Heard]]:
    """What was heard, by place and word."""
    found: dict[tuple[int, str, str], list[Heard]] = {}
    for heard in signal:
        found.setdefault((heard.position, heard.word, heard.token), []).append(heard)
    return list(found.values())


def _place(say: Texts, heard: Sequence[Heard]) -> str:
    first = heard[0]
    said = first.reference_word or first.reference_token.strip() or "␣"
    word = first.word or first.token.strip() or "␣"
    levels = ", ".join(each.level for each in heard)
    return f"• {_safe(said)} → <b>{_safe(word)}</b> ({levels})"


def _oracle(say: Texts, sigma: Sigma) -> list[str]:
    """How surely the oracle recognises who spoke, and how far it can be trusted."""
    if sigma.oracle is None:
        return [say("sigma-no-oracle", model=sigma.model)]
    lines = [
        say("sigma-recognised", level=each.level, guess=each.guess, percent=round(100 * each.probability))
        for each in sigma.recognised
    ]
    return [*lines, trust(say, sigma.oracle)]


def trust(say: Texts, oracle: Oracle) -> str:
    """How good an oracle is beside chance."""
    return say(
        "sigma-oracle",
        texts=oracle.texts,
        accuracy=round(100 * oracle.accuracy),
        chance=round(100 * oracle.chance),
        p=f"{oracle.p_value:.2g}",
    )


def _safe(text: str) -> str:
    return html.escape(text, quote=False)
