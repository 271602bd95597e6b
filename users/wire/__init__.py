"""The WebSocket connection a tenant's session sits on: opened by websocket-client, then read in bulk under gevent.

`connection` is what the rest uses; `frames`, `masking` and `clock` do no I/O; `tcp`, `tls` and `upgrade` are the steps
below it.
"""
