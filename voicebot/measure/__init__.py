"""Measures of understanding: utterances and calls kept apart from the training examples, and what is made of them."""
