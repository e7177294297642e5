"""Settings: environment variables, or the same names in a ``.env`` file."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import urlsplit

import regex
from platformdirs import user_data_path
from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.logs import LogFormat
from models.catalog import default_id
from models.embedder import BUNDLED
from models.engine import Hardware
from models.engine.context import KVType
from models.ladder.ladder import DEFAULT_BUDGET, GB
from scene.errors import HyperBridgeError
from scene.mark import Strength


class SettingsError(HyperBridgeError):
    """A setting has a value that can't be used."""


class Settings(BaseSettings):
    """Everything that a person can set; ``.env.example`` explains each."""

    model_config = SettingsConfigDict(env_file=".env", env_file_encoding="utf-8", extra="ignore")

    token: SecretStr = Field(SecretStr(""), validation_alias="TELEGRAM_BOT_TOKEN")
    api_url: str = Field("https://api.telegram.org", validation_alias="TELEGRAM_API_URL")
    db: Path = Field(
        user_data_path("hyperbridge", appauthor=False) / "archive.db", validation_alias="HYPERBRIDGE_DB"
    )
    model: str = Field(default_factory=default_id, validation_alias="HYPERBRIDGE_MODEL")
    api_key: SecretStr = Field(SecretStr(""), validation_alias="HYPERBRIDGE_API_KEY")
    embedder: str = Field(BUNDLED, validation_alias="HYPERBRIDGE_EMBEDDER")
    mark: Strength = Field(Strength.VISIBLE, validation_alias="HYPERBRIDGE_MARK")
    allowed_users: str = Field("", validation_alias="HYPERBRIDGE_ALLOWED_USERS")
    threads: int | None = Field(None, ge=1, le=1024, validation_alias="HYPERBRIDGE_THREADS")
    gpu_layers: int = Field(-1, ge=-1, validation_alias="HYPERBRIDGE_GPU_LAYERS")
    flash_attention: bool | None = Field(None, validation_alias="HYPERBRIDGE_FLASH_ATTENTION")
    kv_type: KVType = Field("f16", validation_alias="HYPERBRIDGE_KV_TYPE")
    personas: Path | None = Field(None, validation_alias="HYPERBRIDGE_PERSONAS")
    rerank: bool = Field(False, validation_alias="HYPERBRIDGE_RERANK")
    admins: str = Field("", validation_alias="HYPERBRIDGE_ADMINS")
    scenes_per_minute: int = Field(10, ge=0, validation_alias="HYPERBRIDGE_SCENES_PER_MINUTE")
    scenes_per_day: int = Field(300, ge=0, validation_alias="HYPERBRIDGE_SCENES_PER_DAY")
    chat_scenes_per_day: int = Field(1000, ge=0, validation_alias="HYPERBRIDGE_CHAT_SCENES_PER_DAY")
    queue: int = Field(5, ge=0, validation_alias="HYPERBRIDGE_QUEUE")
    webhook_url: str = Field("", validation_alias="HYPERBRIDGE_WEBHOOK_URL")
    webhook_secret: SecretStr = Field(SecretStr(""), validation_alias="HYPERBRIDGE_WEBHOOK_SECRET")
    webhook_host: str = Field("127.0.0.1", validation_alias="HYPERBRIDGE_WEBHOOK_HOST")
    webhook_port: int = Field(8443, ge=1, le=65535, validation_alias="HYPERBRIDGE_WEBHOOK_PORT")
    status_host: str = Field("127.0.0.1", validation_alias="HYPERBRIDGE_STATUS_HOST")
    status_port: int | None = Field(None, ge=1, le=65535, validation_alias="HYPERBRIDGE_STATUS_PORT")
    log: LogFormat = Field("text", validation_alias="HYPERBRIDGE_LOG")
    drain: float = Field(25.0, ge=0, le=3600, validation_alias="HYPERBRIDGE_DRAIN_SECONDS")
    ladder_gb: float = Field(
        DEFAULT_BUDGET / GB, gt=0, allow_inf_nan=False, validation_alias="HYPERBRIDGE_LADDER_GB"
    )

    @field_validator("threads", "flash_attention", "personas", "status_port", mode="before")
    @classmethod
    def _empty_is_unset(cls, value: object) -> object:
        return None if value == "" else value

    @field_validator(
        "model", "embedder", "api_url", "db", "gpu_layers", "kv_type", "rerank", "mark", "scenes_per_minute",
        "scenes_per_day", "chat_scenes_per_day", "queue", "webhook_host", "webhook_port", "status_host",
        "log", "drain", "ladder_gb", mode="before",
    )  # fmt: skip
    @classmethod
    def _empty_is_default(cls, value: object, info: object) -> object:
        if value == "":
            field = cls.model_fields[info.field_name]  # type: ignore[attr-defined]
            return field.get_default(call_default_factory=True)
        return value

    @field_validator("api_key")
    @classmethod
    def _fits_a_header(cls, value: SecretStr) -> SecretStr:
        key = value.get_secret_value().strip()
        if not all("!" <= sign <= "~" for sign in key):
            raise ValueError("a key of Latin letters, digits and signs, without spaces")
        return SecretStr(key)

    @field_validator("webhook_url")
    @classmethod
    def _can_be_called(cls, value: str) -> str:
        if value and not (urlsplit(value).scheme in ("https", "http") and urlsplit(value).hostname):
            raise ValueError("an address that begins with https://")
        return value

    @field_validator("webhook_secret")
    @classmethod
    def _cannot_be_guessed(cls, value: SecretStr) -> SecretStr:
        secret = value.get_secret_value().strip()
        # https://core.telegram.org/bots/api#setwebhook
        if secret and not regex.fullmatch(r"[A-Za-z0-9_-]{16,256}", secret):
            raise ValueError("16 to 256 Latin letters, digits, - and _")
        return SecretStr(secret)

    @field_validator("admins")
    @classmethod
    def _named(cls, value: str) -> str:
        if not all(part.isdigit() for part in _parts(value)):
            raise ValueError("user ids separated by commas")
        return value

    @field_validator("allowed_users")
    @classmethod
    def _ids(cls, value: str) -> str:
        if value.strip() != "*" and not all(part.lstrip("-").isdigit() for part in _parts(value)):
            raise ValueError("user ids separated by commas, or *")
        return value

    @property
    def hardware(self) -> Hardware:
        """What the model runs on."""
        return Hardware(self.threads, self.gpu_layers, self.flash_attention, self.kv_type)

    @property
    def ladder_budget(self) -> int:
        """Bytes that models' levels of precision may take."""
        return round(self.ladder_gb * GB)

    def allows(self, user_id: int) -> bool:
        """Whether a person may use the bot; nobody may until somebody is named."""
        everybody = self.allowed_users.strip() == "*"
        return everybody or str(user_id) in _parts(self.allowed_users) or self.is_admin(user_id)

    def is_admin(self, user_id: int) -> bool:
        """Whether a person may let others in and send them off."""
        return str(user_id) in _parts(self.admins)

    @property
    def secrets(self) -> list[str]:
        """What no log may show."""
        held = (self.token, self.api_key, self.webhook_secret)
        return [secret for each in held if (secret := each.get_secret_value().strip())]

    @property
    def bot_id(self) -> int:
        """The bot's id, with which its token begins; 0 where that is no token."""
        number = self.token.get_secret_value().strip().partition(":")[0]
        return int(number) if number.isascii() and number.isdigit() and len(number) <= 18 else 0


def exposed_env() -> Path | None:
    """The ``.env`` file, if others than its owner may read it; None where that can't be said."""
    path = Path(".env")
    try:
        open_to_others = os.name == "posix" and bool(path.stat().st_mode & 0o077)
    except OSError:
        return None
    return path if open_to_others else None


def load() -> Settings:
    """Read the settings.

    Raises:
        SettingsError: ``settings-wrong`` with the variable's name and what is wrong with it.
    """
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0]) if first["loc"] else "?"
        raise SettingsError("settings-wrong", name=name, reason=str(first["msg"])) from None


def _parts(value: str) -> list[str]:
    return value.replace(",", " ").split()
