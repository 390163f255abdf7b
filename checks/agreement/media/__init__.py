"""Agreement over annotations: several raters' labels of one item brought together, and labels against gold."""
