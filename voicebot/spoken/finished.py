"""Does what was said so far sound like all that the caller wants to say?

Where a pause falls is told by the words before it: after "my address is" nobody has finished, after a whole postcode
everybody has. What lies between is judged by how sentences of the dialogue's own examples end.
"""

import re
from collections import Counter
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import Self

from voicebot.dialogue.acts import Profile
from voicebot.spoken.control import yes_no
from voicebot.spoken.find import complete, find_house_number, find_phone
from voicebot.spoken.lexicon import HOUSE_SLOTS, MONTHS, ORDINALS, REPEATS, TENS, listed
from voicebot.spoken.normalise import normalise, spelled_characters

CLOSED_FROM = 0.24
"""Share of sentences that end after the same words, from which on a sentence counts as finished."""

DOUBTFUL_BELOW = 0.21

_EXAMPLE = re.compile(r"^\s+- (?!intent:|synonym:|regex:|lookup:)(.+)$", re.MULTILINE)
_MARKED = re.compile(r"\[([^\]]*)\](?:\([^)]*\)|\{[^}]*\})")
_NOT_WORD = re.compile(r"[^a-z0-9' ]+")
_BEGINNING = "^"
_LONGEST = 3
_PRIOR = 0.25
_PRIOR_WEIGHT = 4.0

_OPEN_WORDS = frozenset(
    (
        *listed("a an the my your his our their its every each another mr mrs miss ms doctor saint"),
        *listed("of to in on at by for with from into about near behind under over between through onto off than"),
        *listed("and or but because cause so if when while although that which who whose where since until unless as"),
        *listed("is are was were be been being am has have having had do does did don't doesn't didn't isn't aren't"),
        *listed("wasn't weren't hasn't haven't hadn't can could will would shall should may might must can't couldn't"),
        *listed("won't wouldn't shouldn't i i'm i've i'd i'll we we're we've we'd we'll he he's she she's they"),
        *listed("they're they've it's that's there's here's what's where's who's how what very really quite just"),
        *listed("like getting wanted called number also um umm er erm uh uhm ehm"),
    )
)
"""After one of these a sentence hardly ever ends."""

_ENDS_ALL_THE_SAME = 0.45
"""Share of sentences from which one of them may have been the last word after all ("turn it off")."""

_ASKING = frozenset(listed("what what's which who who's where where's how when"))
_STRANDED = frozenset(listed("of to in on at by for with from about under over through off"))
"""A question may leave one of these behind: "which band is it in"."""

_MAY_END = frozenset(listed("please thanks"))
_OPEN_PAIRS = frozenset(
    (
        *(("post", "code"), ("the", "number"), ("my", "name"), ("the", "name"), ("my", "address"), ("first", "name")),
        *(("a", "new"), ("hold", "on"), ("hang", "on"), ("let", "me"), ("one", "moment"), ("a", "moment")),
        *(("one", "second"), ("a", "second"), ("just", "a"), ("let", "see"), ("me", "see"), ("me", "think")),
        *(("me", "look"), ("a", "minute"), ("you", "know"), ("i", "think"), ("i", "mean")),
    )
)
"""After two of these somebody looks for words, or for a bill."""

_WHOLE_ANSWERS = frozenset(
    (
        *("i am", "i do", "i did", "i have", "i can", "i would", "i will", "we are", "we do", "we have", "it is"),
        *(
            "it was",
            "it does",
            "they are",
            "they do",
            "he is",
            "she is",
            "he does",
            "she does",
            "there is",
            "there are",
        ),
        *("i'm not", "i don't", "i didn't", "i haven't", "i can't", "i won't", "i wouldn't", "it isn't", "it wasn't"),
        *(
            "it doesn't",
            "it hasn't",
            "we don't",
            "we haven't",
            "they don't",
            "they haven't",
            "there are",
            "what do i do",
        ),
    )
)
"""Answers, alone or after a yes or no, that would be open by their last word."""

