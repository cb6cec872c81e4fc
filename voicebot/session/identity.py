"""A call's name for machines; the one for people is :func:`voicebot.records.entries.new_reference`."""

import uuid


def new_call_id() -> str:
    """A call's id, unique everywhere."""
    return uuid.uuid4().hex
