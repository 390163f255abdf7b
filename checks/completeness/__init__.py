"""Values, rows and contracted quantities that must be there."""
