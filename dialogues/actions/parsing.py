"""What a caller meant by an answer: pure functions from normalised text to values.

Text is lower case or not, with or without punctuation, digits as figures or as words ("zed bee three"). Every
function returns ``None`` when the text doesn't hold what it looks for.
"""

import re
from collections.abc import Iterable
from difflib import SequenceMatcher

from .figures import DIGIT_WORDS, NUMBER_WORDS, characters, clean, digits, runs, tokens, with_figures

YES = re.compile(
    r"\b(yes|yeah|yeh|yep|yup|yea|aye|ay|correct|right|sure|ok|okay|please do|go on|go ahead|that's it|thats it|it is|"
    r"i do|i did|i am|they do|we do|we did|it was|it were|definitely|absolutely|of course|certainly|indeed|fine|spot on|true|"
    r"exactly|perfect|lovely|i think so|i believe so|i suppose|sounds good|that'll do|that's (?:the one|her|him|me|them)|uh huh|"
    r"mhm|mm hm|(?:i|we|they) (?:have|would)|(?:they|we) are|it (?:does|did|has)|(?:she|he) (?:is|does|has)|there (?:is|are)|"
    r"(?:it|they|she|he|we|i) (?!hardly|barely|only)\w+ly (?:was|were|is|are|did|do|does|has|have|am))\b"
)
"""What says yes. "I have" and the like are only half of one: see :data:`_HALF`."""

_HALF = re.compile(
    r"\b(?:(?:i|we|they) (?:have|would)|(?:they|we) are|it (?:does|did|has)|(?:she|he) (?:is|does|has)|there (?:is|are)) \w+ \w+"
)
"""The beginning of a sentence, and no answer: "i have started a new job"."""

NO = re.compile(
    r"\b(no|nope|nah|nay|naw|not|don't|dont|didn't|isn't|wasn't|weren't|aren't|haven't|hasn't|doesn't|ain't|wouldn't|wrong|"
    r"incorrect|never|none|nothing|neither|nowt|nobody|false)\b"
)
FILLERS = re.compile(r"\b(er+m*|um+|uh+|erm+|hmm+|well|so|like|you know|i mean|let me see|hang on|oh right|please)\b")


def yes_no(text: str) -> bool | None:
    """Yes or no, by voice in any of its forms or by key (1, 2); ``None`` when neither or both."""
    said = clean(text)
    if said in ("1", "one"):
        return True
    if said in ("2", "two"):
        return False
    first = FILLERS.sub(" ", said).split()
    if not first:
        return None
    said = _HALF.sub(" ", said)
    no_problem = re.sub(r"\bno (problem|worries|bother)\b|\bnot? a problem\b|\bwhy not\b", "yes", said)
    yes, no = bool(YES.search(no_problem)), bool(NO.search(no_problem))
    if yes and no:
        lead = FILLERS.sub(" ", no_problem).split()[0]
        if lead in ("no", "nope", "nah", "nay", "naw"):
            return False
        if re.search(r"\b(not|isn't|wasn't|don't|didn't) (\w+ )?(right|correct|sure|it|ok|okay|fine)\b", no_problem):
            return False
        return True if lead in ("yes", "yeah", "yep", "yup", "aye") else None
    if yes == no:
        return None
    return yes


_POSTCODE = re.compile(r"[a-z]{1,2}\d[a-z\d]?\d[a-z]{2}")


def postcode(text: str) -> str | None:
    """The postcode in the text as it is written ("ZB3 8LP"), however it was spelled."""
    joined = re.sub(r"[^a-z\d]", "", text.lower())
    spelled = "".join(t if len(t) == 1 or any(c.isdigit() for c in t) else "." for t in tokens(text))
    for candidate in (spelled, joined):
        found = _POSTCODE.search(candidate)
        # Prefer the imaginary area: "a zb1 2ab" must not be read as "a z…".
        local = re.search(r"zb\d\d[a-z]{2}", candidate)
        if local or found:
            match = local or found
            code = match.group(0) if match else ""
            return f"{code[:-3]} {code[-3:]}".upper()
    return None


_HOUSE = re.compile(r"\b(?:(?:flat|apartment|number|no|house) )?(\d{1,3}) ?([a-d])?\b")


_ONE = re.compile(
    r"\b(the|this|that|another|other|wrong|right|new|old|black|blue|brown|green|gr[ea]y|first|second|last|next)"
    r"( \w+)? one\b"
)
"""Where "one" is no number: "the blue one"."""


