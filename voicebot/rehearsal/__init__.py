"""Scripted calls: what a caller says, and where the call must end. Our end-to-end tests and our benchmark."""
