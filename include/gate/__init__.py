"""What lets money move: the decision (pure) and the release (claimed once)."""
