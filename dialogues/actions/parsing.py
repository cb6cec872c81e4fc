"""What a caller meant by an answer: pure functions from normalised text to values.

Text is lower case or not, with or without punctuation, digits as figures or as words ("zed bee three"). Every
function returns ``None`` when the text doesn't hold what it looks for.
"""

import re
from collections.abc import Iterable
from datetime import date, timedelta
from difflib import SequenceMatcher

DIGIT_WORDS = {
    "oh": "0", "zero": "0", "nought": "0", "nil": "0", "one": "1", "two": "2", "to": "2", "too": "2", "three": "3",
    "four": "4", "for": "4", "five": "5", "six": "6", "seven": "7", "eight": "8", "ate": "8", "nine": "9",
}  # fmt: skip
NUMBER_WORDS = {
    "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16,
    "seventeen": 17, "eighteen": 18, "nineteen": 19, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50,
    "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90,
}  # fmt: skip
LETTER_NAMES = {
    "ay": "a", "bee": "b", "be": "b", "see": "c", "sea": "c", "cee": "c", "dee": "d", "ee": "e", "eff": "f",
    "gee": "g", "aitch": "h", "haitch": "h", "eye": "i", "jay": "j", "kay": "k", "ell": "l", "el": "l", "em": "m",
    "en": "n", "pea": "p", "pee": "p", "cue": "q", "queue": "q", "are": "r", "ar": "r", "ess": "s", "es": "s",
    "tea": "t", "tee": "t", "you": "u", "vee": "v", "double you": "w", "ex": "x", "why": "y", "wye": "y",
    "zed": "z", "zee": "z", "said": "z", "alpha": "a", "bravo": "b", "charlie": "c", "delta": "d", "echo": "e",
    "foxtrot": "f", "golf": "g", "hotel": "h", "india": "i", "juliet": "j", "kilo": "k", "lima": "l", "mike": "m",
    "november": "n", "oscar": "o", "papa": "p", "quebec": "q", "romeo": "r", "sierra": "s", "tango": "t",
    "uniform": "u", "victor": "v", "whiskey": "w", "yankee": "y", "zulu": "z",
}  # fmt: skip
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
)  # fmt: skip
ORDINALS = {
    "first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8, "ninth": 9,
    "tenth": 10, "eleventh": 11, "twelfth": 12, "thirteenth": 13, "fourteenth": 14, "fifteenth": 15, "sixteenth": 16,
    "seventeenth": 17, "eighteenth": 18, "nineteenth": 19, "twentieth": 20, "thirtieth": 30,
}  # fmt: skip

YES = re.compile(
    r"\b(yes|yeah|yep|yup|yea|aye|ay|correct|right|sure|ok|okay|please do|go on|that's it|thats it|it is|i do|i did|"
    r"i am|they do|we do|we did|it was|definitely|absolutely|of course|certainly|indeed|fine|spot on|true|exactly)\b"
)
NO = re.compile(
    r"\b(no|nope|nah|nay|naw|not|don't|dont|didn't|isn't|wasn't|wrong|incorrect|never|none|nothing|neither|false)\b"
)
FILLERS = re.compile(r"\b(er+m*|um+|uh+|erm+|hmm+|well|so|like|you know|i mean|let me see|hang on|oh right|please)\b")


def clean(text: str) -> str:
    """Lower case, no punctuation but apostrophes, single spaces."""
    return " ".join(re.sub(r"[^\w' ]+", " ", text.lower().replace("’", "'")).split())


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


def _tokens(text: str) -> list[str]:
    """Words with figures, letters and "double" undone: "zed b double oh" becomes ["z", "b", "0", "0"]."""
    out: list[str] = []
    repeat = 1
    for word in clean(text).replace("double you", "w").replace("double u", "w").split():
        if word in ("double", "treble", "triple"):
            repeat = 2 if word == "double" else 3
            continue
        out.extend([DIGIT_WORDS.get(word) or LETTER_NAMES.get(word) or word] * repeat)
        repeat = 1
    return out


