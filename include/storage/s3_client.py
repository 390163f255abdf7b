"""Makes the S3 client from settings, and turns what botocore raises into the errors of the port."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, ParamValidationError
from botocore.exceptions import PartialCredentialsError as PartialCredentials

from include.errors import ContractError, DamboError
from include.settings import Settings
from include.storage.errors import denied, object_missing, refused, unavailable

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

ATTEMPTS = 4
"""Of one request, with growing pauses (botocore's standard mode)."""

_DENIED = {401, 403}
_BUSY = {408, 429}


def make_client(settings: Settings) -> S3Client:
    """A client for the store that `settings` names: AWS unless there is an endpoint, keys from files if given.

    Without key files botocore's own chain applies (environment, profile, instance role).
    """
    session = boto3.session.Session(
        aws_access_key_id=_secret(settings.s3_access_key_file, settings.s3_secret_key_file),
        aws_secret_access_key=_secret(settings.s3_secret_key_file, settings.s3_access_key_file),
    )
    config = Config(
        signature_version="s3v4",
        # Most stores that are not AWS refuse or ignore the newer checksum headers; puts carry Content-MD5 instead.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
        connect_timeout=5,
        read_timeout=60,
        max_pool_connections=32,
        s3={"addressing_style": "path" if settings.s3_endpoint else "auto"},
    )
    try:
        client: S3Client = session.client(
            "s3", endpoint_url=settings.s3_endpoint, region_name=session.region_name or "us-east-1", config=config
        )
    except (BotoCoreError, ValueError) as error:
        raise _unusable(str(error)) from error
    return client


def status_of(error: ClientError) -> int:
    """The HTTP status of the store's answer."""
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


@contextmanager
def errors(where: str, *, version: str | None = None) -> Iterator[None]:
    """What botocore raises inside becomes an error of the port; `where` is the key, or the store's URL."""
    try:
        yield
    except ClientError as error:
        raise _from_answer(error, where, version) from error
    except (NoCredentialsError, PartialCredentials) as error:
        raise denied(where, str(error)) from error
    except ParamValidationError as error:
        raise _unusable(str(error)) from error
    except BotoCoreError as error:
        raise unavailable(where, str(error)) from error


def _from_answer(error: ClientError, where: str, version: str | None) -> DamboError:
    status, code = status_of(error), error.response.get("Error", {}).get("Code", "")
    why = f"{code}, HTTP {status}"
    if code == "NoSuchBucket":
        return _unusable(f"{where}: there is no such bucket")
    if status == 404 or (version is not None and status in {400, 405}):  # a version id that never was; a delete marker
        return object_missing(where, version)
    if status in _DENIED:
        return denied(where, why)
    if status >= 500 or status in _BUSY or status == 0:
        return unavailable(where, why)
    return refused(where, why)


def _secret(file: Path | None, partner: Path | None) -> str | None:
    if file is None and partner is None:
        return None
    if file is None or partner is None:
        raise _unusable("DAMBO_S3_ACCESS_KEY_FILE and DAMBO_S3_SECRET_KEY_FILE go together")
    try:
        return file.read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise _unusable(f"the key file {file} cannot be read") from error


def _unusable(why: str) -> ContractError:
    return ContractError(
        "storage-settings",
        why,
        hint="check DAMBO_STORAGE (s3://bucket/prefix), DAMBO_S3_ENDPOINT and the key files",
        ko=f"저장소 설정을 쓸 수 없습니다: {why}",
        ko_hint="DAMBO_STORAGE(s3://버킷/접두사), DAMBO_S3_ENDPOINT, 키 파일을 확인하세요",
    )
