# The conversation by touch: buttons, menus, inline mode, groups.

command-read = lead a text back to its scene
command-form = the usual form
command-lang = my language here
command-settings = what is set here
command-stats = your archive in numbers

button-again = 🔁 Again
button-similar = 🔍 Similar
button-noise = 📊 Noise
button-mark = 📌 Mark
button-copy = 📋 Copy
button-voice = ✨ Voice it
button-auto = By itself
button-lang-auto = As in Telegram
button-nobody = Nobody
button-back = ‹ Settings
button-close = Close
button-set-form = Form
button-set-persona = Voice
button-set-lang = Language
button-set-mark = Mark
button-mark-visible = 🜂 · Δ
button-mark-short = Δ
button-mark-woven = Woven

settings-here = Settings of this chat:
set-admins-only = In a group, only its admins change this.
form-is = Scenes that name no form are voiced as { $form }.
form-is-auto = The form is chosen for each scene by itself.
why-usual = The form is { $form }: it is set for this chat (/form).
lang-is = My language here: { $lang }.
lang-is-auto = I speak the language of each person's Telegram.
lang-ru = Русский
lang-en = English
lang-unknown = I don't speak “{ $name }”: there are { $known }.
read-needs-text = Answer a text with /read, or write it after the command, and I name its scene.

inline-how = Type a scene: снегволк, ashflash, ⚡🌫🫁
inline-no-scene = This is no scene. How to write one?
inline-private = This bot is private.
inline-not-yours = Only whoever sent this scene may touch its buttons.

stats-nothing = There is nothing here yet: send a scene.
stats-scenes =
    { $count ->
        [one] One scene
       *[other] { $count } scenes
    } since { $since }
stats-texts =
    { $count ->
        [one] one text
       *[other] { $count } texts
    }
stats-words =
    { $count ->
        [one] one word
       *[other] { $count } words
    } in them
stats-dialogues =
    { $count ->
        [one] one dialogue
       *[other] { $count } dialogues
    }
stats-own-words =
    { $count ->
        [one] one word of your own
       *[other] { $count } words of your own
    }
stats-time =
    writing them took { $hours ->
        [0] {""}
       *[other] { $hours } h{" "}
    }{ $minutes } min { $seconds } s
