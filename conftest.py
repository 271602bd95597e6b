"""Imports Locust into the test process without gevent's patches.

Importing Locust patches threads and sockets for the whole process. Under pytest-xdist that is fatal: the worker's own
channel to its parent waits in real threads. So the test process gets Locust unpatched, before any test module can
import it, and the variable is taken back at once, so that every ``locust`` process a test starts is a real one.
"""

import os

os.environ["LOCUST_SKIP_MONKEY_PATCH"] = "1"
try:
    import locust  # noqa: F401
finally:
    del os.environ["LOCUST_SKIP_MONKEY_PATCH"]
