"""Class distributions against the contracted one."""
