"""What runs weights: catalog, engine, writer, personas, embedder."""
