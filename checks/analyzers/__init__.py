"""What is tallied, shared by all checks: one mergeable state a module."""
