# Noise: what precision does to the same thought.

noise-picture-head = { $model } · reference { $reference } · { $count ->
        [one] one token
       *[other] { $count } tokens
    }
noise-picture-more = … and { $count ->
        [one] one more token
       *[other] { $count } more tokens
    }
noise-picture-scale = KLD of a token: the darker, the farther
noise-picture-dot = another token comes first
noise-picture-bar = from here the level writes otherwise
noise-picture-figures = A figure over a word: its KLD at the worst level, in nats.
noise-picture-bits = bits per weight
noise-picture-curve = Mean KLD and bits per weight: what each bit is worth

command-noise = what quantization does to a text
command-sigma = what levels heard in the noise

noise-needs-scene = Write a scene or its code after the command, for example: /noise SCN-1 poem — or answer one of my texts with /noise. Nothing has been measured here yet.
noise-unreadable = This measurement can't be read: measure again with /noise.
noise-unknown = There is no measurement No. { $number } here: /noise lists them.
noise-server = The model runs on a server ({ $url }) and its weights are not here: only a model in a GGUF file can be measured.
noise-corpus-unreadable = { $path } can't be read ({ $reason }): it takes a text in UTF-8.
noise-no-levels = Name one level at least, for example: --levels Q8_0,Q4_K_M.
noise-corpus = { $count ->
        [one] One token was
       *[other] { $count } tokens were
    } scored (second halves of { $windows } windows of { $context }); the reference's perplexity is { $perplexity }.
noise-text-or-corpus = Give either a scene or --corpus FILE.
measuring-already = A measurement is already under way here: wait for it, or cancel it.
measuring-cancelled = The measurement is cancelled.

measuring-stop = Cancel
noise-button-reference = reference { $level }
measuring-stopping = Stopping…
measuring-over = This measurement is not running any more.

measuring-waits = { $heading }
    { $before ->
        [one] One measurement comes
       *[other] { $before } measurements come
    } first: I wait.
measuring-begins = { $heading }
    Preparing the model…
measuring-progress = { $heading }
    { $what }
    { $bar } { $percent } %

measuring-read = { $level }: reading the reference's text
measuring-write = { $level }: writing
measuring-listen = { $level }: listening
measuring-build = { $level }: building the level, the first time
measuring-hash = checking the file ({ $megabytes } MB)
measuring-lock = waiting: another process builds the model

noise-heading = { $code } { $mnemonic } — { $form }{ $persona }
noise-column-level = level
noise-column-bits = bits
noise-column-kld = KLD
noise-column-top = top%
noise-column-parts = ≠
noise-column-resonance = res
noise-columns = KLD: how far the tokens' probabilities are from the reference's (nats, mean); top%: where the same token comes first; ≠: the token from which the level itself writes otherwise (=: none); res: how its text resonates with the scene, %.
noise-all-same = Every level wrote the very same text.
noise-some-same = Word for word what the reference wrote: { $levels }.
noise-none-same = No level wrote the same text.
noise-worst = { $changed ->
        [0] The farthest is { $level }, and even there the same token comes first everywhere.
        [one] The farthest is { $level }: it would put another token first once in { $count }.
       *[other] The farthest is { $level }: it would put another token first { $changed } times in { $count }.
    }
noise-reference = The reference is { $reference }: the weights of the model's file ({ $source }), unpacked without loss.
noise-reference-real = The reference is { $reference }: the model's own file, which is not quantized.
noise-source-level = { $source } is the model's own file: its weights are the reference's, and only arithmetic is rounded otherwise.
noise-deterministic = The reference, reading its text twice, came to the same bits: the noise is not chance.
noise-not-deterministic = The reference, reading its text twice, came to different bits: some of the noise is this machine's chance.
noise-control = Gaussian noise as strong as that of { $level } ({ $seeds ->
        [one] once
       *[other] { $seeds } times
    }): KLD { $kld } (95 %: { $low }–{ $high }). The level itself has { $mean }, { $verdict ->
        [within] which chance gives as well
        [less] less than chance gives
       *[more] more than chance gives
    }.
noise-footing = No. { $number } · { $model } · seed { $seed } · { $seconds } s · { $date }
noise-level-head = { $level } · { $bits } bits per weight
noise-level-same = — word for word the reference.
noise-level-ends = (here it ended)
noise-reference-head = Reference { $reference }
noise-caption = { $heading }: under each word, how far a level is from the reference; below, what each bit is worth.
noise-listed = { $count ->
        [one] The last measurement:
       *[other] The last { $count } measurements:
    }
noise-listed-line = No. { $number } · { $heading } · { $model } · seed { $seed } · { $level } { $kld }
noise-listed-how = See one again: /noise 1 (its number). Compare two: /noise 1 2. A new one: /noise SCN-1 poem.
noise-compared = Two measurements side by side
noise-compared-line = No. { $number } · { $heading } · { $model } · seed { $seed } · { $count ->
        [one] one token
       *[other] { $count } tokens
    }
noise-compared-nothing = They have no level in common.
noise-compared-verdict = No. { $number } is noisier at { $more } of { $count } { $count ->
        [one] level
       *[other] levels
    }.
noise-compared-same-text = The reference wrote the same text.
noise-compared-other-text = The reference wrote different texts: how the noise acts can be compared, word by word it can't.

sigma-needs-scene = Write a scene or its code after the command, for example: /sigma SCN-1 poem — or answer one of my texts with /sigma.
sigma-of-words = The text is made of what was heard: { $words }.
sigma-no-words = Nobody heard whole words that would make a text.
sigma-heard = { $count ->
        [one] One place was heard otherwise
       *[other] { $count } places were heard otherwise
    } of { $tokens ->
        [one] one token
       *[other] { $tokens } tokens
    } (reference → level):
sigma-no-oracle = There is no oracle for { $model }: “hyperbridge sigma --train” trains one.
sigma-oracle = The oracle was trained on { $texts } texts and names the level rightly in { $accuracy } % of cases (by chance { $chance } %, p = { $p }).