def digits(text: str) -> str:
    """All digits of the text in order, words for them included; tens are added up ("twenty one" is 21)."""
    out = ""
    tens = 0
    for word in _tokens(text):
        value = NUMBER_WORDS.get(word)
        if word == "hundred" and out:
            out += "00"
            continue
        if tens and len(word) == 1 and word.isdigit():
            out += str(tens + int(word))
            tens = 0
            continue
        if tens:
            out += str(tens)
            tens = 0
        if value is None:
            out += "".join(c for c in word if c.isdigit())
        elif value >= 20:
            tens = value
        else:
            out += str(value)
    return out + (str(tens) if tens else "")


_POSTCODE = re.compile(r"[a-z]{1,2}\d[a-z\d]?\d[a-z]{2}")


def postcode(text: str) -> str | None:
    """The postcode in the text as it is written ("ZB3 8LP"), however it was spelled."""
    joined = re.sub(r"[^a-z\d]", "", text.lower())
    spelled = "".join(t if len(t) == 1 or any(c.isdigit() for c in t) else "." for t in _tokens(text))
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
_DENIED = re.compile(r"\b(?:not|isn't|instead of|rather than)\b.*?(?=\bit's\b|\bit is\b|\bbut\b|$)")


def affirmed(text: str) -> str:
    """A correction without what it denies: "number 11" of "number 11 not 12", "it's the blue" of "not black, it's the
    blue"; the whole where nothing would be left."""
    said = clean(text)
    left = _DENIED.sub(" ", said).split()
    return " ".join(left) if set(left) - _EMPTY else said


def house_number(text: str) -> str | None:
    """A house number with its letter: "nine A", "number 12", "flat 3b"; the last one said wins ("no, nine A")."""
    said = _with_figures(_ONE.sub(" ", clean(text)))
    said = re.sub(r"\bflat ([a-d])\b(?: at)?(?: number)? (\d{1,3})\b", r"\2\1", said)
    found = [(n, a or "") for n, a in _HOUSE.findall(said)]
    if not found:
        return None
    number, letter = found[-1]
    return f"{int(number)}{letter.upper()}"


def _with_figures(text: str) -> str:
    """Text with number words as figures, for finding house numbers, ages and counts."""
    words = clean(text).split()
    out: list[str] = []
    index = 0
    while index < len(words):
        word = words[index]
        following = words[index + 1] if index + 1 < len(words) else ""
        if word in NUMBER_WORDS and NUMBER_WORDS[word] >= 20 and following in DIGIT_WORDS and following != "to":
            out.append(str(NUMBER_WORDS[word] + int(DIGIT_WORDS[following])))
            index += 1
        elif word in NUMBER_WORDS:
            out.append(str(NUMBER_WORDS[word]))
        elif following == "hundred" and (word == "a" or word in DIGIT_WORDS):
            rest = words[index + 2 :]
            rest = rest[1:] if rest[:1] == ["and"] else rest
            tail = _with_figures(" ".join(rest)).split()
            small = int(tail[0]) if tail and tail[0].isdigit() and int(tail[0]) < 100 else None
            hundreds = 100 * int(DIGIT_WORDS.get(word, "1")) + (small or 0)
            return " ".join([*out, str(hundreds), *(tail[1:] if small is not None else tail)])
        elif word in DIGIT_WORDS and (word not in ("to", "too", "for", "oh", "ate") or len(words) == 1):
            out.append(DIGIT_WORDS[word])
        elif word in ("ay", "bee", "be", "see", "dee") and out and out[-1].isdigit():
            out.append(LETTER_NAMES[word])
        else:
            out.append(word)
        index += 1
    return " ".join(out)


def count(text: str) -> int | None:
    """The first whole number in the text."""
    found = re.search(r"\b(\d{1,4})\b", _with_figures(text))
    return int(found.group(1)) if found else None


def phone(text: str) -> str | None:
    """A British phone number of 10 or 11 digits, as digits only."""
    said = digits(text)
    if said.startswith("0044"):
        said = "0" + said[4:]
    elif said.startswith("44") and len(said) == 12:
        said = "0" + said[2:]
    return said if re.fullmatch(r"0\d{9,10}", said) else None


_NOT_NAMES = {
    "what", "what's", "why", "when", "how", "where", "who", "can", "can't", "do",
    "does", "don't", "the", "a", "an", "want", "is", "isn't", "no", "not",
    "my", "your", "you", "i", "need",
}  # fmt: skip
_NAME_LEAD = re.compile(
    r"^(?:(?:yes|yeah|ok|okay|hi|hello|sure|of course|oh|and|er+m*|um+|uh+|well|so) )*"
    r"(?:my (?:full |first |last )?name(?:'s| is)|the name(?:'s| is)|name(?:'s| is)|it's|its|it is|this is|i'm|im|i am|"
    r"that's|you're speaking to|speaking to|call me|they call me)? ?"
)


