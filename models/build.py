"""Compiles the pinned llama-cpp-python for this machine: ``python -m models.build``.

It runs before the other packages are installed, so it imports rich and the standard library only, and
speaks to whoever is setting the project up. The environment variable ``HYPERBRIDGE_BACKEND`` chooses ``cpu``,
``cuda``, ``metal`` or ``vulkan``; ``CMAKE_ARGS``, ``CFLAGS`` and ``CXXFLAGS`` are kept. What was built is
noted in the virtual environment, and a second run with nothing changed returns at once.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tomllib
from collections import deque
from pathlib import Path
from tempfile import gettempdir

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

PACKAGE = "llama-cpp-python"

BACKENDS = {
    "cpu": "",
    "cuda": "-DGGML_CUDA=on",
    "metal": "-DGGML_METAL=on",
    "vulkan": "-DGGML_VULKAN=on",
}
"""What each backend adds to CMake's arguments."""

NO_AMX = "-mno-amx-tile -mno-amx-int8 -mno-amx-bf16"
"""With AMX, llama.cpp dies of a segmentation fault at the first prompt (its issue 20824)."""

_STEP = re.compile(r"^\s*\[(\d+)/(\d+)\]")
_TAIL = 30


class BuildError(Exception):
    """The build can't start; the text says what is missing and what to do."""


def main() -> int:
    """Build, unless what is wanted is there already.

    Returns:
        0 if llama-cpp-python is ready, 1 if compiling failed, 2 if something must be installed first.
    """
    console = Console(stderr=True, soft_wrap=True)
    stamp = Path(sys.prefix) / ".llama-cpp-build.json"
    try:
        wanted = _wanted()
    except BuildError as error:
        console.print(str(error), style="red", highlight=False)
        return 2
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == wanted:
        return 0
    stamp.unlink(missing_ok=True)
    plan = json.loads(wanted)
    console.print(f"Compiling {PACKAGE} {plan['version']} for {plan['backend']} (a few minutes, once)")
    log = Path(gettempdir()) / f"hyperbridge-build-{os.getpid()}.log"
    if not _compile(plan, log, console):
        tail = deque(log.read_text(encoding="utf-8").splitlines(), maxlen=_TAIL)
        console.print("\n".join(tail), markup=False, highlight=False)
        console.print(f"Compiling {PACKAGE} failed; the whole log is in {log}", style="red", highlight=False)
        return 1
    log.unlink()
    stamp.write_text(wanted, encoding="utf-8")
    return 0


def _wanted() -> str:
    """Everything that the result depends on: the plan, and the stamp of a build that followed it."""
    backend = os.environ.get("HYPERBRIDGE_BACKEND") or "cpu"
    if backend not in BACKENDS:
        raise BuildError(f"HYPERBRIDGE_BACKEND is “{backend}”: set it to one of {', '.join(BACKENDS)}.")
    compiler = _compiler()
    _check_backend(backend)
    flags = NO_AMX if _has_amx_flags(compiler) else ""
    plan = {
        "version": _pinned_version(),
        "backend": backend,
        "cpu": _cpu(),
        "compiler": _first_line(compiler, "--version"),
        "python": platform.python_version(),
        "cmake_args": " ".join(filter(None, [os.environ.get("CMAKE_ARGS"), BACKENDS[backend]])),
        "cflags": " ".join(filter(None, [os.environ.get("CFLAGS"), flags])),
        "cxxflags": " ".join(filter(None, [os.environ.get("CXXFLAGS"), flags])),
    }
    return json.dumps(plan, indent=1, sort_keys=True)


def _pinned_version() -> str:
    project = Path(__file__).parent.parent / "pyproject.toml"
    for requirement in tomllib.loads(project.read_text(encoding="utf-8"))["project"]["dependencies"]:
        name, _, version = str(requirement).partition("==")
        if name == PACKAGE:
            return version
    raise BuildError(f"pyproject.toml doesn't pin {PACKAGE}: restore the line “{PACKAGE}==…”.")


