"""The registry: one object, made of its parts. The only place with SQL; it returns frozen records."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from include.registry.attempts import Attempts
from include.registry.database import Database, engine_for
from include.registry.listing import Listing
from include.registry.migrate import migrate
from include.registry.papers import Papers
from include.registry.releases import Releases
from include.registry.sequence import Sequence
from include.registry.vouchers import Vouchers


class Registry(Vouchers, Attempts, Papers, Releases, Sequence, Listing):
    """Vouchers, attempts, documents, decisions, releases, the log's sequence. Threads may share one; a forked child may go on using it.

    Raises RegistryError "registry-unavailable" from any method where a repeat may help.
    """

    def __init__(self, url: str, password: str | None = None) -> None:
        super().__init__(Database(engine_for(url, password)))

    def migrate(self) -> None:
        """Bring the database to this code's schema; does nothing if it is there. Safe from several processes at once."""
        migrate(self._database)

    def close(self) -> None:
        """Give the connections back. The registry may be used again afterwards."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
