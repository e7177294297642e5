# What resonance means.

resonance-uncalibrated = Resonance is not calibrated for { $embedder }: its scores are plain cosines, and say nothing of how likely two scenes are one.
