"""Where results are kept, and the pieces of a part that is too long for one run."""

from pathlib import Path

RESULTS = Path(__file__).parents[2] / "var" / "prove"


def pieces(name: str) -> Path:
    """The folder of a part's pieces. It is emptied when the part is measured anew; a part whose result says that it is
    ``unfinished`` is run again with what is there."""
    return RESULTS / "pieces" / name