def _compiler() -> str:
    """Find a C compiler, and see that its C++ sister is there. CMake itself comes with the build."""
    found = [
        next(filter(None, (shutil.which(name) for name in [os.environ.get(variable), *names] if name)), None)
        for variable, names in (("CC", ["cc", "gcc", "clang"]), ("CXX", ["c++", "g++", "clang++"]))
    ]
    if found[0] is None or found[1] is None:
        raise BuildError(
            "No C and C++ compiler found: install one (Debian, Ubuntu: apt install build-essential; "
            "Fedora: dnf install gcc-c++; macOS: xcode-select --install) and run this again."
        )
    return found[0]


def _check_backend(backend: str) -> None:
    if backend == "cuda" and not (shutil.which("nvcc") or os.environ.get("CUDACXX")):
        raise BuildError(
            "HYPERBRIDGE_BACKEND=cuda needs nvcc: install the CUDA toolkit, or set CUDACXX to it."
        )
    if backend == "vulkan" and not shutil.which("glslc"):
        raise BuildError(
            "HYPERBRIDGE_BACKEND=vulkan needs glslc and the Vulkan headers: "
            "install the Vulkan SDK (Debian, Ubuntu: apt install glslc libvulkan-dev)."
        )
    if backend == "metal" and sys.platform != "darwin":
        raise BuildError("HYPERBRIDGE_BACKEND=metal works on macOS only: use cpu, cuda or vulkan here.")


def _has_amx_flags(compiler: str) -> bool:
    """Tell whether AMX must be switched off: older compilers and other processors don't know it."""
    if platform.machine().lower() not in ("x86_64", "amd64"):
        return False
    probe = [compiler, *NO_AMX.split(), "-x", "c", "-E", os.devnull]
    return subprocess.run(probe, capture_output=True).returncode == 0


def _cpu() -> str:
    """Name the processor and hash its features: llama.cpp is compiled for exactly these."""
    name, features = platform.processor() or platform.machine(), ""
    if sys.platform == "darwin":
        name = _first_line("sysctl", "-n", "machdep.cpu.brand_string")
    info = Path("/proc/cpuinfo")
    if info.is_file():
        text = info.read_text(encoding="utf-8", errors="replace")
        models = re.findall(r"^model name\s*: (.*)$", text, re.MULTILINE)
        lists = re.findall(r"^(?:flags|Features)\s*: (.*)$", text, re.MULTILINE)
        name = models[0] if models else name
        features = " ".join(sorted(lists[0].split())) if lists else ""
    return f"{name} {hashlib.sha256(features.encode()).hexdigest()[:16]}"


def _first_line(*command: str) -> str:
    output = subprocess.run(command, capture_output=True, text=True).stdout
    return output.splitlines()[0] if output else command[0]


def _compile(plan: dict[str, str], log: Path, console: Console) -> bool:
    # No cache: a wheel that was built with AMX, or for another processor, must never be taken for ours. The
    # other packages are pip's next step, from pyproject.toml.
    command = [sys.executable, "-m", "pip", "install", "--verbose", "--no-deps", "--force-reinstall"]
    command += ["--no-cache-dir", "--no-binary", PACKAGE, "--disable-pip-version-check"]
    build = subprocess.Popen(
        [*command, f"{PACKAGE}=={plan['version']}"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        text=True,
        encoding="utf-8",
        errors="replace",
        env={
            **os.environ,
            "CMAKE_ARGS": plan["cmake_args"],
            "CFLAGS": plan["cflags"],
            "CXXFLAGS": plan["cxxflags"],
        },
    )
    assert build.stdout is not None
    with build, log.open("w", encoding="utf-8") as file, _bar(console) as bar:
        task = bar.add_task("downloading", total=None)
        told = 0
        for line in build.stdout:
            file.write(line)
            if match := _STEP.match(line):
                done, total = int(match[1]), int(match[2])
                bar.update(task, description="compiling", completed=done, total=total)
                # Without a terminal a bar draws nothing: a line at each quarter tells that it lives.
                if not console.is_terminal and done * 4 // total > told:
                    told = done * 4 // total
                    console.print(f"  {done} of {total} files")
    return build.returncode == 0


def _bar(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
        transient=True,
    )


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
