"""How the tiny Piper-format voice is made."""
