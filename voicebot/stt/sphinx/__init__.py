"""PocketSphinx: understands a person on a machine without Whisper's weights, where it knows what may be said."""
