"""Text to speech: what the caller hears."""
