"""Money and times of day that callers name: "thirty four pounds fifty", "half past nine", "quarter to two"."""

import re

from voicebot.spoken.lexicon import listed
from voicebot.spoken.normalise import normalise

_MONEY = re.compile(
    r"£ ?(?P<sign>\d[\d,]*)(?:\.(?P<sign_pence>\d\d))?"
    r"|(?P<pounds>\d[\d,]*)(?:\.(?P<point>\d\d))? ?(?:pounds?|quid)"
    r"(?:,? (?:and )?(?P<pence>\d{1,2})(?: ?p(?:ence)?)?\b(?! ?(?:pound|quid)))?"
    r"|(?P<only>\d{1,3}) ?(?:pence|p)\b"
)
_THOUSAND = re.compile(r"\b(\d+)(?: grand| ?k)\b")
_SMALL_WORDS = listed("zero one two three four five six seven eight nine ten eleven twelve")
_SMALL = {word: str(n) for n, word in enumerate(_SMALL_WORDS)}
_SLANG = (("a fiver", "5 pounds"), ("a tenner", "10 pounds"), ("a hundred", "one hundred"))
_HOURS = rf"(?P<hour>{'|'.join([*(str(n) for n in range(12, 0, -1)), *list(_SMALL)[1:]])})"
_PART = re.compile(
    rf"\b(?P<part>half|quarter|[1-5]?\d|twenty five|twenty|{'|'.join(_SMALL)})(?: minutes?)?"
    rf" (?P<way>past|to|after) {_HOURS}\b"
)
_CLOCK = re.compile(r"\b(?P<hour>[01]?\d|2[0-3])[:.](?P<minute>[0-5]\d)(?: ?(?P<half>a\.?m|p\.?m))?")
_OCLOCK = re.compile(rf"\b{_HOURS}(?: o ?'?clock| ?(?P<half>am|pm|a m|p m)\b)")
_HALF_HOUR = re.compile(rf"\bhalf {_HOURS}\b")
_TWENTIES = {"twenty": "20", "twenty five": "25"}
_LATE = re.compile(r"\b(?:afternoon|evening|tonight|night|p ?m)\b")
_WORKING_DAY_FROM = 7


def find_money(text: str) -> str | None:
    """A sum in pounds with two decimals ("34.50"); None when there is none. The last one wins."""
    said = f" {text.lower()} "
    for slang, meant in _SLANG:
        said = said.replace(f" {slang} ", f" {meant} ")
    said = " ".join(
        _SMALL.get(word, word) if _is_amount(said, word) else word for word in normalise(said).lower().split()
    )
    said = _THOUSAND.sub(lambda found: f"{int(found[1]) * 1000} pounds", said)
    sums = []
    for found in _MONEY.finditer(said):
        whole = (found["sign"] or found["pounds"] or "0").replace(",", "")
        pence = found["sign_pence"] or found["point"] or found["pence"] or found["only"] or "0"
        sums.append(f"{int(whole)}.{int(pence):02d}" if int(pence) < 100 else f"{int(pence) / 100:.2f}")
    return sums[-1] if sums else None


def _is_amount(said: str, word: str) -> bool:
    """Whether a small number's word stands before or after pounds or pence, not in "one of the pounds"."""
    around = rf"\b{word} (?:pounds?|quid|pence|p|grand)\b|\b(?:pounds?|quid)(?: and)? {word}\b"
    return word in _SMALL and re.search(around, said) is not None


def find_time(text: str) -> str | None:
    """A time of day as "09:30"; None when there is none.

    Hours without morning or afternoon are those of a working day: seven to twelve in the morning, one to six after.
    """
    said = text.lower().replace("-", " ")
    late = _LATE.search(said) is not None
    early = re.search(r"\b(?:morning|a ?m)\b", said) is not None
    if re.search(r"\b(?:noon|midday|mid day)\b", said) and "after" not in said:
        return "12:00"
    if "midnight" in said:
        return "00:00"
    if found := _PART.search(said):
        hour, part = _hour(found["hour"]), found["part"]
        minute = {"half": 30, "quarter": 15}.get(part) or int(_SMALL.get(part, _TWENTIES.get(part, part)))
        if found["way"] == "to":
            hour, minute = hour - 1, 60 - minute
        return _written(hour, minute, late=late, early=early) if 0 <= minute < 60 else None
    if found := _CLOCK.search(said):
        half = (found["half"] or "").replace(".", "")
        hour = int(found["hour"])
        if not half and (hour > 12 or found["hour"].startswith("0")):
            return f"{hour:02d}:{found['minute']}"
        return _written(hour, int(found["minute"]), late=late or half == "pm", early=early or half == "am")
    if found := _OCLOCK.search(said):
        half = (found["half"] or "").replace(" ", "")
        return _written(_hour(found["hour"]), 0, late=late or half == "pm", early=early or half == "am")
    if found := _HALF_HOUR.search(said):
        return _written(_hour(found["hour"]), 30, late=late, early=early)
    figures = normalise(said).split()
    for word in figures:
        # "Nine thirty" was put together as one number.
        if (together := re.fullmatch(r"([1-9]|1[0-2])(10|15|20|30|40|45|50)", word)) is not None:
            return _written(int(together[1]), int(together[2]), late=late, early=early)
    return None


def _hour(word: str) -> int:
    return int(_SMALL.get(word, word))


def _written(hour: int, minute: int, *, late: bool, early: bool) -> str:
    if late and hour < 12:
        hour += 12
    elif early and hour == 12:
        hour = 0
    elif not early and not late and 0 < hour < _WORKING_DAY_FROM:
        hour += 12
    return f"{hour % 24:02d}:{minute:02d}"
