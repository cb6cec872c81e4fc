"""Checks of a project before it is published: each finds one kind of mistake and says where, in plain words."""

from voicebot.flows.checks.run import check

__all__ = ["check"]