def person_name(text: str) -> str | None:
    """A name, without what leads to it: one to five words, no digits."""
    said = _NAME_LEAD.sub("", FILLERS.sub(" ", clean(text)).strip())
    said = re.sub(r"\b(here|speaking|please|thanks|thank you|love|duck|mate)$", "", " ".join(said.split())).strip()
    words = said.split()
    if not 1 <= len(words) <= 5 or any(c.isdigit() for c in said) or len(said) < 3:
        return None
    if _NOT_NAMES & set(words):
        return None
    return " ".join(word[:1].upper() + word[1:] for word in words)


_NAMED = re.compile(
    r"\b(?:my|the) name(?:'s| is) "
    r"(?!(?:not |all |still |just |also )?(?:wrong|incorrect|right|correct|spel\w+|misspel\w+)\b)(.+)"
)


def named(text: str) -> str | None:
    """The name that a sentence gives beside something else; "the name is wrong" gives none."""
    found = _NAMED.search(clean(text))
    return person_name(" ".join(found.group(1).split()[:2])) if found else None


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


def day(text: str, today: date) -> date | None:
    """A date: "today", "last tuesday", "the third of june", "third of the sixth", "in two weeks"."""
    said = _with_figures(text)
    for word, offset in (("day before yesterday", -2), ("yesterday", -1), ("today", 0), ("this morning", 0),
                         ("day after tomorrow", 2), ("tomorrow", 1), ("the morrow", 1)):  # fmt: skip
        if word in said:
            return today + timedelta(days=offset)
    found = _calendar_day(said, today)
    if found:
        return found
    span = re.search(r"\b(\d+) (day|week|month)s?( ago)?\b", said)
    if span or "next week" in said or "last week" in said:
        if not span:
            return today + timedelta(days=7 if "next week" in said else -7)
        days = int(span.group(1)) * {"day": 1, "week": 7, "month": 30}[span.group(2)]
        return today + timedelta(days=-days if span.group(3) else days)
    for index, name in enumerate(WEEKDAYS):
        if re.search(rf"\b{name}\b", said):
            ahead = (index - today.weekday()) % 7
            if re.search(rf"\b(last|this past|since|on) {name}\b", said) and "next" not in said:
                return today - timedelta(days=(today.weekday() - index) % 7 or (7 if "last" in said else 0))
            return today + timedelta(days=ahead or 7)
    return None


def _calendar_day(said: str, today: date) -> date | None:
    number = "|".join(sorted(ORDINALS, key=len, reverse=True))
    said = re.sub(rf"\b(?:20|30) ({number})\b", lambda m: str(int(m.group(0)[:2]) + ORDINALS[m.group(1)]), said)
    said = re.sub(rf"\b({number})\b", lambda m: str(ORDINALS[m.group(1)]), said)
    said = re.sub(r"\b(\d+)(?:st|nd|rd|th)\b", r"\1", said)
    month = next((m for m in MONTHS if re.search(rf"\b{m[:3] if m != 'may' else 'may'}\w*\b", said)), None)
    if month:
        found = re.search(rf"(\d+) (?:of )?{month[:3]}", said) or re.search(rf"{month[:3]}\w* (?:the )?(\d+)", said)
        month_number = MONTHS.index(month) + 1
    else:
        found = re.search(r"\b(\d{1,2}) (?:of )?(?:the )?(\d{1,2})\b", said)
        month_number = int(found.group(2)) if found else 0
        if not found and (only := re.search(r"\bthe (\d{1,2})\b", said)):
            found, month_number = only, today.month if int(only.group(1)) >= today.day else today.month % 12 + 1
    if not found or not 1 <= month_number <= 12:
        return None
    year = today.year
    if stated := re.search(r"\b(20\d\d)\b", said):
        year = int(stated.group(1))
    try:
        result = date(year, month_number, int(found.group(1)))
    except ValueError:
        return None
    # A date half a year back is meant for next year: councils are told of moves that come or have just been.
    return result.replace(year=year + 1) if not stated and (today - result).days > 182 else result