_NOTHING_TO_SPELL = re.compile(
    r"(?:(?:no|er|um|oh|well|sorry|yes|yeah|just|use|it's|that's) )*"
    r"(?:(?:this|that|the same|same) (?:number|one|phone|mobile)|no (?:number|phone|mobile|email|idea)|the same|none|"
    r"(?:i )?(?:really )?(?:don't|do not) (?:know|remember|have (?:it|one|that|any))|"
    r"(?:i )?(?:haven't|have not) got (?:it|one|that|any)|"
    r"(?:i'm )?not sure|(?:i )?can't (?:remember|find it|see it|read it))"
    r"(?: sorry| love| please| thanks| thank you)*"
)
"""Whole answers to what would have been spelled: of these no figure follows."""

_LOOKING = frozenset(
    listed("er erm um uh right ok okay yes yeah no well so now then here sure of course ah oh hmm just")
)
"""Words of somebody who is about to spell something."""

_BARE_NUMBER = 4
"""Words that a house number may have, and be all of an answer."""

_SHORT_FIGURES = re.compile(r"\d{1,2}(?:st|nd|rd|th)?")
_NTH = rf"(?:\d{{1,2}}(?:st|nd|rd|th)?|(?:twenty |thirty )?(?:{'|'.join(ORDINALS)}))"
_DAY_IN_FIGURES = re.compile(
    rf"\b{_NTH}(?: of)?(?: the)? {_NTH} (?:(?:19|20)\d\d|3[2-9]|[4-9]\d|"
    r"(?:forty|fifty|sixty|seventy|eighty|ninety) (?:one|two|three|four|five|six|seven|eight|nine))$"
)
"""A day, a month and a year of two figures or four, none of which can follow: "4th of the 9th 88"."""

_YEAR = re.compile(
    rf"\b(?:{'|'.join(MONTHS)})\b.*\b(?:(?:19|20)\d\d|"
    rf"(?:nineteen|twenty) (?:(?:{'|'.join(TENS)}) (?:one|two|three|four|five|six|seven|eight|nine)|oh \w+|\w+teen))$"
)
"""A month, and a year after which none of its figures can follow: "nineteen fifty" may be the beginning of one."""


class Finish(StrEnum):
    """How finished something sounds."""

    COMPLETE = "complete"
    """A whole answer to what was asked."""
    SETTLED = "settled"
    """A whole sentence that the dialogue has an answer to."""
    CLOSED = "closed"
    """A whole sentence, to which another might be added."""
    UNKNOWN = "unknown"
    DOUBTFUL = "doubtful"
    """Sentences seldom end like this."""
    OPEN = "open"
    """The middle of a sentence, or of something spelled."""


class SentenceEnds:
    """How often a sentence ends after the same words, in the examples that a dialogue learned from."""

    def __init__(self, sentences: Iterable[str] = ()) -> None:
        self._ends: Counter[tuple[str, ...]] = Counter()
        self._goes_on: Counter[tuple[str, ...]] = Counter()
        self.known = 0
        for sentence in sentences:
            words = [_BEGINNING, *_words(sentence)]
            self.known += len(words) > 1
            for at in range(2, len(words) + 1):
                seen = self._ends if at == len(words) else self._goes_on
                for length in range(1, min(_LONGEST, at) + 1):
                    seen[tuple(words[at - length : at])] += 1

    @classmethod
    def load(cls, project: Path) -> Self:
        """From the examples of a dialogue project; knows nothing where there are none."""
        found: list[str] = []
        for path in sorted(project.glob("*/**/nlu.yml")):
            text = path.read_text(encoding="utf-8")
            found += (_MARKED.sub(r"\1", match[1]) for match in _EXAMPLE.finditer(text))
        return cls(found)

    def share(self, words: list[str]) -> float:
        """How likely it is that a sentence ends after ``words`` (0–1): by the last ones, fewer where more are new."""
        share, said = _PRIOR, [_BEGINNING, *words]
        for length in range(1, min(_LONGEST, len(said)) + 1):
            key = tuple(said[-length:])
            ends, on = self._ends[key], self._goes_on[key]
            share = (ends + _PRIOR_WEIGHT * share) / (ends + on + _PRIOR_WEIGHT)
        return share


