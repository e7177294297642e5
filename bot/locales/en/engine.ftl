# What the engine, the writer and the embedder could not do.

model-load-failed = The model { $path } can't be loaded ({ $reason }): check it with “hyperbridge models verify”, or choose another.
model-context-failed = The model { $path } has no room for { $tokens } tokens of context ({ $reason }): free some memory, or choose a smaller model.
model-tokenize-failed = The model { $path } can't read this text: choose another model.
model-no-template = The model { $path } has no chat template that is known here: choose another model.
model-decode-failed = The model stopped working on this text ({ $reason }, code { $code }): try again.
model-grammar-failed = The model's grammar could not be set up ({ $reason }): choose another form.
model-no-text = The model { $model } wrote nothing: try again, or choose another model.
prompt-too-long = This scene needs { $tokens } tokens and there is room for { $room }: send a shorter one, or ask for fewer candidates.
embedder-load-failed = The embedder { $name } can't be loaded ({ $reason }): check its name, or leave HYPERBRIDGE_EMBEDDER empty.
model-grammar-stuck = The model found no word that this form allows: try again, or choose another form.
adapter-missing = The adapter { $path } can't be read ({ $reason }).
adapter-refused = The adapter { $path } does not fit this model ({ $reason }): take one that was made for it.
engine-busy = Too many are waiting already ({ $waiting }): try again in a minute.
engine-late = It took longer than it may: try again.
engine-closed = The engine is shutting down: try again when it is back.
