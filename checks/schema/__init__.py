"""Columns, types, readability."""
