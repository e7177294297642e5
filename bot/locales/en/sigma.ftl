# SIGMA and the study of noise on the command line.

sigma-silent = None of { $levels } would choose a single token otherwise: there is no signal in this text.
sigma-recognised = { $level }: taken for { $guess }; that it is { $level } has { $percent } %.
passages-unreadable = Line { $line } of { $path } is no text to study ({ $reason }): give JSON Lines with source, form, lang and text.

study-deterministic-yes = Same run, same bits: all { $comparisons } levels gave the very same logits twice. There is no chance in the computation.
study-deterministic-no = Same run, other bits: only { $differing } of { $comparisons } levels gave the very same logits twice.
study-values-yes = Values of weight errors differ from chance: { $differing } of { $comparisons } comparisons with Gaussian noise of equal strength (skewness, kurtosis, entropy).
study-values-no = Values of weight errors do not differ from chance: none of { $comparisons } comparisons with Gaussian noise.
study-order-yes = Order of weight errors differs from chance: { $differing } of { $comparisons } comparisons with the same errors shuffled (autocorrelation, spectrum, compressibility).
study-order-no = Order of weight errors does not differ from chance: none of { $comparisons } comparisons with the same errors shuffled.
study-weight-yes = Weight errors lean with the weights themselves more than chance does, in { $differing } of { $comparisons } comparisons.
study-weight-no = Weight errors don't lean with the weights themselves: none of { $comparisons } comparisons differs from chance.
study-strength-yes = What weight errors do to texts differs from chance: { $differing } of { $comparisons } levels have another KLD than Gaussian noise of equal strength.
study-strength-no = What weight errors do to texts does not differ from chance: no level of { $comparisons } has another KLD than draws of Gaussian noise of equal strength.
study-place-yes = Where in a text they act differs from chance: { $differing } of { $comparisons } levels go with the reference's entropy otherwise than Gaussian noise does.
study-place-no = Where in a text they act does not differ from chance: with all { $comparisons } levels the KLD goes with the reference's entropy as it does with Gaussian noise.
study-shape-yes = The shape of logit errors differs from chance: { $differing } of { $comparisons } comparisons with draws of Gaussian noise in the weights.
study-shape-no = The shape of logit errors does not differ from chance: none of { $comparisons } comparisons with draws of Gaussian noise in the weights.
study-together-kld-yes = Levels' KLDs go together otherwise than with chance: { $differing } of { $comparisons } pairs of levels, compared with a level and another's control.
study-together-kld-no = Levels' KLDs go together no otherwise than with chance: none of { $comparisons } pairs of levels, compared with a level and another's control.
study-together-error-yes = Levels err in the same direction otherwise than with chance: { $differing } of { $comparisons } pairs of levels, compared with a level and another's control.
study-together-error-no = Levels err in the same direction no otherwise than with chance: none of { $comparisons } pairs of levels.
study-exact = { $level } has the reference's own weights: its noise is that of arithmetic alone, and has no control.
study-done = The report is in { $path } ({ $seconds } s). Every comparison is counted with all others of its claim in mind (Holm, 5 %).
study-context-yes = What is computed along with a text changes its bits: { $differing } of { $comparisons } other ways to compute the same tokens (micro-batch, batch, place in the batch, other sequences, threads, attention) gave other logits.
study-context-no = What is computed along with a text doesn't change its bits: all { $comparisons } other ways to compute the same tokens gave the same logits.
passages-too-few = There are too few texts: of at least { $needed } different scenes, 10 tokens or longer, and there are { $found }; give more with --texts.
