"""The conversation's mind: Rasa over HTTP, text and call facts in, Bot Acts out."""
