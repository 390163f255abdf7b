"""The registry's Alembic migrations. `include.registry.migrate` runs them; nobody else needs to."""
