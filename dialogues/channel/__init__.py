"""The only way into the dialogue: our own input channel."""
