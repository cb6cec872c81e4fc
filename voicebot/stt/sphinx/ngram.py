"""From sentences to an n-gram model that the decoder reads."""

import io
from collections.abc import Mapping
from pathlib import Path

from pocketsphinx.lm import ArpaBoLM


def write_model(lines: Mapping[str, int], path: Path) -> None:
    """Write the trigrams of ``lines`` (a sentence and how often it counts) to ``path`` in ARPA's format.

    Half of the probability is kept for what was not seen: callers say things in their own way. Raises
    :class:`OSError`; :class:`ValueError` when there is nothing to count.
    """
    text = "\n".join(line for line, count in lines.items() for _ in range(count))
    if not text.strip():
        raise ValueError("a language model needs a sentence")
    model = ArpaBoLM(text=text, add_start=True)
    model.compute()
    written = io.StringIO()
    model.write(written)
    path.write_text(written.getvalue(), encoding="utf-8")
