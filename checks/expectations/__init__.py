"""The Great Expectations bridge: expectations of a contract become checks of the one pass.

The expectations people use most are translated (`translated.py`) and never import Great Expectations; other map
expectations are run by Great Expectations itself, batch by batch (`native.py`, the one module that imports it, lazily).
"""
