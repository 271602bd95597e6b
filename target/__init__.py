"""The reference service: an honest multi-tenant agent service to aim the swarm at and to learn from.

A program of its own: it imports nothing of the swarm, and the swarm reaches it only over the network.
Start it with ``python -m target --help``.
"""
