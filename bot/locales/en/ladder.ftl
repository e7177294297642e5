# The ladder: one model at several levels of precision.

level-unknown = There is no level “{ $name }”: give some of { $known }.
ladder-cancelled = Building { $level } was stopped; nothing of it is left, and what was built before stays.
ladder-build-failed = { $level } can't be built from { $path } ({ $reason }): check the file with “hyperbridge models verify”, or choose another level.
ladder-over-budget = The level needs { NUMBER($needed) } GB, but of the ladder's { NUMBER($budget) } GB no more than { NUMBER($free) } GB can be freed: set HYPERBRIDGE_LADDER_GB higher, or choose levels with fewer bits.

ladder-dequantized = Levels are measured against { $reference }: the weights of the packaged { $source } file, dequantized.
ladder-real = Levels are measured against the packaged file itself: { $reference }, not quantized.
ladder-used = { NUMBER($used) } of { NUMBER($budget) } GB are used in { $folder }.
ladder-cleared = { NUMBER($freed) } GB are free again.
