"""Faults that real services have had, for the reference service to be told to have: ``--defect NAME[:RATE]``.

What each is stands in ``catalogue.toml``; how it works in the module of its family. The honest service uses none of it.
"""
