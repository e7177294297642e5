# Why a text is no scene, or can't be led back to one.

scene-not-unicode = The text is not valid UTF-8: send it again in that encoding.
scene-empty = There is nothing to read: send a word such as снегволк, or emoji.
scene-invisible = The text has only invisible characters: send a word such as снегволк, or emoji.
scene-too-long =
    A scene has { $limit } characters at most, and this has { $length }: send its essence.
scene-too-many-atoms =
    A scene has { $limit } atoms at most, and this has { $count }: send its essence.
scene-markup = This looks like HTML or other markup: send the scene as plain words or emoji.
scene-sentence = This is a sentence ({ $words } words), not a scene: fuse its essence into one word (снегволк), or send a text with its mark to be led back.
scene-script = “{ $word }” is in a script that I don't read: a scene is made of Russian or English words and emoji.
scene-digits = Digits alone are no scene: put a word or an emoji beside them.
scene-one-letter = One letter is no scene yet: send a whole word, several, or emoji.
scene-no-words = There is no word or emoji in this: send a word such as снегволк, or emoji.
scene-unknown-code = There is no scene { $code } here: look for it with /recall or “hyperbridge recall”.
own-word-letters = “{ $word }” can't be taught: a word of your own is one word of Russian or of Latin letters, without digits, hyphens or emoji.
own-word-length = “{ $word }” can't be taught: a word of your own has { $least } to { $most } letters.
read-empty = There is no text to read: give a text that came from a scene.
read-code-needs-archive = The mark holds only the code { $code }: without the archive its scene can't be named.
read-not-found = This text carries no mark, nothing kept is like it, and there is too little in it to name a scene by.
