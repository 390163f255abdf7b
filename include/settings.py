"""One typed settings object, from the environment (prefix DAMBO_). Defaults serve one machine out of one folder."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Where things lie and how much of the machine may be used. Secrets are read from files named by DAMBO_*_FILE."""

    model_config = SettingsConfigDict(env_prefix="DAMBO_", frozen=True, extra="ignore")

    home: Path = Field(default=Path(".dambo"), description="folder of everything embedded")
    storage: str = Field(default="", description="file:///... or s3://bucket/prefix; default HOME/storage")
    registry: str = Field(default="", description="SQLAlchemy URL; default sqlite in HOME/registry.db")
    keys: Path | None = Field(default=None, description="folder of the file keys; default HOME/keys")
    signer: str = Field(default="", description="unix:///path of `dambo signer`; default: the file keys, in-process")
    keyring: Path | None = Field(default=None, description="keyring file; default HOME/keyring.json")
    key_passphrase_file: Path | None = Field(default=None, description="file with the passphrase of encrypted keys")
    scratch: Path | None = Field(default=None, description="folder for temporary files; default HOME/scratch")
    s3_endpoint: str | None = Field(default=None, description="endpoint URL of an S3 store that is not AWS")
    s3_access_key_file: Path | None = None
    s3_secret_key_file: Path | None = None
    shard_bytes: int = Field(default=256 * 2**20, gt=0, description="aimed size of one shard")
    max_shards: int = Field(default=64, gt=0, le=1024)
    max_attempts: int = Field(
        default=5, gt=0, description="attempts on one content, whatever its name, that may lead to a release"
    )
    jobs: int = Field(default=2, gt=0)
    lang: str = Field(default="", description="ko or en; default from LANG")
    pickup_minutes: int = Field(default=5, gt=0, description="how often pick_up_deliveries looks")
    signing_queue: str = Field(default="default", description="Celery queue of the tasks that sign")
    registry_password_file: Path | None = None

    def folder(self) -> Path:
        """HOME, absolute."""
        return self.home.expanduser().absolute()

    def storage_url(self) -> str:
        """The storage root."""
        return self.storage or (self.folder() / "storage").as_uri()

    def registry_url(self) -> str:
        """The registry's SQLAlchemy URL, its password filled in from the file if one is named."""
        return self.registry or f"sqlite:///{self.folder() / 'registry.db'}"

    def registry_password(self) -> SecretStr | None:
        """The database password, if it lies in a file."""
        return SecretStr(self.registry_password_file.read_text().strip()) if self.registry_password_file else None

    def keys_folder(self) -> Path:
        """Where the file keys lie."""
        return self.keys or self.folder() / "keys"

    def keyring_file(self) -> Path:
        """The keyring."""
        return self.keyring or self.folder() / "keyring.json"

    def scratch_folder(self) -> Path:
        """For temporary files; each run makes and removes its own folder here."""
        return self.scratch or self.folder() / "scratch"


@lru_cache
def settings() -> Settings:
    """The process's settings, read once."""
    return Settings()
