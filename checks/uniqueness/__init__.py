"""Keys that may stand once only."""
