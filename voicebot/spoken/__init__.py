"""Spoken forms: what callers' words stand for, and how a voice must say what we write. Pure functions."""
