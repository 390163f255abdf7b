"""How tests reach an S3 server: its facts, and Settings with key files made of them."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from include.settings import Settings


@dataclass(frozen=True, slots=True)
class S3User:
    """The endpoint of a running server and the keys of a user who may make buckets there."""

    endpoint: str
    access_key: str
    secret_key: str

    def settings(self, folder: Path, **more: Any) -> Settings:
        """Settings that reach the server, their key files written to `folder`; `more` are further fields."""
        access, secret = folder / "s3-access-key", folder / "s3-secret-key"
        access.write_text(self.access_key + "\n")
        secret.write_text(self.secret_key + "\n")
        fields = {"home": folder / "home", "s3_endpoint": self.endpoint, **more}
        return Settings(**fields, s3_access_key_file=access, s3_secret_key_file=secret)

    def create_bucket(self, *, versioning: bool = False, object_lock: bool = False) -> str:
        """Make an empty bucket of its own for a test and give its name (object lock implies versioning)."""
        client = _client(self)
        name = f"t-{secrets.token_hex(6)}"
        client.create_bucket(Bucket=name, ObjectLockEnabledForBucket=object_lock)
        if versioning:
            client.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
        return name


@cache
def _client(user: S3User) -> Any:
    config = Config(
        signature_version="s3v4", request_checksum_calculation="when_required", s3={"addressing_style": "path"}
    )
    return boto3.client(
        "s3",
        endpoint_url=user.endpoint,
        aws_access_key_id=user.access_key,
        aws_secret_access_key=user.secret_key,
        region_name="us-east-1",
        config=config,
    )
