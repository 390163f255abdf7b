"""Three deliveries made of real data that comes with scikit-learn: what `dambo demo` verifies and pays, or does not."""
