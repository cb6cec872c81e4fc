"""How many calls one core carries. See ``bench/README.md``."""
