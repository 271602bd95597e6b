"""Measures the detector as one: every defect of the reference target, and the faultless target under stress.

``python -m benchmarks.detection`` runs the real swarm against the real target and writes ``docs/detection.md``.
"""
