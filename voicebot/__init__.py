"""An open phone service for local government: it answers, understands, and hands over to a person."""

__version__ = "0.1.0"
