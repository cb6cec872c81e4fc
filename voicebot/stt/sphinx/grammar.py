"""What may be said in each state of a call, as sentences with weights: the state is the question that was asked."""

from collections import Counter
from collections.abc import Iterable

from voicebot.stt.hotwords import WordLists
from voicebot.stt.sphinx.kinds import STRICT, Kind, kinds_of, sentences
from voicebot.stt.sphinx.sayings import Sayings, in_words
from voicebot.stt.transcript import Hints

_ANSWER = 12
_HOTWORD = 6
_KIND = 10
_OPEN_ANSWER = 2
_BRIEF, _LONG = 2, 12
_YES_NO = (
    *("yes", "no", "yes please", "no thank you", "no thanks", "yeah", "yep", "nope", "yes it is", "no it isn't"),
    *("yes i do", "no i don't", "yes that's right", "that's right", "that's correct", "correct", "that's wrong"),
    *("i think so", "i don't know", "i'm not sure", "not sure", "of course", "okay", "please do", "go on then"),
    *("no it's not", "no that's wrong", "yes it was", "no it wasn't", "yes there is", "no there isn't", "yes i am"),
    *("yes i have", "no i haven't", "yes we do", "hello", "pardon", "sorry", "one moment please", "goodbye"),
)
_NAMES = "names"
_PLACES = ("streets", "towns", "schools")
_OPEN_SLOTS = frozenset(("", "need", "anything_else", "what_to_change", "new_details"))

Weighted = Counter[str]


class Grammar:
    """The language of a dialogue project. ``words`` are the council's lists: streets, towns, names."""

    def __init__(self, sayings: Sayings, words: WordLists) -> None:
        self._sayings = sayings
        self._words = words
        self._places = [in_words(phrase) for name in _PLACES for phrase in words.phrases(name)]
        self._names = [in_words(phrase) for phrase in words.phrases(_NAMES)]
        # A hint of two letters at a postcode is the letters that local postcodes begin with.
        self._areas = [hint for hint in sayings.answers.get("postcode", ()) if len(hint) == 3 and hint[1] == " "]

    def is_open(self, hints: Hints) -> bool:
        """Whether the caller may say anything: nothing was asked, or for words of their own."""
        if hints.slot in _OPEN_SLOTS:
            return True
        return hints.profile == "patient" and not kinds_of(hints.slot)

    def everything(self) -> Weighted:
        """How needs are put, and a little of each answer: callers tell more than they were asked."""
        lines: Weighted = Counter(self._sayings.needs)
        lines.update(self._sayings.any_time)
        lines.update(dict.fromkeys(_YES_NO, _OPEN_ANSWER))
        for answers in self._sayings.answers.values():
            lines.update(dict.fromkeys(answers, _OPEN_ANSWER))
        for kind in (Kind.PLACE, Kind.DATE, Kind.POSTCODE, Kind.NAME, Kind.NUMBER):
            lines.update(self._of(kind)[::4])
        return lines

    def answers(self, hints: Hints) -> Weighted:
        """What answers the question that ``hints`` describe, and what may be said at any time."""
        kinds = kinds_of(hints.slot, hints.profile)
        # Whoever reads out figures says little else, and every word more is one more to mishear them as.
        longest = _BRIEF if kinds & STRICT else _LONG
        lines: Weighted = Counter(said for said in self._sayings.any_time if len(said.split()) <= longest)
        yes_no = _ANSWER if hints.profile == "yes_no" else 1
        lines.update(dict.fromkeys(_YES_NO, yes_no))
        lines.update(dict.fromkeys(self._sayings.answers.get(hints.slot, ()), _ANSWER))
        lines.update({word: _HOTWORD for word in map(in_words, self._words.expand(hints).hotwords) if word})
        for kind in kinds:
            lines.update(dict.fromkeys(self._of(kind), _KIND))
        return lines

    def _of(self, kind: Kind) -> list[str]:
        return sentences(kind, self._places, self._names, self._areas)


def vocabulary(lines: Iterable[str]) -> set[str]:
    """The words of ``lines``."""
    return {word for line in lines for word in line.split()}