def birthday(text: str, today: date) -> date | None:
    """A date of birth: "the third of june nineteen fifty two", "3 6 52", "03061952" as it is keyed."""
    said = _years(_with_figures(text))
    said = re.sub(rf"\b({'|'.join(sorted(ORDINALS, key=len, reverse=True))})\b", lambda m: str(ORDINALS[m[1]]), said)
    said = re.sub(r"\b(20|30) (\d)\b(?! \d{2}\b)", lambda m: str(int(m[1]) + int(m[2])), said)
    said = re.sub(r"\b(\d+)(?:st|nd|rd|th)\b", r"\1", said)
    if keyed := re.fullmatch(r"\D*(\d{2}) ?(\d{2}) ?(\d{4})\D*", said):
        return _born(int(keyed[1]), int(keyed[2]), int(keyed[3]), today)
    for number, name in enumerate(MONTHS, 1):
        month = rf"{name[:3]}\w*" if name != "may" else "may"
        found = re.search(rf"\b(\d{{1,2}})(?: of)? {month},? (\d{{4}}|\d{{2}})\b", said)
        if found:
            return _born(int(found[1]), number, int(found[2]), today)
        found = re.search(rf"\b{month}(?: the)? (\d{{1,2}}) (\d{{4}}|\d{{2}})\b", said)
        if found:
            return _born(int(found[1]), number, int(found[2]), today)
    found = re.search(r"\b(\d{1,2}) (?:of )?(?:the )?(\d{1,2}) (?:of )?(\d{4}|\d{2})\b", said)
    return _born(int(found[1]), int(found[2]), int(found[3]), today) if found else None


def _years(said: str) -> str:
    """Years that are said in two halves: "19 52" is 1952, "2000 and 4" is 2004."""
    said = re.sub(r"\b(19|20) (\d{2})\b", r"\1\2", said)
    said = re.sub(r"\b19 (?:0|oh|o) ?(\d)\b", r"190\1", said)
    return re.sub(r"\b(?:2 thousand|2000)(?: and)?(?: (\d{1,2}))?\b", lambda m: str(2000 + int(m[1] or 0)), said)


def _born(day_of_month: int, month: int, year: int, today: date) -> date | None:
    if year < 100:
        year += 2000 if 2000 + year <= today.year else 1900
    try:
        born = date(year, month, day_of_month)
    except ValueError:
        return None
    return born if today.year - 120 <= born.year and born <= today else None


def characters(text: str) -> str:
    """Everything spelled in the text, in capitals and without gaps: "alpha b one two" is "AB12"."""
    return "".join(token for token in _tokens(text) if len(token) == 1 or any(c.isdigit() for c in token)).upper()


def ni_number(text: str) -> str | None:
    """A National Insurance number: two letters, six digits, and A, B, C or D."""
    found = re.search(r"[A-CEGHJ-PR-TW-Z]{2}\d{6}[A-D]", characters(text)) or re.search(
        r"[A-CEGHJ-PR-TW-Z]{2}\d{6}[A-D]", re.sub(r"\W", "", text).upper()
    )
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
    figured = re.sub(r"\W", "", _with_figures(text)).upper()
    spelled = characters(_with_figures(text))
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


def spoken_date(value: date) -> str:
    """A date with its year, as it is said: "3 June 1952"."""
    return f"{value.day} {MONTHS[value.month - 1].capitalize()} {value.year}"


def spoken_day(value: date) -> str:
    """A date as it is said: "Tuesday 24 November"."""
    return f"{WEEKDAYS[value.weekday()].capitalize()} {value.day} {MONTHS[value.month - 1].capitalize()}"


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
    if re.search(r"\b(either|any|whichever|don't mind|dont mind|earliest|soonest|first|1st|former)\b", said):
        return 0
    if options > 1 and re.search(r"\b(second|2nd)\b", said):
        return 1
    if options > 2 and re.search(r"\b(third|3rd)\b", said):
        return 2
    if re.search(r"\b(last|latter|latest)\b", said):
        return options - 1
    number = re.fullmatch(r"(?:option |number |choice )?(\d)(?: please)?", _with_figures(text))
    return int(number.group(1)) - 1 if number and 1 <= int(number.group(1)) <= options else None
