"""What we write, spelled so that a voice says it as a person would: postcodes, numbers, dates, times, money."""

import re
from collections.abc import Callable
from datetime import date
from itertools import groupby

from voicebot.spoken.lexicon import MONTHS, WEEKDAYS, listed

_Replace = Callable[[re.Match[str]], str]

_MONTH_NAMES = "|".join(month.title() for month in MONTHS)
_DAY_NAMES = "|".join(day.title() for day in WEEKDAYS)
_ABBREVIATIONS = frozenset(listed("mr mrs ms dr st no rd ave ln e.g i.e etc approx dept tel ext"))
_SAID_AS_LETTERS = frozenset(("PCN", "FOI", "SAR", "SMS", "GP", "NHS", "UK", "NVC", "HMO", "UPRN", "CO", "EU"))


def letter(character: str) -> str:
    """A letter or figure alone, so that it isn't read as a word: 0 is "oh", A is "eigh".

    espeak's rules say that spelling of A as the letter; "ay" they rhyme with "eye".
    """
    return {"A": "eigh", "0": "oh"}.get(character.upper(), character.upper())


def spell(characters: str) -> str:
    """Letters and figures one by one: "Z B 3". Spaces and hyphens become the pause of a comma.

    So does the place between a figure and a T, since "9 T" is heard as "ninety".
    """
    groups = re.split(r"[\s-]+|(?<=[46-9])(?=[Tt])", characters.strip())
    return ", ".join(" ".join(letter(character) for character in group) for group in groups if group)


def read_out(figures: str) -> str:
    """Figures one by one, two of a kind side by side as "double 7", the way people read numbers out.

    A pair is easily heard as one figure, more so on a poor line; three of a kind are counted by their rhythm.
    """
    return ", ".join(_pairs(group.split()) for group in spell(figures).split(", "))


