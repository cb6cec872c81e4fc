"""Fuzzing: whatever a peer sends, nothing raises, and nothing is left behind.

Each target is a function of bytes that must not raise (``targets.py``). The test suite runs all of them for a moment
with fixed inputs (``test_fuzz.py``); ``python -m tests.fuzz TARGET --seconds N`` runs one for long, guided by coverage
where atheris is installed; ``make prove`` does so for ten minutes.
"""
