"""``python -m systems.agent_platform PORT``: serves the platform on a loopback port; addresses come as variables."""

from __future__ import annotations

import os
import sys

import uvicorn

from systems.agent_platform.application import Settings, application


def main() -> None:
    """Serve until told to stop."""
    settings = Settings(
        redis_url=os.environ["REDIS_URL"],
        postgres_url=os.environ["POSTGRES_URL"],
        secret=os.environ["JWT_SECRET"],
        fault=os.environ.get("FAULT"),
    )
    # No access log: the tokens stand in the addresses.
    uvicorn.run(application(settings), host="127.0.0.1", port=int(sys.argv[1]), access_log=False, log_level="warning")


if __name__ == "__main__":
    main()
