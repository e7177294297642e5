# What Telegram shows of the bot before anybody has written to it.

bot-description =
    Send a scene: a few words fused into one, like ashflashlifesilence, or emoji, like ⚡🌫🫁. I turn it into a text — a story, a poem, a formula, even silence — with a small model on my owner's own machine.

    Send a text back, and I lead it to its scene again.
bot-short-description = A fused word or a few emoji become a text, and the text leads back to its scene.
