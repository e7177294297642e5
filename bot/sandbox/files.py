"""Uploaded files: kept in memory, named as Telegram names them, photos measured.

Limits are those of https://core.telegram.org/bots/api#sending-files and #sendphoto.
"""

import hashlib
import mimetypes
import struct
from collections.abc import Iterator

from bot.sandbox.errors import BadRequest
from bot.sandbox.objects import File

MAX_DOWNLOAD = 20 * 1024 * 1024
"""Bytes of the largest file that ``getFile`` gives."""

MAX_PHOTO = 10 * 1024 * 1024
MAX_DOCUMENT = 50 * 1024 * 1024


class Files:
    """Every file of a sandbox, by ``file_id`` and by ``file_path``."""

    def __init__(self) -> None:
        self._by_id: dict[str, File] = {}
        self._by_path: dict[str, File] = {}

    def add_photo(self, content: bytes) -> File:
        """Keep a photo.

        Args:
            content: A PNG or JPEG file.

        Returns:
            The kept file, with its width and height.

        Raises:
            BadRequest: It is no such image, or larger than Telegram takes.
        """
        if len(content) > MAX_PHOTO:
            raise BadRequest("too big for a photo")
        mime_type, width, height = _measure(content)
        if width + height > 10_000 or max(width, height) > 20 * min(width, height):
            raise BadRequest("PHOTO_INVALID_DIMENSIONS")
        extension = ".png" if mime_type == "image/png" else ".jpg"
        return self._keep("photos", f"photo{extension}", mime_type, content, width, height)

    def add_document(self, content: bytes, file_name: str) -> File:
        """Keep a document.

        Args:
            content: Its bytes.
            file_name: Its name, as the sender gave it.

        Returns:
            The kept file.

        Raises:
            BadRequest: It is empty, or larger than Telegram takes.
        """
        if not content:
            raise BadRequest("file must be non-empty")
        if len(content) > MAX_DOCUMENT:
            raise BadRequest("file is too big")
        mime_type = mimetypes.guess_type(file_name)[0] or "application/octet-stream"
        return self._keep("documents", file_name, mime_type, content)

    def get(self, file_id: str) -> File:
        """Return the file of that id.

        Raises:
            BadRequest: There is none.
        """
        try:
            return self._by_id[file_id]
        except KeyError:
            raise BadRequest("wrong file_id or the file is temporarily unavailable") from None

    def at(self, file_path: str) -> File | None:
        """Return the file that ``getFile`` gave that path, if any."""
        return self._by_path.get(file_path)

    def _keep(
        self, folder: str, file_name: str, mime_type: str, content: bytes, width: int = 0, height: int = 0
    ) -> File:
        number = len(self._by_id)
        suffix = file_name[file_name.rfind(".") :] if "." in file_name else ""
        file = File(
            file_id=f"{folder}-{number}-{hashlib.sha256(content).hexdigest()[:24]}",
            file_unique_id=hashlib.sha256(content).hexdigest()[:16],
            # The sender's name stays out of the path: it could hold anything.
            file_path=f"{folder}/file_{number}{suffix if suffix[1:].isalnum() else ''}",
            file_name=file_name,
            mime_type=mime_type,
            content=content,
            width=width,
            height=height,
        )
        self._by_id[file.file_id] = file
        self._by_path[file.file_path] = file
        return file


def _measure(content: bytes) -> tuple[str, int, int]:
    """Return the media type, width and height of a PNG or JPEG image, from its header."""
    try:
        if content.startswith(b"\x89PNG\r\n\x1a\n") and content[12:16] == b"IHDR":
            width, height = struct.unpack(">II", content[16:24])
            found = ("image/png", width, height)
        elif content.startswith(b"\xff\xd8"):
            found = ("image/jpeg", *_jpeg_size(content))
        else:
            raise ValueError("neither PNG nor JPEG")
    except (ValueError, struct.error):
        raise BadRequest("IMAGE_PROCESS_FAILED") from None
    if not found[1] or not found[2]:
        raise BadRequest("PHOTO_INVALID_DIMENSIONS")
    return found


def _jpeg_size(content: bytes) -> tuple[int, int]:
    for marker, segment in _jpeg_segments(content):
        # Start-of-frame markers; C4, C8 and CC in their midst mean other things.
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">HH", segment[1:5])
            return width, height
    raise ValueError("no frame in the JPEG")


def _jpeg_segments(content: bytes) -> Iterator[tuple[int, bytes]]:
    at = 2
    while at + 4 <= len(content) and content[at] == 0xFF:
        (length,) = struct.unpack(">H", content[at + 2 : at + 4])
        yield content[at + 1], content[at + 4 : at + 2 + length]
        at += 2 + length
