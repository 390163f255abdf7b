"""Readers of label formats: one format a module, each turning label files into rows of the annotations stream."""
