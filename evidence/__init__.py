"""The shared core: marks, accounts, correlation, recognition, findings and the run folder.

Plain state machines without I/O beyond the run folder's files: no Locust, no gevent, no sockets.
"""
