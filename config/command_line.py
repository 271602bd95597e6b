"""What the commands of ``python -m config`` have in common: their parsers and their exit codes."""

from __future__ import annotations

import argparse

FINE, WRONG, FAILED = 0, 2, 3
"""All is well; the profile or the arguments are wrong; something did not work."""
EXIT_CODES = "Exit codes: 0 all is well, 2 the profile or the arguments are wrong, 3 something did not work."


def command_parser(name: str, description: str, epilog: str = EXIT_CODES) -> argparse.ArgumentParser:
    """Returns the parser of a command, to which it adds its options.

    Args:
        name: of the command.
        description: what it does, in a sentence or two.
        epilog: what stands below the options.
    """
    return argparse.ArgumentParser(prog=f"python -m config {name}", description=description, epilog=epilog)
