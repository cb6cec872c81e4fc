"""From what people call a thing to its technical name."""

import re
import unicodedata

_LONGEST = 60


def name_of(title: str) -> str:
    """``title`` in small letters, digits and _, such as ``allotment_waiting_list``; empty when nothing is left."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    words = re.findall(r"[a-z0-9]+", plain)
    name = "_".join(words)[:_LONGEST].strip("_")
    return name if re.match(r"[a-z]", name) else f"n_{name}" if name else ""
