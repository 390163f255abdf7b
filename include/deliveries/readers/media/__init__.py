"""Readers of delivered samples: one file, one row of the items stream; everything in it is decoded once."""
