"""Composition: settings to running processes, and their supervision."""
