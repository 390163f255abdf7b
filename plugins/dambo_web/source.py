"""What the pages show, read from registry and storage at each request. Reads only.

A report leaves here only as the very bytes whose sha256 the registry holds.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from include.errors import StorageError, VerificationError
from include.settings import Settings

if TYPE_CHECKING:
    from include.registry import Document, Registry
    from include.registry.records import Attempt, DecisionRow, DeliveryRow
    from include.storage import Storage

PER_PAGE = 25
REPORT = "report-html"
"""The registry's kind of the document that a person reads."""

PICTURES = "report-pictures"
"""The same with pictures of delivered data, which is destroyed before it."""


@dataclass(frozen=True, slots=True)
class Listed:
    """One page of deliveries. `page` counts from 1."""

    rows: tuple[DeliveryRow, ...]
    total: int
    page: int
    search: str

    @property
    def pages(self) -> int:
        """How many pages there are, at least one."""
        return max(1, -(-self.total // PER_PAGE))


@dataclass(frozen=True, slots=True)
class Tried:
    """One attempt, the decision that stands, and whether it has a report to read."""

    attempt: Attempt
    decision: DecisionRow | None
    has_report: bool


class Source:
    """Registry and storage of one set of settings, opened when first asked for."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    @cached_property
    def registry(self) -> Registry:
        """The registry."""
        from include.registry import open_registry

        return open_registry(self._settings)

    @cached_property
    def storage(self) -> Storage:
        """The store."""
        from include.storage import open_storage

        return open_storage(self._settings.storage_url(), self._settings)

    def deliveries(self, search: str, page: int) -> Listed:
        """A page of deliveries, the latest begun first; past the end, the last page."""
        total = self.registry.count_deliveries(search=search)
        page = min(max(page, 1), max(1, -(-total // PER_PAGE)))
        rows = self.registry.deliveries(limit=PER_PAGE, offset=(page - 1) * PER_PAGE, search=search)
        return Listed(rows, total, page, search)

    def tried(self, voucher: str, delivery: str) -> tuple[Tried, ...]:
        """A delivery's attempts, the latest first."""
        return tuple(self._tried(attempt) for attempt in reversed(self.registry.attempts(voucher, delivery)))

    def attempt(self, attempt_id: str) -> Tried:
        """One attempt; VerificationError "unknown-attempt"."""
        return self._tried(self.registry.attempt(attempt_id))

    def attempt_of_run(self, run_id: str) -> str | None:
        """The attempt that an Airflow run began, None if it began none."""
        attempt = self.registry.attempt_of_run(run_id)
        return attempt.id if attempt else None

    def report(self, attempt_id: str) -> bytes | None:
        """The report's HTML, None if there is none; VerificationError "report-changed" if the store holds other bytes."""
        documents = self.registry.documents(attempt_id, REPORT)
        if not documents:
            return None
        return self._illustrated(attempt_id) or self._same(documents[-1])

    def _illustrated(self, attempt_id: str) -> bytes | None:
        """The page with pictures; None if there is none, or none any more."""
        for document in self.registry.documents(attempt_id, PICTURES)[-1:]:
            try:
                return self._same(document)
            except StorageError as error:
                if error.code != "object-missing":
                    raise
        return None

    def _same(self, document: Document) -> bytes:
        content = self.storage.read(document.storage_key)
        if hashlib.sha256(content).hexdigest() != document.sha256:
            raise VerificationError(
                "report-changed",
                "the stored report is not the one that the registry recorded; it is not shown",
                ko="저장된 보고서가 등록부에 기록된 것과 달라 표시하지 않습니다",
            )
        return content

    def _tried(self, attempt: Attempt) -> Tried:
        return Tried(
            attempt,
            self.registry.latest_decision(attempt.id),
            bool(self.registry.documents(attempt.id, REPORT)),
        )
