"""llama.cpp is compiled once for a machine, again when something changes, and never without a compiler."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from models import build


@pytest.fixture
def compiled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, str]]:
    """What was compiled; the compiler itself is left out, it takes minutes."""
    plans: list[dict[str, str]] = []

    def pretend(plan: dict[str, str], log: Path, console: object) -> bool:
        log.write_text("")
        plans.append(plan)
        return True

    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    monkeypatch.setattr(build, "_compile", pretend)
    for variable in ("HYPERBRIDGE_BACKEND", "CMAKE_ARGS", "CFLAGS", "CXXFLAGS"):
        monkeypatch.delenv(variable, raising=False)
    return plans


def test_second_run_compiles_nothing(compiled: list[dict[str, str]]) -> None:
    assert [build.main(), build.main()] == [0, 0]
    assert len(compiled) == 1
    pinned = f'"llama-cpp-python=={compiled[0]["version"]}"'
    assert pinned in (Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8")


def test_another_processor_compiles_again(
    compiled: list[dict[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    build.main()
    monkeypatch.setattr(build, "_cpu", lambda: "another one")
    build.main()
    assert [plan["cpu"] == "another one" for plan in compiled] == [False, True]


def test_another_backend_compiles_again_and_keeps_a_persons_flags(
    compiled: list[dict[str, str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build.main()
    (tmp_path / "nvcc").touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setenv("HYPERBRIDGE_BACKEND", "cuda")
    monkeypatch.setenv("CMAKE_ARGS", "-DGGML_CUDA_F16=on")
    build.main()
    assert [plan["cmake_args"] for plan in compiled] == ["", "-DGGML_CUDA_F16=on -DGGML_CUDA=on"]


def test_amx_is_switched_off_where_the_compiler_knows_it(
    compiled: list[dict[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CFLAGS", "-O2")
    monkeypatch.setattr(build, "_has_amx_flags", lambda compiler: True)
    build.main()
    assert compiled[0]["cflags"] == "-O2 -mno-amx-tile -mno-amx-int8 -mno-amx-bf16"
    assert compiled[0]["cxxflags"] == "-mno-amx-tile -mno-amx-int8 -mno-amx-bf16"


def test_failed_build_is_tried_again(
    compiled: list[dict[str, str]], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    build.main()

    def fail(plan: dict[str, str], log: Path, console: object) -> bool:
        log.write_text("\n".join(f"line {number}" for number in range(100)))
        return False

    with monkeypatch.context() as broken:
        broken.setattr(build, "_compile", fail)
        broken.setattr(build, "_cpu", lambda: "another one")
        assert build.main() == 1
    said = capsys.readouterr().err
    assert "line 69\n" not in said
    assert "line 70\n" in said
    log = Path(said.split("the whole log is in ")[1].strip())
    assert "line 0\n" in log.read_text()
    log.unlink()
    # What the failed build left behind can't be known, so not even the first plan holds any more.
    assert build.main() == 0
    assert len(compiled) == 2


@pytest.mark.parametrize("backend", ["rocm", "cuda", "metal", "vulkan"])
def test_backend_that_cannot_be_built_here(
    compiled: list[dict[str, str]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    backend: str,
) -> None:
    monkeypatch.setenv("HYPERBRIDGE_BACKEND", backend)
    monkeypatch.delenv("CUDACXX", raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(build, "_compiler", lambda: "cc")
    monkeypatch.setenv("PATH", "")
    assert build.main() == 2
    assert backend in capsys.readouterr().err
    assert compiled == []


def test_no_compiler(
    compiled: list[dict[str, str]], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("CC", raising=False)
    monkeypatch.delenv("CXX", raising=False)
    assert build.main() == 2
    said = capsys.readouterr().err
    assert "build-essential" in said
    assert said.count("\n") == 1
    assert compiled == []


def test_steps_of_the_compiler_are_recognised() -> None:
    match = build._STEP.match("  [40/193] /usr/bin/g++ -DGGML_BACKEND_SHARED")
    assert match is not None
    assert match.groups() == ("40", "193")
    assert build._STEP.match("-- Found [1/2] things") is None
