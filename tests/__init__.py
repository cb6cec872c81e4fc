"""Tests, in folders named like the parts that they hold to account."""
