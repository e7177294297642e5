# What the bot and the command line say.

start =
    Send me a scene: a fused word such as пепелвспышкажизньтишина or ashflashlifesilence, or emoji such as ⚡🌫🫁.

    I will voice it as a text and sign it with a mark. Send any text with its mark back, and I will name its scene.

    Forms: /poem /narrative /essay /formula /metaphor /logic /emoji /silence
    Everything else: /help
help =
    A scene is a chain of words or emoji, fused or apart: снегволк, seasaltmemory, ⚡🌫🫁, пепел⚡жизнь.

    • Just send it, and I choose the form.
    • Name a form: “/poem снегволк”, “a poem about снегволк”, “ashflash as emoji”, or press a button under a reply.
    • /why tells why a text has its form (also in reply to it).
    • /settings: form, voice, language and mark of this chat; /cancel stops what you asked for; /stats is your archive in numbers.
    • /teach снежнобог teaches me a word of yours; /unteach takes it back.
    • /scene SCN-1 essay voices a kept scene anew.
    • /dialogue SCN-1 SCN-2 lets two scenes talk.
    • /recall snow wolf finds kept scenes by words, emoji, meaning or code.
    • /similar SCN-1 tells scenes like it, /zone their neighbourhoods, /compare SCN-1 SCN-2 compares two, /map draws all.
    • /versions SCN-1 lists all texts of a scene.
    • /noise SCN-1 poem measures what quantization does to a text (also in reply to one; levels may be named: Q8_0 Q2_K); /noise lists earlier ones, /sigma SCN-1 tells what levels heard.
    • /share SCN-1 gives a link by which others copy a scene; /shares, /unshare.
    • /forget SCN-1 wipes a scene for good; /export sends you everything, and I take the .jsonl in again.
    • Send a text with its mark (🜂 … · Δ SCN-1), and I lead it back to its scene; or answer any text with /read.
    • Type the bot's name and a scene in any chat, and the text appears there.

    🜂 stands before the scene itself, fused into one word; Δ before its place in the archive.
form-needs-scene = Write the scene after the command, for example: /{ $form } снегволк — or answer one of my texts with /{ $form }.
scene-needs-code = Write the scene's code, and a form if you like, for example: /scene SCN-1 essay.
why-nothing = I can't find such a text here: answer one of mine with /why, or send a scene first.
why-unknown = The form is { $form }; the reason was not kept with this text.
why-named = The form is { $form }: you named it (“{ $wording }”).
why-button = The form is { $form }: you pressed its button.
why-persona =
    The form is { $form }: this is how the { $persona } { $count ->
        [one] speaks.
       *[other] speak.
    }
why-mood = The form is { $form }: you asked for it in both of the last two scenes.
why-drone = The form is { $form }: for both of the last two scenes I chose { $repeated } myself, and it was time for another.
why-kind = The form is { $form }: the scene itself calls for it.
why-scene =
    The scene is { $kind ->
        [bodily] bodily
        [logical] logical
       *[archetypal] archetypal
    } ({ $words })
why-scene-undecided = The scene is archetypal: neither body nor logic outweighs the other in it
why-voice =
    the { $persona } { $count ->
        [one] speaks
       *[other] speak
    }
why-others = next in turn: { $forms }
persona-on =
    The { $title } { $count ->
        [one] speaks
       *[other] speak with one voice
    } here.
persona-off = No persona: the form itself speaks.
own-word-taught = Learnt “{ $word }”: { $scene } now reads { $atoms }.
own-word-known = “{ $word }” is one of your words already: { $scene } reads { $atoms }.
own-word-untaught = Unlearnt “{ $word }”: { $scene } now reads { $atoms }.
own-word-unknown = “{ $word }” is none of your words.
own-words = Your words ({ $count }): { $words }.
own-words-none = There are no words of yours yet. Teach me one, for example: /teach снежнобог.
own-words-too-many = Send the other words apart: I learn { $limit } at a time.
export-done = { $path }: { $count } lines.
export-failed = { $path } can't be written ({ $reason }): choose another file with --out.
import-line = line { $number } was not taken in: { $reason }
import-done = New scenes: { $scenes }, texts: { $renderings }, words: { $words }.
forgotten = { $code } is forgotten.
unteach-needs-word = Write the word after the command, for example: /unteach снежнобог.
recall-needs-query = Write what to look for after the command, for example: /recall snow wolf.
recall-nothing = Nothing in the archive resonates with “{ $query }” yet.
recall-found =
    { $count ->
        [one] One scene:
       *[other] { $count } scenes:
    }
