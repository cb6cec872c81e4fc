"""Byte-level BPE of the recogniser, in the shape that Whisper decoders expect.

Ids run: text tokens, ``<|endoftext|>`` (decoders drop every id from here on),
the other special tokens, and the timestamps last.  Merges for a space followed
by one letter, a hyphen or an apostrophe are forced: decoders suppress the first
token of " -" and of " '", which would otherwise be the bare space.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import pairwise

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

LEARNED_MERGES = 500
"""Merges learnt from text, after the forced ones: a word of a caller takes one or two tokens, and as many steps."""

SPECIALS: tuple[str, ...] = (
    "<|endoftext|>",
    "<|startoftranscript|>",
    "<|en|>",
    "<|translate|>",
    "<|transcribe|>",
    "<|startoflm|>",
    "<|startofprev|>",
    "<|nospeech|>",
    "<|notimestamps|>",
)
TIMESTAMPS = 1501
"""Timestamp tokens, one for each 20 ms from 0 to 30 s."""

CHARACTERS = " abcdefghijklmnopqrstuvwxyz'"
"""Characters of the auxiliary loss; its blank comes before them, with number 0."""

_SPACE = "Ġ"


def _forced() -> list[tuple[str, str]]:
    return [(_SPACE, char) for char in "-'abcdefghijklmnopqrstuvwxyz"]


def _learn(texts: Iterable[str], count: int) -> list[tuple[str, str]]:
    """Learn BPE merges of whole words on top of the forced ones."""
    frequency = Counter(word for text in texts for word in text.split())
    pieces = {word: [_SPACE + word[0], *word[1:]] for word in frequency}
    merges: list[tuple[str, str]] = []
    for _ in range(count):
        pairs: Counter[tuple[str, str]] = Counter()
        for word, parts in pieces.items():
            for pair in pairwise(parts):
                pairs[pair] += frequency[word]
        if not pairs:
            break
        best = max(pairs.items(), key=lambda item: (item[1], item[0]))[0]
        merges.append(best)
        for word, parts in pieces.items():
            merged: list[str] = []
            for part in parts:
                if merged and (merged[-1], part) == best:
                    merged[-1] += part
                else:
                    merged.append(part)
            pieces[word] = merged
    return merges


def build(texts: Iterable[str]) -> Tokenizer:
    """Return the tokenizer of a corpus of transcripts."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    merges = _forced() + _learn(texts, LEARNED_MERGES)
    vocabulary = {token: place for place, token in enumerate(alphabet)}
    kept = []
    for left, right in merges:
        if left + right not in vocabulary:
            vocabulary[left + right] = len(vocabulary)
            kept.append((left, right))
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=kept))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    names = [*SPECIALS, *(f"<|{step * 0.02:.2f}|>" for step in range(TIMESTAMPS))]
    tokenizer.add_special_tokens([AddedToken(name, special=True, normalized=False) for name in names])
    return tokenizer


def vocabulary(tokenizer: Tokenizer) -> list[str]:
    """Return every token, each at the place of its id."""
    return [str(tokenizer.id_to_token(place)) for place in range(tokenizer.get_vocab_size())]


def number(tokenizer: Tokenizer, token: str) -> int:
    """Return the id of a token; ``KeyError`` where the tokenizer has none."""
    found = tokenizer.token_to_id(token)
    if found is None:
        raise KeyError(token)
    return int(found)


def encode(tokenizer: Tokenizer, text: str) -> list[int]:
    """Return the ids of a transcript; each word starts with a space."""
    return list(tokenizer.encode(f" {text}", add_special_tokens=False).ids) if text else []


def characters(text: str) -> list[int]:
    """Return the character numbers (from 1) of a transcript for the auxiliary loss."""
    return [CHARACTERS.index(char) + 1 for char in text if char in CHARACTERS]
