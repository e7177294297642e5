# What precision does to a thought: the measuring itself.

noise-cancelled = The measurement was stopped.
