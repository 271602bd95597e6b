"""Dialects: how a message on the wire becomes documents that a profile's paths lead into, and back. No sockets here.

`base` is what an adapter for a protocol of your own derives from, `choosing` finds the one a profile names, and `kit`
tries an adapter against a server.
"""
