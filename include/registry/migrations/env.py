"""Alembic's entry: it migrates on the connection that `include.registry.migrate` hands in, inside that transaction."""

from __future__ import annotations

from alembic import context

from include.registry.migrate import OPTIONS
from include.registry.tables import Base

context.configure(connection=context.config.attributes["connection"], target_metadata=Base.metadata, **OPTIONS)
with context.begin_transaction():
    context.run_migrations()