_EMPTY = frozenset(
    (
        *("it", "it's", "its", "is", "that", "that's", "this", "no", "yes", "but", "and", "the", "a", "an", "i", "i'm"),
        *("sorry", "actually", "wait", "number"),
    )
)
_DENIED = re.compile(
    r"\b(?:not|instead of|rather than) (?:the|my) .*?(?=\bit's\b|\bit is\b|\bbut\b|\b(?:the|my) |$)|"
    r"\b(?:not|isn't|instead of|rather than)\b.*?(?=\bit's\b|\bit is\b|\bbut\b|$)"
)


def affirmed(text: str) -> str:
    """A correction without what it denies: "number 11" of "number 11 not 12", "it's the blue" of "not black, it's the
    blue"; the whole where nothing would be left."""
    said = clean(text)
    left = _DENIED.sub(" ", said).split()
    return " ".join(left) if set(left) - _EMPTY else said


def house_number(text: str) -> str | None:
    """A house number with its letter: "nine A", "number 12", "flat 3b"; the last one said wins ("no, nine A")."""
    said = with_figures(_ONE.sub(" ", clean(text)))
    said = re.sub(r"\bflat ([a-d])\b(?: at)?(?: number)? (\d{1,3})\b", r"\2\1", said)
    found = [(n, a or "") for n, a in _HOUSE.findall(said)]
    if not found:
        return None
    number, letter = found[-1]
    return f"{int(number)}{letter.upper()}"


def phone(text: str) -> str | None:
    """A British phone number of 10 or 11 digits, as digits only."""
    for said in (*reversed(runs(text)), digits(text)):
        national = said
        if said.startswith("0044"):
            national = "0" + said[4:]
        elif said.startswith("44") and len(said) == 12:
            national = "0" + said[2:]
        elif said.startswith("7") and len(said) == 10:
            # a mobile number without the nought that everybody knows is there
            national = "0" + said
        if re.fullmatch(r"0\d{9,10}", national):
            return national
    return None


_NOT_NAMES = frozenset(
    (
        *(
            "what",
            "what's",
            "why",
            "when",
            "how",
            "where",
            "who",
            "can",
            "can't",
            "do",
            "does",
            "don't",
            "the",
            "a",
            "an",
        ),
        *(
            "want",
            "is",
            "isn't",
            "no",
            "not",
            "my",
            "your",
            "you",
            "i",
            "need",
            "yes",
            "yeah",
            "yep",
            "aye",
            "it",
            "it's",
        ),
        *(
            "that",
            "that's",
            "this",
            "he",
            "she",
            "we",
            "they",
            "he's",
            "she's",
            "hang",
            "hold",
            "wait",
            "moment",
            "minute",
        ),
        *(
            "second",
            "already",
            "told",
            "said",
            "same",
            "before",
            "about",
            "because",
            "know",
            "think",
            "was",
            "were",
            "have",
        ),
        *(
            "been",
            "to",
            "for",
            "if",
            "or",
            "but",
            "with",
            "ringing",
            "calling",
            "phoning",
            "just",
            "here",
            "at",
            "on",
            "in",
        ),
        *(
            "trying",
            "looking",
            "wondering",
            "having",
            "getting",
            "going",
            "very",
            "really",
            "so",
            "too",
            "there",
            "still",
        ),
    )
)
_NAME_LEAD = re.compile(
    r"^(?:(?:yes|yeah|ok|okay|hi|hello|sure|of course|oh|and|er+m*|um+|uh+|well|so|right|certainly) )*"
    r"(?:my (?:full |first |last )?name(?:'s| is)|the name(?:'s| is)|(?:his|her|their) name(?:'s| is)|name(?:'s| is)|it's|its|"
    r"it is|it'll be|this is|i'm|im|i am|that's|that'll be|you're speaking to|speaking to|call me|they call me|"
    r"he's called|she's called|i'm called|(?:my|our|me) (?:\w+ )?(?:brother|sister|mum|mam|mother|dad|father|son|daughter|"
    r"husband|wife|partner|friend|neighbour|carer|boyfriend|girlfriend|fianc\w+|cousin|aunt\w*|uncle|nan|gran\w*)"
    r"(?:'s called| is called| called| is)?)?\b ?"
)
_NAME_TAIL = re.compile(
    r" (?:and )?(?:born|date of birth|d o b|my \w+|account|spelt|spelled|that's|with (?:an?|one|two|double|no) \w+|"
    r"from|of|at (?:number )?\d|number|zb\w*|z b|here|speaking|calling|ringing|please|thanks|thank you|love|duck|mate|pet)\b.*$"
)
_NUMBERS = frozenset((*DIGIT_WORDS, *NUMBER_WORDS)) - {"to", "too", "for", "oh", "ate"}


