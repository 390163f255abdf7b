"""The quality report as JSON and HTML, in Korean and English."""
