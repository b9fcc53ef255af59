"""`python -m dfrefactor`: the program as the installed command runs it."""

import sys

from dfrefactor.cli.main import main

sys.exit(main())
