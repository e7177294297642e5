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