recall-line = { $code } · { $mnemonic } · { $score } %
read-found = This text comes from the scene
read-atoms = Atoms: { $atoms }
read-by-text = Found by its words, { $score } % sure.
read-by-resonance = Found by resonance, { $score } % sure.
private = This bot is private. Your id is { $id }: ask its owner to add it to HYPERBRIDGE_ALLOWED_USERS.
busy-loading = The model is being loaded, one moment.
button-old = This button is too old; send the scene again.
not-text = I read text and emoji only: send a scene as a word or as emoji.
internal-error-chat = Something broke while I was working on this. Nothing of yours is lost; please try again.
internal-error = Something unexpected happened ({ $reason }); the details are in { $log }.

command-help = what I can do
command-recall = find kept scenes
command-scene = voice a kept scene anew
command-persona = who speaks
command-why = why this form
command-teach = teach me a word of yours
command-unteach = take a word back
command-narrative = as a story
command-essay = as an essay
command-formula = as a formula
command-poem = as a poem
command-silence = as almost silence
command-emoji = as emoji
command-metaphor = as a physical metaphor
command-logic = as an inference
button-narrative = Story
button-essay = Essay
button-formula = Formula
button-poem = Poem
button-silence = Silence
button-emoji = Emoji
button-metaphor = Physics
button-logic = Logic

bot-no-token = No Telegram token is set: get one from @BotFather and write TELEGRAM_BOT_TOKEN=… to .env, or try the bot without one with “hyperbridge sandbox”.
bot-bad-token = Telegram does not accept the token: copy it again from @BotFather to TELEGRAM_BOT_TOKEN.
bot-unreachable = { $url } can't be reached ({ $reason }): check the network, or TELEGRAM_API_URL.
bot-running = @{ $name } is listening. Ctrl-C stops it.
sandbox-running = The bot is on this page: { $url } — Ctrl-C stops it.
sandbox-port-taken = Port { $port } is taken by another program: choose another with --port.
settings-wrong = The setting { $name } can't be used: { $reason }.
persona-unknown = There is no persona “{ $name }”: there are { $known }.
form-unknown = There is no form “{ $name }”: there are { $known }.

doctor-cpu-slow = This processor has no AVX2: everything works, but slowly; take the light model (HYPERBRIDGE_MODEL=gemma-3-270m).
doctor-amx = llama.cpp was compiled with AMX kernels, which crash; HyperBridge runs with them off. “make clean setup” compiles it without.
doctor-no-compiler = There is no C++ compiler: it is needed only to compile llama.cpp anew (Debian, Ubuntu: apt install g++).
doctor-no-model = The model { $model } is not on this machine: fetch it with “hyperbridge models pull { $model }”.
doctor-free = { $free } GB free
doctor-free-of-need = { $free } GB free, { $need } GB needed
doctor-little-memory = Close other programs, or choose a smaller model (HYPERBRIDGE_MODEL=gemma-3-270m).
doctor-little-disk = Free some space at { $path }, or choose another place (HYPERBRIDGE_CACHE for models, HYPERBRIDGE_DB for the archive).
doctor-archive-new = { $path } (will be made)
doctor-archive = { $path }, { $count } of your scenes
doctor-nobody-allowed = Nobody may use the bot yet: write your Telegram id (the bot tells it) to HYPERBRIDGE_ALLOWED_USERS, or * for everybody.
