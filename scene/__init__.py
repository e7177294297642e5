"""The pure domain: scenes, atoms, forms, marks and signatures. No input or output, no sibling imports."""
