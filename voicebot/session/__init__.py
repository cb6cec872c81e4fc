"""The conversation of one call: listen, think, speak, with a person always within reach."""
