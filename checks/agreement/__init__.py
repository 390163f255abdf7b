"""Inter-annotator agreement, and labels against gold."""
