"""SIGMA: what precision says where it changes the choice, and how surely its voice is recognised."""
