"""How words sound, in the phones of the acoustic model: ARPABET without stress.

The dictionary that comes with the model knows American English and many names. Words that it lacks (streets, towns,
trade words) are read by espeak-ng's American rules, whose phonemes are the same sounds in other letters.
"""

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import pocketsphinx

from voicebot.tts.espeak import phonemes

_VOICE = "en-us"

_ARPABET = {
    **{sign: sign.upper() for sign in "bdfklmnpstvwz"},
    **{"ɡ": "G", "g": "G", "h": "HH", "j": "Y", "ɹ": "R", "r": "R", "ŋ": "NG", "θ": "TH", "ð": "DH"},
    **{"ʃ": "SH", "ʒ": "ZH", "tʃ": "CH", "dʒ": "JH", "ɾ": "T", "ʔ": "T", "x": "K", "ɬ": "L", "ɫ": "L", "n̩": "AH N"},
    **{"æ": "AE", "a": "AE", "ɑ": "AA", "ɒ": "AA", "ɔ": "AO", "o": "AO", "ʌ": "AH", "ə": "AH", "ɐ": "AH"},
    **{"ɚ": "ER", "ɜ": "ER", "ɜɹ": "ER", "ɛ": "EH", "e": "EH", "ɪ": "IH", "ᵻ": "IH", "i": "IY", "ʊ": "UH", "u": "UW"},
    **{"aɪ": "AY", "aʊ": "AW", "eɪ": "EY", "oʊ": "OW", "əʊ": "OW", "ɔɪ": "OY", "oɪ": "OY", "ɔɹ": "AO R"},
}
"""espeak-ng's signs for English sounds and the phones they stand for; marks of stress and length are left out."""

_SIGN = re.compile("|".join(sorted(map(re.escape, _ARPABET), key=len, reverse=True)))

_OWN = {
    "zed": ("Z EH D",),
    "haitch": ("HH EY CH",),
    "h": ("EY CH", "HH EY CH"),
    "z": ("Z EH D", "Z IY"),
    "a": ("AH", "EY"),
    "council's": ("K AW N S AH L Z",),
}
"""What the dictionary lacks or says otherwise: the British names of letters."""


def from_ipa(text: str) -> str:
    """Phones of what espeak-ng wrote, apart by spaces; signs that English lacks are passed over."""
    bare = re.sub(r"[ˈˌː_\s]", "", text)
    return " ".join(_ARPABET[sign] for sign in _SIGN.findall(bare))


@cache
def _dictionary() -> dict[str, tuple[str, ...]]:
    """The model's own dictionary; other ways to say a word stand there as ``word(2)``."""
    found: dict[str, tuple[str, ...]] = {}
    path = Path(pocketsphinx.get_model_path("en-us/cmudict-en-us.dict"))
    for line in path.read_text(encoding="utf-8").splitlines():
        word, _, phones = line.partition(" ")
        word = word.partition("(")[0]
        found[word] = (*found.get(word, ()), phones)
    return found


def pronounced(word: str) -> tuple[str, ...]:
    """The ways in which ``word`` (lower case) is said, the commonest first; none when nobody can say it.

    Raises :class:`~voicebot.errors.SpeechUnavailable` when espeak-ng is needed and can't be loaded.
    """
    known = _OWN.get(word) or _dictionary().get(word)
    if known:
        return known
    phones = from_ipa(phonemes(word, _VOICE))
    return (phones,) if phones else ()


def is_in_dictionary(word: str) -> bool:
    """Whether the pronunciation of ``word`` is a lexicographer's and not a rule's."""
    return word in _OWN or word in _dictionary()


def dictionary_lines(words: Iterable[str]) -> list[str]:
    """Lines of a dictionary for the decoder; words that nobody can say are left out."""
    lines = []
    for word in words:
        for number, phones in enumerate(pronounced(word), start=1):
            lines.append(f"{word} {phones}" if number == 1 else f"{word}({number}) {phones}")
    return lines


def dictionary_words() -> tuple[str, ...]:
    """Every word of the model's own dictionary, in its order."""
    return tuple(_dictionary())
