"""What runs weights: catalog, engine, writer, personas, embedder."""

import os

# llama.cpp's threads wait for one another many times a token, and OpenMP's default is to wait spinning.
# On a machine that does something else as well, that cost up to 15 times the speed; waiting with fewer
# turns costs 2 % on an idle one. libgomp reads this when llama.cpp is loaded, hence here.
os.environ.setdefault("GOMP_SPINCOUNT", "10000")
