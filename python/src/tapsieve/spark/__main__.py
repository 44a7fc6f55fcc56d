"""`python -m tapsieve.spark IN… OUT`."""

import sys

from .command import main

if __name__ == "__main__":
    sys.exit(main())
