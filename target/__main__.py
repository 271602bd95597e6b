"""``python -m target``."""

import sys

from target.command_line import main

if __name__ == "__main__":
    sys.exit(main())
