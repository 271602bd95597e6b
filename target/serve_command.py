"""``serve``, its workers, and ``auth``: from the command line to a server that runs."""

from __future__ import annotations

import argparse
import asyncio
import os
import socket
import sys
from dataclasses import replace

from target.defects.choice import warning
from target.server import BACKLOG, address, bound_socket, serve_on
from target.settings import Behaviour, ServiceSettings


def serve(options: argparse.Namespace) -> int:
    """Serve with as many processes as asked for."""
    settings = ServiceSettings.from_environment(os.environ, Behaviour.asked_for(options))
    several = options.workers > 1
    first = bound_socket(options.host, options.port, shared=several)
    _check(settings)
    if settings.behaviour.defects:
        print(warning(settings.behaviour.defects), file=sys.stderr, flush=True)
    print(f"the service listens on {address(first)}", flush=True)
    if not several:
        return _serve(settings, first)
    port = first.getsockname()[1]
    others = [bound_socket(options.host, port, shared=True) for _ in range(options.workers - 1)]
    for listening in (first, *others):
        listening.listen(BACKLOG)  # from now on the kernel spreads connections over all of them
    from target.workers import WorkerPool  # the parent needs neither the stores' clients nor the application

    return WorkerPool([first, *others], settings.behaviour.as_options()).run()


def serve_as_worker(options: argparse.Namespace) -> int:
    """Serve as one of several processes, on the socket that the parent bound."""
    chosen = Behaviour.asked_for(options)
    if chosen.seed is not None:
        chosen = replace(chosen, seed=chosen.seed + options.index)
    return _serve(ServiceSettings.from_environment(os.environ, chosen), socket.socket(fileno=options.fd))


def _serve(settings: ServiceSettings, bound: socket.socket) -> int:
    from target.application import application

    return serve_on(bound, application(settings))


def serve_auth(options: argparse.Namespace) -> int:
    """Serve the auth service."""
    from target.auth_service import AuthSettings, auth_application

    settings = AuthSettings.from_environment(os.environ)
    bound = bound_socket(options.host, options.port)
    print(f"the auth service listens on {address(bound)}", flush=True)
    return serve_on(bound, auth_application(settings))


def _check(settings: ServiceSettings) -> None:
    from target.store_checks import check_stores

    asyncio.run(check_stores(settings))
