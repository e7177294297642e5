"""Whether noise is random: its structure, its control, and one study of it all."""
