"""Words of dialects read as those of the standard language, by ``shared/dialect.yml``.

The sentence encoder and the examples know little of "they havenae lifted oor bins", and would need every sentence again
in every dialect. The safety net imports this file too, outside Rasa's environment: it needs a YAML parser only.
"""

import re
from collections.abc import Mapping
from pathlib import Path

from ruamel.yaml import YAML

FILE = Path(__file__).parents[1] / "shared" / "dialect.yml"

_THE = re.compile(r"\bt'(?=[a-z])")
"""The article as it is said in Yorkshire: "down t'road"."""


class Dialect:
    """Reads lower-case text without punctuation, but for apostrophes, in the standard language."""

    def __init__(self, words: Mapping[str, str]) -> None:
        self._words = dict(words)
        # The longest first, so that "the morn" goes before "morn".
        known = "|".join(re.escape(said) for said in sorted(self._words, key=len, reverse=True))
        self._said = re.compile(rf"(?<![\w'])(?:{known})(?![\w'])") if known else None

    @classmethod
    def load(cls, path: Path = FILE) -> "Dialect":
        """The words of a file; none where there is no such file."""
        if not path.is_file():
            return cls({})
        return cls(YAML(typ="safe").load(path.read_text("utf-8"))["dialect"])

    def opened(self, text: str) -> str:
        """``text`` with the words of dialects replaced."""
        text = _THE.sub("the ", text)
        return self._said.sub(lambda found: self._words[found[0]], text) if self._said else text
