"""Spoken forms: what people say to what systems store, and back."""
