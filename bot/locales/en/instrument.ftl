# What precision does to a thought: the measuring itself.

noise-cancelled = The measurement was stopped.
noise-corpus-short = The text has { $tokens } tokens, and one window takes { $needed }: give a longer text, or a smaller context.
noise-context = A window of { $context } tokens can't be measured with this model: give from { $least } to { $most }.
