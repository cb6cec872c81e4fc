"""An open phone service for local government: it answers, understands, and hands over to a person."""

import os

__version__ = "0.1.0"

# Numpy would share every small product among all cores, and wait for the slowest: many times slower beside other work.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
