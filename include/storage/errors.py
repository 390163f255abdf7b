"""The errors that every store raises, each worded once, in Korean and English. Keys are shown; data and secrets never."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from include.errors import DeliveryError, StorageError


def unsafe_path(key: str, why: str, ko: str) -> DeliveryError:
    """The supplier delivered something that is not a plain file under a plain name: intake makes a finding of it."""
    return DeliveryError(
        "unsafe-path",
        f"{key!r} {why}",
        hint="deliver plain files under plain relative names",
        ko=f"{key!r}: {ko}",
        ko_hint="일반 파일을 평범한 상대 경로 이름으로 납품하세요",
    )


def object_missing(key: str, version: str | None = None) -> StorageError:
    """There is no such object, or not in that version."""
    what = key if version is None else f"{key} in version {version}"
    return StorageError(
        "object-missing",
        f"there is no object {what}",
        ko=f"객체가 없습니다: {key}" + (f" (버전 {version})" * bool(version)),
    )


@contextmanager
def suppress_missing() -> Iterator[None]:
    """What is not there need not be removed."""
    try:
        yield
    except StorageError as error:
        if error.code != "object-missing":
            raise


def already_exists(key: str) -> StorageError:
    """A put-once met other bytes: what was published stays."""
    return StorageError(
        "already-exists",
        f"{key} was published before with other content; it stays as it is",
        ko=f"{key}: 다른 내용으로 이미 게시되어 있어 그대로 둡니다",
    )


def denied(where: str, why: str) -> StorageError:
    """The store answers, but not to us."""
    return StorageError(
        "storage-denied",
        f"{where}: access denied ({why})",
        hint="check the store's keys (DAMBO_S3_ACCESS_KEY_FILE, DAMBO_S3_SECRET_KEY_FILE), permissions and this machine's clock",
        ko=f"{where}: 접근이 거부되었습니다 ({why})",
        ko_hint="저장소 키(DAMBO_S3_ACCESS_KEY_FILE, DAMBO_S3_SECRET_KEY_FILE), 권한, 이 컴퓨터의 시각을 확인하세요",
    )


def unavailable(where: str, why: str) -> StorageError:
    """The store does not answer, or not as it should: a retry may mend it."""
    return StorageError(
        "storage-unavailable",
        f"{where}: storage is not available ({why})",
        hint="run `dambo doctor`; check that the store runs and DAMBO_STORAGE names it",
        ko=f"{where}: 저장소를 사용할 수 없습니다 ({why})",
        ko_hint="`dambo doctor`를 실행하고, 저장소가 동작하는지와 DAMBO_STORAGE를 확인하세요",
    )


def refused(where: str, why: str) -> StorageError:
    """The store understood and said no: a retry will not mend it."""
    return StorageError(
        "storage-refused",
        f"{where}: the store refused ({why})",
        hint="run `dambo doctor` to see what the store can do",
        ko=f"{where}: 저장소가 요청을 거절했습니다 ({why})",
        ko_hint="`dambo doctor`로 저장소의 기능을 확인하세요",
    )
