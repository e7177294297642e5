# The mark in three strengths.

mark-is-visible = The mark here is visible: 🜂 with the scene and Δ with its code stand under each text.
mark-is-short = The mark here is short: only Δ with the scene's code, which means nothing in another chat.
mark-is-woven = The mark here is woven into the text: you don't see it, and it is copied and forwarded with the text.
mark-choices =
    /mark visible — 🜂 жартишинавход · Δ SCN-42
    /mark short — Δ SCN-42
    /mark woven — in the text itself, not seen
mark-unknown = There is no mark “{ $name }”: there are { $known }.
mark-damaged = This text had a woven mark, but too much of it is lost to read: nothing else here leads to its scene.
mark-damaged-found = The mark woven into this text is damaged; the scene was found without it.

command-mark = how texts are marked
