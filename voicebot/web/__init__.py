"""Starlette: the API and the pages."""
