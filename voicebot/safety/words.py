"""A caller's words as the safety net sees them: lower case, contractions opened, positions kept."""

import re
from dataclasses import dataclass

_CONTRACTIONS = {
    "cant": "can not",
    "cannot": "can not",
    "can't": "can not",
    "won't": "will not",
    "wont": "will not",
    "shan't": "shall not",
    "ain't": "is not",
    "aint": "is not",
    "int": "is not",
    "isnt": "is not",
    "isn't": "is not",
    "innit": "",
    "dont": "do not",
    "doesnt": "does not",
    "didnt": "did not",
    "wasnt": "was not",
    "arent": "are not",
    "couldnt": "could not",
    "wouldnt": "would not",
    "hasnt": "has not",
    "havent": "have not",
    "aren't": "are not",
    "dunno": "do not know",
    "canna": "can not",
    "cannae": "can not",
    "dinnae": "do not",
    "didnae": "did not",
    "isnae": "is not",
    "wasnae": "was not",
    "willnae": "will not",
    "wanna": "want to",
    "gonna": "going to",
    "gonnae": "going to",
    "gotta": "got to",
    "im": "i am",
    "ive": "i have",
    "hes": "he is",
    "shes": "she is",
    "theyre": "they are",
    "theres": "there is",
    "ther's": "there is",
    "its": "it is",
    "weve": "we have",
    "whats": "what is",
    "theyve": "they have",
    "mi": "my",
    "meself": "myself",
    "hisself": "himself",
    "hissen": "himself",
    "missen": "myself",
    "summat": "something",
    "owt": "anything",
    "nowt": "nothing",
    "nae": "no",
    "oor": "our",
    "ma": "my",
    "yer": "your",
    "o'": "of",
    "wi'": "with",
    "mold": "mould",
    "moldy": "mouldy",
    "smellin": "smelling",
    "leakin": "leaking",
    "hittin": "hitting",
    "breathin": "breathing",
    "bleedin": "bleeding",
    "dyin": "dying",
    "fallin": "falling",
    "somethin": "something",
    "0": "zero",
}
_SUFFIXES = (
    ("n't", " not"),
    ("'s", " is"),
    ("'re", " are"),
    ("'ve", " have"),
    ("'ll", " will"),
    ("'m", " am"),
    ("'d", " had"),
)
_WORD = re.compile(r"[a-z0-9]+(?:'[a-z]+)*'?")
_words = str.split
LIGHT = frozenset(
    _words(
        "a an the is are am be been being was were has have had do does did um uh er erm ah hmm mm well just really so "
        "very quite actually basically please right okay ok like literally bloody flipping proper kind sort totally "
        "absolutely currently still even pretty"
    )
)
"""Words that a pattern skips: articles, auxiliaries, hesitations and emphasis."""


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one utterance. ``weight[i]`` counts the words before ``i`` that a gap is measured in."""

    tokens: tuple[str, ...]
    weight: tuple[int, ...]

    def between(self, end: int, start: int) -> int:
        """How many counted words lie between the position ``end`` (exclusive) and ``start``; negative if reversed."""
        return self.weight[start] - self.weight[end] if start >= end else -1


def split(text: str) -> Words:
    """Normalise an utterance (or a phrase of a pattern) into words."""
    plain = text.lower().replace("’", "'").replace("‘", "'").replace("-", " ").replace("9-9-9", "999")
    tokens: list[str] = []
    for found in _WORD.findall(plain):
        word = found if found in _CONTRACTIONS else found.rstrip("'") if not found.endswith("in'") else found
        opened = _CONTRACTIONS.get(word)
        if opened is None:
            if word.endswith("in'"):
                word = word[:-1] + "g"
            opened = word
            for suffix, full in _SUFFIXES:
                if word.endswith(suffix) and len(word) > len(suffix):
                    opened = word[: -len(suffix)] + full
                    break
        tokens.extend(opened.replace("'", "").split())
    weight = [0]
    for token in tokens:
        weight.append(weight[-1] + (token not in LIGHT))
    return Words(tuple(tokens), tuple(weight))
