"""Names of calls: one for machines, one for people to say to each other."""

import secrets
import uuid

_CLEAR = "34679ACDEFHJKMNPRTUVWXY"
"""Letters and digits that sound and look different from each other."""


def new_call_id() -> str:
    """A call's id, unique everywhere."""
    return uuid.uuid4().hex


def new_reference() -> str:
    """A call's reference for people, such as ``NV-4F7K2``: 23^5 possible, none of them guessable."""
    return "NV-" + "".join(secrets.choice(_CLEAR) for _ in range(5))