_FIRST, _LAST = (
    r"(?:first|christian|given) name(?:'s| is)?",
    r"(?:surname|last name|second name|family name)(?:'s| is)?",
)
_NAME_PARTS = (
    re.compile(rf"\b{_FIRST} (?P<first>[a-z']+)(?: and)?(?: (?:my|the))? {_LAST} (?P<last>[a-z']+)\b"),
    re.compile(rf"\b{_LAST} (?P<last>[a-z']+)(?: and)?(?: (?:my|the))? {_FIRST} (?P<first>[a-z']+)\b"),
)
_UNDER = re.compile(
    r"^.*\b(?:in|under) (?:my|the|me|her|his|our) (?:[a-z']+ )?name (?:it's |that's |which is |of )?(.+)$"
)


def person_name(text: str) -> str | None:
    """A name, without what leads to it and what is told after it: one to five words, no digits."""
    said = " ".join(FILLERS.sub(" ", clean(text)).split())
    for parts in _NAME_PARTS:
        said = parts.sub(r"\g<first> \g<last>", said)
    said = _NAME_LEAD.sub("", _UNDER.sub(r"\1", said))
    words: list[str] = []
    for word in _NAME_TAIL.sub("", f"{said} ".rstrip()).split():
        if word in _NUMBERS or any(c.isdigit() for c in word):
            break
        words.append(word)
    while words and words[-1] == "and":
        words.pop()
    # "Khan, Susan Khan" and "Susan, Susan Khan"
    if len(words) > 2 and words[0] in (words[1], words[-1]):
        words = words[1:]
    if not 1 <= len(words) <= 5 or len(" ".join(words)) < 3 or _NOT_NAMES & set(words):
        return None
    return " ".join(word[:1].upper() + word[1:] for word in words)


_NAMED = re.compile(
    r"\b(?:my|the) name(?:'s| is) "
    r"(?!(?:not |all |still |just |also )?(?:wrong|incorrect|right|correct|spel\w+|misspel\w+)\b)(.+)"
)
_PRESENTED = re.compile(
    r"\b(?:this is|it's|its|i'm|i am|name's) ((?:(?:mr|mrs|miss|ms|dr) )?[a-z']+ [a-z']+)"
    r"(?= (?:here|speaking|calling|ringing|phoning)\b| (?:from|of|at) (?:number |flat )?\d|(?P<near> \d{1,3}[a-d]? (?:\w+ ){1,3}"
    r"(?:road|street|lane|close|avenue|drive|way|court|place|terrace|walk|gardens|crescent|hill|grove|square|row)\b)|(?P<end>$))"
)
_TITLED = re.compile(r"\b(?:this is|it's|its|i'm|i am) ((?:mr|mrs|miss|ms|dr) [a-z']+(?: [a-z']+)?)")
_NOBODY = re.compile(
    r"\b(?:private\w*|council|rented|housing|owned|home|flat|house|street|road|urgent|broken|all|\w+ly)\b"
)
"""Words of what "it's private rented" is about, which is nobody's name."""
_IDENTIFYING = 4
"""Beside a number of so many figures, who "it's brian chen" says that it is."""


def named(text: str) -> str | None:
    """The name that a sentence gives beside something else; "the name is wrong" gives none."""
    said = clean(text)
    if found := _NAMED.search(said):
        return person_name(" ".join(found.group(1).split()[:2]))
    if found := _TITLED.search(said):
        return person_name(found[1])
    found = _PRESENTED.search(with_figures(said))
    if found is None or ((found["near"] or found["end"] is not None) and _NOBODY.search(found[1])):
        return None
    whole = found["end"] is None or len(digits(said)) >= _IDENTIFYING
    return person_name(found[1]) if whole else None


