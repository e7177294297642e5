"""Real parts for all tests: the small model, the bundled encoder, a SQLite file in a temporary folder."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

# As many tests run at once as there are cores, and threads on a busy core wait for one another more than
# they compute. Set before NumPy and PyTorch look, and for the commands that tests start.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("HYPERBRIDGE_THREADS", "1")

import llama_cpp
import pytest

from models import catalog, fetch
from models.embedder import Embedder
from models.engine import Engine, Hardware
from models.llama import start_backend

TEST_MODEL = "smollm2-135m"
ONE_THREAD = Hardware(threads=1)


@pytest.fixture(scope="session")
def model_path() -> Path:
    """The test model's file, as ``make test`` fetched it."""
    path = fetch.locate(catalog.find(TEST_MODEL))
    assert path is not None, "run make test, which fetches the model"
    return path


@pytest.fixture(scope="session")
def short_model(model_path: Path, tmp_path_factory: pytest.TempPathFactory) -> catalog.Model:
    """The test model's first two layers of thirty: real weights that are quantized in a second."""
    start_backend()
    path = tmp_path_factory.mktemp("short") / "short.gguf"
    params = llama_cpp.llama_model_quantize_default_params()
    params.only_copy = True
    params.prune_layers = (ctypes.c_int32 * 29)(*range(2, 30), -1)
    paths = str(model_path).encode(), str(path).encode()
    assert llama_cpp.llama_model_quantize(*paths, ctypes.byref(params)) == 0
    return catalog.find(str(path))


@pytest.fixture(scope="session")
def engine(model_path: Path) -> Iterator[Engine]:
    """One engine for all tests that only ask it for texts."""
    engine = Engine(model_path, hardware=ONE_THREAD)
    yield engine
    engine.close()


@pytest.fixture(scope="session")
def embedder() -> Embedder:
    """The bundled encoder."""
    return Embedder()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A real file system of one MiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    if not shutil.which("mount") or subprocess.run(command, capture_output=True).returncode:
        pytest.skip("mounting a small disk needs root on Linux")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.fixture
def make_read_only(request: pytest.FixtureRequest) -> Callable[[Path], None]:
    """Makes a folder read-only, even for root."""
    if os.geteuid() == 0:
        disk: Path = request.getfixturevalue("small_disk")

        def remount(folder: Path) -> None:
            shutil.copytree(folder, disk, dirs_exist_ok=True)
            subprocess.run(["mount", "--bind", str(disk), str(folder)], check=True)
            subprocess.run(["mount", "-o", "remount,ro,bind", str(folder)], check=True)
            request.addfinalizer(lambda: subprocess.run(["umount", "--lazy", str(folder)], check=True))

        return remount

    def forbid(folder: Path) -> None:
        for path in (*folder.iterdir(), folder):
            path.chmod(0o555 if path.is_dir() else 0o444)
        request.addfinalizer(lambda: folder.chmod(0o755))

    return forbid
