"""What runs weights, each loaded when it is first needed."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from bot.settings import Settings
from models import catalog, fetch
from models.backend import Backend
from models.dialogue import Dialogist
from models.embedder import Embedder
from models.engine import Engine
from models.engine.machine import cores
from models.ladder import Ladder
from models.mnemonist import Mnemonist
from models.noise.instrument import Instrument
from models.probe import probe
from models.remote import Remote
from models.writer import Writer
from scene.errors import ModelError

if TYPE_CHECKING:
    from models.sigma.module import SigmaModule


class Models:
    """The embedder, the model, and those that work with them. Nothing here blocks the event loop.

    Args:
        settings: Which embedder and model.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._embedder: Embedder | None = None
        self._writer: Writer | None = None
        self._dialogist: Dialogist | None = None
        self._instrument: Instrument | None = None
        self._loading = asyncio.Lock()
        self.backend: Backend | None = None
        """What runs the model, once it is loaded."""

    @property
    def is_ready(self) -> bool:
        """Whether the model is loaded."""
        return self._writer is not None

    async def embedder(self) -> Embedder:
        """The embedder, loaded at its first use."""
        async with self._loading:
            if self._embedder is None:
                self._embedder = await asyncio.to_thread(Embedder, self._settings.embedder)
            return self._embedder

    async def writer(self) -> Writer:
        """The writer with its model, loaded at its first use.

        Raises:
            ModelError: ``model-missing`` when the model has not been fetched.
        """
        if self._writer is None:
            # Whoever stops waiting for the model leaves it to the others: half loaded, it would be lost.
            await asyncio.shield(asyncio.ensure_future(self._load()))
        assert self._writer is not None
        return self._writer

    async def _load(self) -> None:
        embedder = await self.embedder()
        async with self._loading:
            if self._writer is None:
                self.backend = await asyncio.to_thread(load_backend, self._settings)
                model = catalog.find(self._settings.model)
                self._dialogist = Dialogist(self.backend, model, embedder)
                self._writer = Writer(self.backend, model, embedder)

    async def dialogist(self) -> Dialogist:
        """What lets scenes talk, with the writer's model.

        Raises:
            ModelError: ``model-missing`` when the model has not been fetched.
        """
        await self.writer()
        assert self._dialogist is not None  # it comes with the writer
        return self._dialogist

    async def mnemonist(self) -> Mnemonist:
        """Names scenes for new texts with the writer's model.

        Raises:
            ModelError: As for ``writer``.
        """
        writer = await self.writer()
        assert self.backend is not None  # what the writer writes with
        return Mnemonist(self.backend, writer.model, await self.embedder())

    def ladder(self) -> Ladder:
        """The model's levels of precision.

        Raises:
            ModelError: ``noise-server`` for a model behind an address.
        """
        model = catalog.find(self._settings.model)
        if model.server is not None:
            raise ModelError("noise-server", url=model.server.url)
        return Ladder(model, budget=self._settings.ladder_budget)

    async def instrument(self) -> Instrument:
        """Measures what precision does to this model's texts; the model itself isn't loaded for it.

        Raises:
            ModelError: ``noise-server`` for a model behind an address.
        """
        # What makes controls, and what the oracle learns with, takes a second to load: when it is asked for.
        from models.structure.control import GaussianControls

        if self._instrument is None:
            ladder, embedder = self.ladder(), await self.embedder()
            self._instrument = Instrument(
                ladder, embedder, hardware=self._settings.hardware, controls=GaussianControls(ladder)
            )
        return self._instrument

    async def sigma(self) -> SigmaModule:
        """Listens to what precision says over this model's texts.

        Raises:
            ModelError: ``noise-server`` for a model behind an address, and as for ``writer``.
        """
        from models.sigma.module import SigmaModule

        ladder, writer = self.ladder(), await self.writer()
        return SigmaModule(ladder, writer, self._settings.threads or cores())

    async def close(self) -> None:
        """Wait for what runs and free the model."""
        if self.backend is not None:
            await asyncio.to_thread(self.backend.close)


def load_backend(settings: Settings) -> Backend:
    """What runs the chosen model: its server, or an engine with the model loaded.

    Raises:
        ModelError: ``model-missing`` when the model has not been fetched, or why it can't be loaded.
    """
    model = catalog.find(settings.model)
    if model.server is not None:
        return Remote(model.server, settings.api_key.get_secret_value())
    path = fetch.locate(model)
    if path is None:
        raise ModelError("model-missing", name=model.id, path=str(model.location))
    if not model.sha256:
        probe(path)
    return Engine(path, hardware=settings.hardware, cache=catalog.cache_dir())
