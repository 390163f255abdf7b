"""One module a revision. A released revision never changes; the next one follows it."""