def refusal(text: str) -> bool:
    """Whether the caller won't or can't say what was asked."""
    said = clean(text)
    return bool(
        re.search(
            r"\b(don't know|dont know|dunno|not sure|no idea|haven't got|have not got|don't have|do not have|can't see|"
            r"can't find|rather not|not saying|won't say|prefer not|not telling|don't want to|no number|couldn't tell|"
            r"can't remember|never noticed|no clue|not got|don't remember|can't read)\b",
            said,
        )
    ) or said in ("no", "none", "nope", "skip", "no thanks", "no thank you")


_NI_NUMBER = re.compile(r"(?:[A-CEGHJ-PR-TW-Z]{2}|QQ)\d{6}[A-D]")
"""QQ is on no card: examples and trials have it."""


def ni_number(text: str) -> str | None:
    """A National Insurance number: two letters, six digits, and A, B, C or D."""
    found = _NI_NUMBER.search(characters(text)) or _NI_NUMBER.search(re.sub(r"\W", "", text).upper())
    return found.group(0) if found else None


_MARKS = (
    r"[A-Z]{2}\d{2}[A-Z]{3}",  # since 2001
    r"[A-Z]\d{1,3}[A-Z]{3}",  # 1983 to 2001
    r"[A-Z]{3}\d{1,3}[A-Z]",  # 1963 to 1983
    r"[A-Z]{1,3}\d{2,4}",  # before, and Northern Ireland
)


def registration(text: str) -> str | None:
    """A vehicle's registration mark, without gaps: "AB12CDE"."""
    joined = re.sub(r"\W", "", text).upper()
    figured = re.sub(r"\W", "", with_figures(text)).upper()
    spelled = characters(with_figures(text))
    for said in (joined, spelled, figured):
        if found := re.search(_MARKS[0], said):
            return found.group(0)
    for mark in _MARKS[1:]:
        if found := re.fullmatch(mark, joined) or re.fullmatch(mark, spelled):
            return found.group(0)
    return None


def email(text: str) -> str | None:
    """An email address as it is said: "jane dot burns at example dot com"."""
    said = re.sub(r"\b(er+m*|um+|uh+|it's|its|my email( address)? is|all lower case|that's)\b", " ", text.lower())
    for word, sign in ((r"\bat\b", "@"), (r"\b(dot|full stop|point)\b", "."), (r"\b(dash|hyphen)\b", "-"),
                       (r"\bunderscore\b", "_")):  # fmt: skip
        said = re.sub(rf"\s*{word}\s*", sign, said)
    said = re.sub(r"[\s,;]+", "", said).strip(".")
    found = re.fullmatch(r"[a-z0-9._%+-]+@[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,}", said)
    return found.group(0) if found else None


def closest(text: str, names: Iterable[str], floor: float = 0.84) -> str | None:
    """The name that stands in the text, letter for letter or nearly; the longest of equals."""
    said = clean(text)
    best: tuple[float, int, str] | None = None
    words = said.split()
    for name in names:
        wanted = clean(name)
        if re.search(rf"\b{re.escape(wanted)}\b", said):
            score = 1.0
        else:
            size = len(wanted.split())
            spans = [" ".join(words[i : i + n]) for n in {size, max(1, size - 1), size + 1} for i in range(len(words))]
            score = max(
                (SequenceMatcher(None, span, wanted).ratio() for span in spans if abs(len(span) - len(wanted)) <= 3),
                default=0.0,
            )
        if score >= floor and (best is None or (score, len(wanted)) > best[:2]):
            best = (score, len(wanted), name)
    return best[2] if best else None


def option(text: str, options: int) -> int | None:
    """Which of a few offered choices is meant, from 0: "the first one", "second", "last", "2", "either"."""
    said = clean(text)
    if re.search(
        r"\b(either|any|whichever|don't mind|dont mind|not (fussed|bothered)|you (choose|pick|decide)|doesn't matter|all the same|"
        r"no preference|as soon as|earliest|soonest|quickest|first|1st|former)\b",
        said,
    ):
        return 0
    if options > 1 and re.search(r"\b(second|2nd)\b", said):
        return 1
    if options > 2 and re.search(r"\b(third|3rd)\b", said):
        return 2
    if re.search(r"\b(last|latter|latest)\b", said):
        return options - 1
    number = re.fullmatch(r"(?:option |number |choice )?(\d)(?: please)?", with_figures(text))
    return int(number.group(1)) - 1 if number and 1 <= int(number.group(1)) <= options else None
