"""Archives read in place: the members of a zip or tar are files of the delivery, and nothing is ever unpacked by name.

A member's virtual path is `<archive>!/<member name in NFC>`; the contract's globs match that whole path.
"""

from __future__ import annotations

from pathlib import Path

from include.deliveries.archives.base import SEPARATOR, Archive, ArchiveLimits, Member

SUFFIXES = (".zip", ".tar", ".tar.gz", ".tgz")
"""What an archive's name ends in, in any case of letters."""

__all__ = ["SEPARATOR", "SUFFIXES", "Archive", "ArchiveLimits", "Member", "archive_of", "is_archive"]


def is_archive(path: str) -> bool:
    """Is a file of this name an archive?"""
    return path.lower().endswith(SUFFIXES)


def archive_of(local: Path, name: str, limits: ArchiveLimits | None = None) -> Archive:
    """The archive in the file `local`, whose path in the delivery is `name`. Nothing is read yet."""
    if name.lower().endswith(".zip"):
        from include.deliveries.archives.zips import ZipArchive

        return ZipArchive(local, name, limits)
    from include.deliveries.archives.tars import TarArchive

    return TarArchive(local, name, limits)
