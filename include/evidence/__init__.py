"""What is signed, and how anyone verifies it."""
