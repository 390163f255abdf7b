"""Real servers for integration tests, each a context manager on loopback, in one temporary folder, leaving nothing."""
