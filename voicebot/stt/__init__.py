"""Speech to text: what the caller said, with how sure we are."""
