# What “parse --explain” says of how a scene was read.

explain-sure = The atoms are right with { $percent }, a softmax over the readings above.
explain-emoji = { $text }: an emoji is an atom.
explain-dotted = { $text }: between the dots of a mnemonic.
explain-apart = { $text }: a known word typed apart, not taken to pieces.
explain-lattice = { $text }: read by words, ahead by { $margin }.
explain-model = { $text }: read by words and ranked by the language model, ahead by { $margin }.
explain-unsure = This is unsure.
explain-single = { $text }: there is nothing else to read.
explain-reading = reading
explain-score = score
explain-probability = of these
explain-heard = model
explain-decided = decided by

topic-frequency = how common its words are
topic-whole = one word fills it all
topic-chain = parts against wholes
topic-length = length of words
topic-unknown = words that no list has
topic-borders = number of words
topic-capitals = capital letters
topic-digits = digits
topic-collocation = words often seen side by side
topic-grammar = grammar of neighbours
topic-form = parts of speech
topic-combining = halves of compounds
topic-own = a word of your own
topic-model = the language model
