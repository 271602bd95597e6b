"""An agent platform as many are built: FastAPI-style sockets, Redis hashes for hot state, Postgres behind migrations.

It is a stand-in, written for its profile (``config/targets/agent-platform.toml``): see README.md in this folder.
"""
