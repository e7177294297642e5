"""Settings: environment variables, or the same names in a ``.env`` file."""

from __future__ import annotations

from pathlib import Path

from platformdirs import user_data_path
from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

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
    ladder_gb: float = Field(
        DEFAULT_BUDGET / GB, gt=0, allow_inf_nan=False, validation_alias="HYPERBRIDGE_LADDER_GB"
    )

    @field_validator("threads", "flash_attention", "personas", mode="before")
    @classmethod
    def _empty_is_unset(cls, value: object) -> object:
        return None if value == "" else value

    @field_validator(
        "model",
        "embedder",
        "api_url",
        "db",
        "gpu_layers",
        "kv_type",
        "rerank",
        "mark",
        "ladder_gb",
        mode="before",
    )
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
        return self.allowed_users.strip() == "*" or str(user_id) in _parts(self.allowed_users)


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
