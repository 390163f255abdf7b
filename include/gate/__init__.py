"""What lets money move."""
