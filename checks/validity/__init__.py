"""Single values against sets, ranges, lengths, patterns and formats."""
