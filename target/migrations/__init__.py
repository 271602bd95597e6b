"""The schema's history, applied by ``python -m target migrate``."""