def how_finished(
    text: str, *, slot: str = "", profile: Profile = Profile.NORMAL, figures: int = 0, ends: SentenceEnds
) -> Finish:
    """Judge words that were followed by a pause, as the answer to ``slot``, which has at most so many ``figures``."""
    words = _words(text)
    if not words:
        return Finish.UNKNOWN
    if slot in HOUSE_SLOTS and (number := _number(text, words, ends, street_too=slot == "address")):
        return number
    if profile is Profile.SPELLING:
        return _spelled(text, words, slot, figures, ends)
    if complete(normalise(text, slot=slot, profile=profile), slot):
        return Finish.COMPLETE
    if profile is Profile.YES_NO and yes_no(text) is not None:
        return Finish.COMPLETE if len(words) <= 3 and not _is_open(words, ends) else _sentence(words, ends)
    if "date" in slot or slot.endswith(("_day", "birth")):
        return _day(words, ends, birth="birth" in slot)
    return _sentence(words, ends)


def _words(text: str) -> list[str]:
    return _NOT_WORD.sub(" ", text.lower().replace("’", "'")).split()


def _is_open(words: list[str], ends: SentenceEnds) -> bool:
    answer = words[1:] if words[0] in ("yes", "no", "yeah", "well") and len(words) > 1 else words
    if " ".join(answer) in _WHOLE_ANSWERS:
        return False
    if len(words) > 1 and (words[-2], words[-1]) in _OPEN_PAIRS:
        return True
    if words[0] in _ASKING and words[-1] in _STRANDED:
        return False
    if len(words) > 1 and words[-1] == "not" and words[-2] in _OPEN_WORDS:
        return True
    return words[-1] in _OPEN_WORDS and ends.share(words) < _ENDS_ALL_THE_SAME


def _sentence(words: list[str], ends: SentenceEnds) -> Finish:
    if _is_open(words, ends):
        return Finish.OPEN
    if words[-1] in _MAY_END and len(words) > 1:
        return Finish.CLOSED
    if len(words) <= 2 and yes_no(" ".join(words)) is not None:
        return Finish.CLOSED
    if not ends.known:
        return Finish.UNKNOWN
    share = ends.share(words)
    if share >= CLOSED_FROM:
        return Finish.CLOSED
    return Finish.DOUBTFUL if len(words) > 1 and share < DOUBTFUL_BELOW else Finish.UNKNOWN


def _spelled(text: str, words: list[str], slot: str, figures: int, ends: SentenceEnds) -> Finish:
    """Letters and figures: until they make up what was asked for there are more to come."""
    written = normalise(text, slot=slot, profile=Profile.SPELLING)
    if complete(written, slot) and words[-1] not in REPEATS:
        return Finish.COMPLETE
    if ("phone" in slot or "mobile" in slot) and find_phone(written):
        return Finish.CLOSED
    if _NOTHING_TO_SPELL.fullmatch(" ".join(words)):
        return Finish.CLOSED
    spelled = spelled_characters(text)
    if figures and spelled.isdigit() and len(spelled) == figures and words[-1] not in REPEATS:
        return Finish.CLOSED
    if "birth" in slot:
        return _day(words, ends, birth=True)
    if (len(words) >= 3 and len(spelled) <= 1) or not (spelled or _LOOKING.issuperset(words)):
        return _sentence(words, ends)
    return Finish.OPEN


def _number(text: str, words: list[str], ends: SentenceEnds, *, street_too: bool) -> Finish | None:
    """A house number, which "twenty" is the beginning of as often as not."""
    if words[-1] in TENS or words[-1] in REPEATS or words[-1] in ("hundred", "flat", "number"):
        return Finish.OPEN
    if find_house_number(text) is None:
        return None
    if street_too:
        # the number comes before its street
        return Finish.OPEN if find_house_number(words[-1]) else None
    if len(words) <= _BARE_NUMBER and not _is_open(words, ends):
        return Finish.COMPLETE
    # "Nine A, it's the flat above": nothing more is spelled.
    return _sentence(words, ends)


def _day(words: list[str], ends: SentenceEnds, *, birth: bool) -> Finish:
    """A day: "the third" is followed by its month, and a date of birth's month by its year."""
    last = words[-1]
    if birth and (_YEAR.search(" ".join(words)) or _DAY_IN_FIGURES.search(" ".join(words))):
        return Finish.CLOSED
    if last in ORDINALS or _SHORT_FIGURES.fullmatch(last):
        return Finish.OPEN
    if birth and (last in MONTHS or last in ("nineteen", "twenty", "thousand") or last in TENS or last.isdigit()):
        return Finish.OPEN
    if not birth and last in MONTHS:
        return Finish.CLOSED
    return _sentence(words, ends)