def _pairs(figures: list[str]) -> str:
    said: list[str] = []
    for figure, run in groupby(figures):
        count = len(list(run))
        said += [f"double {figure}"] * (count // 2) if count % 2 == 0 else [figure] * count
    return " ".join(said)


def _digit_groups(figures: str) -> str:
    """Figures in the groups that people use: 5-3-3 for a UK landline or mobile, else threes, then fours."""
    if len(figures) == 11 and figures.startswith("0"):
        sizes = [4, 3, 4] if figures.startswith(("02", "08", "03")) else [5, 3, 3]
        if figures.startswith("02"):
            sizes = [3, 4, 4]
    else:
        threes, rest = divmod(len(figures), 3)
        # No lone figure or pair at the end, which is easily missed: 3-4 and 4-4, not 3-3-1 and 3-3-2.
        fours = rest if threes >= rest else 0
        sizes = [3] * (threes - fours) + [4] * fours + ([rest] if rest and not fours else [])
    at, groups = 0, []
    for size in sizes:
        groups.append(figures[at : at + size])
        at += size
    return read_out(" ".join(groups))


def _phone(match: re.Match[str]) -> str:
    plus, written = match[1] or "", match[2].strip()
    figures = re.sub(r"\D", "", written)
    if plus and figures.startswith("44"):
        figures, plus = "0" + figures[2:], ""
    said = read_out(written) if " " in written and not match[1] else _digit_groups(figures)
    return f"plus {said}" if plus else said


def _ordinal(day: int) -> str:
    suffix = "th" if 10 < day % 100 < 14 else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")
    return f"{day}{suffix}"


def _year(year: str) -> str:
    """2026 in two halves, 2005 as a number, as the British say them."""
    head, tail = year[:2], year[2:]
    if year.startswith("200"):
        return year
    return f"{head} hundred" if tail == "00" else f"{head} oh {tail[1]}" if tail[0] == "0" else f"{head} {tail}"


def _date(match: re.Match[str]) -> str:
    weekday, day, month, year = match["weekday"], int(match["day"]), match["month"], match["year"]
    said = f"the {_ordinal(day)} of {month}" + (f" {_year(year)}" if year else "")
    return f"{weekday} {said}" if weekday else said


def _numeric_date(year: int, month: int, day: int, written: str) -> str:
    try:
        named = date(year, month, day)
    except ValueError:
        return written
    return f"the {_ordinal(named.day)} of {MONTHS[named.month - 1].title()} {_year(str(year))}"


def _clock(match: re.Match[str]) -> str:
    hour, minute = int(match["hour"]), int(match["minute"] or 0)
    half = (match["half"] or "").lower().replace(".", "")
    if not half:
        if hour > 23 or minute > 59:
            return match[0]
        half = "am" if hour < 12 else "pm"
        if (hour, minute) in ((12, 0), (0, 0)):
            return "midday" if hour else "midnight"
    elif not 1 <= hour <= 12 or minute > 59:
        return match[0]
    shown = hour % 12 or 12
    minutes = "" if not minute else f" oh {minute}" if minute < 10 else f" {minute}"
    return f"{shown}{minutes} {_part_of_day(hour % 12 + (12 if half == 'pm' else 0))}"


def _part_of_day(hour: int) -> str:
    """Letters say less clearly than words whether it is morning: "A M" and "P M" differ in one sound."""
    return "in the morning" if hour < 12 else "in the afternoon" if hour < 18 else "in the evening"


def _hundreds(number: int) -> str:
    """A number whose "and" is spoken: 231 as "2 hundred-and 31".

    espeak's rules swallow it: "two hundred'n thirty-one" is easily misheard on a telephone.
    """
    thousands, rest = divmod(number, 1000)
    hundreds, small = divmod(rest, 100)
    said = [f"{thousands} thousand"] if thousands else []
    if hundreds:
        said.append(f"{hundreds} hundred-and {small}" if small else f"{hundreds} hundred")
    elif small or not said:
        said.append(f"and {small}" if said else str(small))
    return " ".join(said)


def _money(match: re.Match[str]) -> str:
    pounds, pence = int(match[1].replace(",", "")), int(match[2] or 0)
    parts = []
    if pounds or not pence:
        parts.append(f"{_hundreds(pounds)} pound{'' if pounds == 1 else 's'}")
    if pence:
        parts.append(f"{pence}" if parts else f"{pence} {'penny' if pence == 1 else 'pence'}")
    return " ".join(parts)


def _address(match: re.Match[str]) -> str:
    """An email or web address: dots and signs by name, short parts by letters."""
    said = []
    for part in re.findall(r"[A-Za-z]+|\d|[.@/_-]", match[0].removeprefix("https://").removeprefix("http://")):
        name = {".": "dot", "@": "at", "/": "slash", "-": "dash", "_": "underscore"}.get(part)
        letters = part.lower() in ("uk", "nhs", "www") or (
            part.isalpha() and len(part) <= 3 and not re.search("[aeiou]", part)
        )
        said.append(name or (spell(part) if letters else part))
    return " ".join(said)


_SCAN: tuple[tuple[re.Pattern[str], _Replace], ...] = (
    (
        re.compile(r"\b(?:https?://)?(?:[\w.-]+@)?(?:[\w-]+\.)+(?:uk|com|org|net)\b(?:/[\w/-]+)?", re.IGNORECASE),
        _address,
    ),
    (
        re.compile(r"\b[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}\b"),
        lambda m: spell(m[0] if " " in m[0] else f"{m[0][:-3]} {m[0][-3:]}"),
    ),
    (
        re.compile(r"\bNVC[ -]?\d{3}[ -]?\d{3}\b"),
        lambda m: f"N V C, {read_out(m[0][-7:-3])}, {read_out(m[0][-3:])}".replace(" ,", ","),
    ),
    (re.compile(r"£(\d[\d,]*)(?:\.(\d\d))?\b"), _money),
    (re.compile(r"\b(\d{1,2})p\b"), lambda m: f"{int(m[1])} {'penny' if int(m[1]) == 1 else 'pence'}"),
    (
        re.compile(
            rf"\b(?:(?P<weekday>{_DAY_NAMES}),? )?(?:the )?(?P<day>[12]?\d|3[01])(?:st|nd|rd|th)? (?:of )?"
            rf"(?P<month>{_MONTH_NAMES})\b(?:,? (?P<year>(?:19|20)\d\d)\b)?"
        ),
        _date,
    ),
    (re.compile(r"\b((?:19|20)\d\d)-(\d\d)-(\d\d)\b"), lambda m: _numeric_date(int(m[1]), int(m[2]), int(m[3]), m[0])),
    (re.compile(r"\b(\d{1,2})/(\d{1,2})/(\d{4})\b"), lambda m: _numeric_date(int(m[3]), int(m[2]), int(m[1]), m[0])),
    (
        re.compile(
            r"\b(?P<hour>\d{1,2})(?:[:.](?P<minute>[0-5]\d))? ?(?P<half>am|pm|a\.m\.|p\.m\.)(?!\w)", re.IGNORECASE
        ),
        _clock,
    ),
    (re.compile(r"\b(?P<hour>[01]?\d|2[0-3]):(?P<minute>[0-5]\d)(?P<half>)\b"), _clock),
    (re.compile(r"(\+)?(?<![\d.])(0\d{3,4}[ ]\d{3}[ ]\d{3,4}|0\d{4}[ ]\d{6}|0\d{2}[ ]\d{4}[ ]\d{4})\b"), _phone),
    (re.compile(r"(\+)(\d{2}[\d ]{8,13}\d)\b"), _phone),
    (re.compile(r"(?<![\d.,])()(0\d{9,10})\b"), _phone),
    (
        re.compile(r"\b(999|112|101|111|105|119|159)\b(?= |[.,;:!?]|$)(?<=(?:call|ring|dial) \d{3})", re.IGNORECASE),
        lambda m: spell(m[0]),
    ),
    (re.compile(r"(?<=\bon )(999|101|111|105)\b"), lambda m: spell(m[0])),
    (re.compile(r"\b999\b"), lambda m: spell(m[0])),
    (re.compile(r"\b[A-Z]{2}\d{2} [A-Z]{3}\b"), lambda m: spell(m[0])),
    (
        re.compile(r"\b([A-Z]{1,3})(\d{5,})([A-D]?)\b"),
        lambda m: ", ".join(filter(None, (spell(m[1]), _digit_groups(m[2]), m[3] and spell(m[3])))),
    ),
    (re.compile(r"(?<![\d.,£])\d{7,}\b"), lambda m: _digit_groups(m[0])),
    (re.compile(r"\b(\d{1,4})([A-Z])\b"), lambda m: f"{m[1]} {letter(m[2])}"),
    (re.compile(r"\b([Bb]and|[Ff]lat) ([A-H])\b"), lambda m: f"{m[1]} {letter(m[2])}"),
    (re.compile(r"\b[A-Z]{2,4}\b"), lambda m: spell(m[0]) if m[0] in _SAID_AS_LETTERS else m[0]),
    (re.compile(r"\bSt\.? (?=[A-Z])"), lambda m: "Saint "),
    (re.compile(r"(?<=[a-z] )St\b(?:\.(?=,| [a-z]))?"), lambda m: "Street"),
    (re.compile(r"(?<=[a-z] )Rd\b(?:\.(?=,| [a-z]))?"), lambda m: "Road"),
    (re.compile(r"(?<=[a-z] )Ave\b(?:\.(?=,| [a-z]))?"), lambda m: "Avenue"),
    (re.compile(r"(?<=[a-z] )Ln\b(?:\.(?=,| [a-z]))?"), lambda m: "Lane"),
    (re.compile(r"\bNo\. ?(?=\d)"), lambda m: "number "),
    (re.compile(r"\be\.g\.,?"), lambda m: "for example"),
    (re.compile(r"\bi\.e\.,?"), lambda m: "that is"),
    (re.compile(r" & "), lambda m: " and "),
)


def for_voice(text: str) -> str:
    """``text`` with codes, numbers, dates, times and money written out the way they are to be said."""
    done: list[str] = []

    def keep(said: str) -> str:
        # What has been written out is set aside, so that no later pattern changes it again.
        done.append(said)
        return chr(0xE000 + len(done) - 1)

    for pattern, replace in _SCAN:
        text = pattern.sub(lambda match, replace=replace: keep(replace(match)), text)  # type: ignore[misc]
    for index in reversed(range(len(done))):
        text = text.replace(chr(0xE000 + index), done[index])
    return text


_END = re.compile(r"""(?<=[.!?…])["')\]]*\s+(?=["'(\[]*[A-Z0-9£])""")


def sentences(text: str) -> list[str]:
    """``text`` cut into sentences, each with its own end mark; abbreviations and initials don't end one."""
    found: list[str] = []
    start = 0
    for match in _END.finditer(text):
        last = text[start : match.start()].split()
        word = last[-1].rstrip(".").lower().strip("(\"'") if last else ""
        if text[match.start() - 1] == "." and (
            word in _ABBREVIATIONS or (len(word) == 1 and word.isalpha() and word != "i")
        ):
            continue
        found.append(text[start : match.end()].strip())
        start = match.end()
    found.append(text[start:].strip())
    return [sentence for sentence in found if sentence]
