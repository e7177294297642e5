# What the bot and the command line say.

start =
    Send me a scene: a fused word such as пепелвспышкажизньтишина or ashflashlifesilence, or emoji such as ⚡🌫🫁.

    I will voice it as a text and sign it with a mark. Send any text with its mark back, and I will name its scene.

    Forms: /poem /narrative /essay /formula /metaphor /logic /emoji /silence
    Everything else: /help
help =
    A scene is a chain of words or emoji, fused or apart: снегволк, seasaltmemory, ⚡🌫🫁, пепел⚡жизнь.

    • Just send it, and I choose the form.
    • Name a form: “/poem снегволк”, “poem: снегволк”, or press a button under a reply.
    • /scene SCN-1 essay voices a kept scene anew.
    • /recall snow wolf finds kept scenes by words, emoji, meaning or code.
    • Send a text with its mark (🜂 … · Δ SCN-1), and I lead it back to its scene.

    🜂 stands before the scene itself, fused into one word; Δ before its place in the archive.
form-needs-scene = Write the scene after the command, for example: /{ $form } снегволк — or answer one of my texts with /{ $form }.
scene-needs-code = Write the scene's code, and a form if you like, for example: /scene SCN-1 essay.
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
