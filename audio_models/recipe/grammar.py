"""Seeded grammar of what citizens say to a council on the phone.

:func:`sentence` makes the sentence number ``index`` of a seed, so that any part
of the corpus can be made again, in any order and by any process.  Kinds are
weighted by how much a call depends on them: short answers (yes, no, a number,
a name, a postcode) come as often as whole requests.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from audio_models.recipe import spoken
from voicebot.council import words

DATA = Path(__file__).parent / "data"

KINDS: dict[str, float] = {
    "service": 0.20,
    "examples": 0.09,
    "answers": 0.055,
    "safety": 0.075,
    "control": 0.05,
    "yes": 0.045,
    "no": 0.045,
    "postcode": 0.095,
    "address": 0.075,
    "house": 0.04,
    "name": 0.065,
    "date": 0.025,
    "digits": 0.035,
    "spelled": 0.02,
    "general": 0.02,
    "salad": 0.045,
    "empty": 0.02,
}
"""Share of each kind of sentence in the corpus; the shares sum to one."""

SAFETY_SECTIONS = (
    "emergency_999",
    "gas",
    "power",
    "suicide",
    "abuse",
    "structure",
    "repairs_emergency",
)


@dataclass(frozen=True)
class Sentence:
    """One thing a caller says.

    ``text`` is the transcript to learn; ``speech`` is the wording for a
    synthesiser; ``kind`` is a key of :data:`KINDS`; ``section`` is the part of
    the grammar that it comes from (a service for the kind ``service``).
    """

    text: str
    speech: str
    kind: str
    section: str


def load_sections(path: Path) -> dict[str, list[str]]:
    """Read a template file into its sections; comments and empty lines are dropped."""
    sections: dict[str, list[str]] = {}
    current: list[str] = []
    for line in path.read_text(encoding="utf-8").splitlines():
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        if line.startswith("["):
            current = sections.setdefault(line.strip("[]"), [])
        else:
            current.append(line)
    return sections


@lru_cache(maxsize=1)
def _slots() -> dict[str, tuple[str, ...]]:
    result: dict[str, tuple[str, ...]] = {}
    for line in (DATA / "slots.txt").read_text(encoding="utf-8").splitlines():
        if "=" in line and not line.startswith("#"):
            name, _, values = line.partition("=")
            result[name.strip()] = tuple(value.strip() for value in values.split("|"))
    return result


@lru_cache(maxsize=1)
def _templates() -> dict[str, list[str]]:
    result: dict[str, list[str]] = {}
    for name in ("services", "safety", "general", "examples"):
        result.update(load_sections(DATA / f"{name}.txt"))
    return result


def services() -> tuple[str, ...]:
    """Return the names of the services that the grammar covers."""
    return tuple(load_sections(DATA / "services.txt"))


@lru_cache(maxsize=1)
def vocabulary() -> tuple[str, ...]:
    """Return the plain words of the general list and of every template and name."""
    found = {word for line in _templates()["words"] for word in line.split()}
    for section, lines in _templates().items():
        if section == "words":
            continue
        for line in lines:
            for char in "(|)?":
                line = line.replace(char, " ")
            found.update(word for word in line.split() if "{" not in word and "~" not in word)
    for values in (words.STREETS, words.TOWNS, words.FIRST_NAMES, words.SURNAMES):
        found.update(part for value in values for part in value.lower().split())
    return tuple(sorted(found))


def _slot(name: str, rng: random.Random) -> str:
    """Return a spoken value of the slot ``name``."""
    if name in ("street", "town", "school", "office", "first", "last"):
        stock = {
            "street": words.STREETS,
            "town": words.TOWNS,
            "school": words.SCHOOLS,
            "office": words.OFFICES,
            "first": words.FIRST_NAMES,
            "last": words.SURNAMES,
        }[name]
        return rng.choice(stock).lower()
    if name == "house":
        return spoken.house(rng)
    if name == "number":
        return spoken.cardinal(rng.randint(2, 20))
    if name == "letter":
        return f"~{rng.choice('abcdefgh')}"
    if name.startswith("digits"):
        return spoken.digits(spoken.random_digits(int(name[6:]), rng), rng)
    made = {
        "date": spoken.date,
        "pcn": spoken.penalty_charge,
        "reg": spoken.registration,
        "ni": spoken.national_insurance,
        "phone": spoken.phone,
    }
    if name in made:
        return made[name](rng)
    return rng.choice(_slots()[name])


def expand(template: str, rng: random.Random) -> str:
    """Return one random wording of a template, with single spaces."""

    def group(at: int) -> tuple[str, int]:
        choices: list[str] = []
        parts: list[str] = []
        while at < len(template):
            char = template[at]
            if char == "(":
                text, at = group(at + 1)
                parts.append(text)
                continue
            if char in "|)":
                choices.append("".join(parts))
                parts = []
                if char == ")":
                    return rng.choice(choices), at + 1
            else:
                parts.append(char)
            at += 1
        return "".join(parts), at

    text, _ = group(0)
    pieces = text.replace("{", "\0{").replace("}", "}\0").split("\0")
    out = [_slot(piece[1:-1], rng) if piece.startswith("{") else piece for piece in pieces]
    return " ".join("".join(out).split())


def _pick(section: str, rng: random.Random, held_out: bool) -> str:
    """Expand a template of a section: a held-out one, or one that may be learnt."""
    lines = _templates()[section]
    wanted = [line.lstrip("?") for line in lines if line.startswith("?") == held_out]
    return expand(rng.choice(wanted or [line.lstrip("?") for line in lines]), rng)


def _name(rng: random.Random) -> str:
    first, last = _slot("first", rng), _slot("last", rng)
    title = rng.choice(("mr", "mrs", "miss", "doctor"))
    style = rng.random()
    if style < 0.5:
        return f"{first} {last}"
    if style < 0.65:
        return first
    if style < 0.8:
        return last
    if style < 0.9:
        return f"{title} {last}"
    return f"{first} {last} {spoken.spelled(last)}"


def _address(rng: random.Random) -> str:
    street = rng.choice(words.STREETS)
    text = street.lower() if rng.random() < 0.2 else f"{spoken.house(rng)} {street.lower()}"
    if rng.random() < 0.2:
        text += f" {words.town_of(street).lower()}"
    if rng.random() < 0.15:
        text += f" {spoken.postcode(rng.choice(words.street_postcodes()[street]), rng)}"
    return text


def _postcode(rng: random.Random) -> str:
    if rng.random() < 0.75:
        code = rng.choice(words.postcodes())
    else:
        inward = "".join(rng.choice("abdefghjlnpqrstuwxyz") for _ in range(2))
        area = "zb" if rng.random() < 0.6 else "".join(rng.choice("abcdeghlmnprstwy") for _ in range(2))
        code = f"{area}{rng.randint(1, 20)}{rng.randint(0, 9)}{inward}"
    said = spoken.postcode(code, rng)
    return said if rng.random() > 0.05 else " ".join(said.split()[: rng.choice((3, -3))])


def _answer(kind: str, rng: random.Random) -> str:
    """Make a short answer to a question, with or without a lead-in."""
    slots = _slots()
    if kind == "postcode":
        body, lead = _postcode(rng), "lead_postcode"
    elif kind == "address":
        body, lead = _address(rng), "lead_address"
    elif kind == "house":
        body, lead = spoken.house(rng), "lead_number"
    elif kind == "name":
        body, lead = _name(rng), "lead_name"
    elif kind == "date":
        body = rng.choice((spoken.date(rng), spoken.date(rng), _slot("day", rng), _slot("time", rng)))
        lead = "lead_date"
    elif kind == "digits":
        style = rng.random()
        if style < 0.4:
            body = spoken.phone(rng)
        elif style < 0.5:
            body = spoken.penalty_charge(rng)
        elif style < 0.6:
            body = spoken.registration(rng)
        elif style < 0.65:
            body = spoken.national_insurance(rng)
        elif style < 0.75:
            body = f"{spoken.cardinal(rng.randint(1, 400))} pounds"
            if rng.random() < 0.5:
                body += f" {spoken.cardinal(rng.randint(1, 99))}"
        else:
            body = spoken.digits(spoken.random_digits(rng.choice((1, 1, 2, 3, 4, 6, 8)), rng), rng)
        lead = "lead_phone"
    else:
        source = words.SURNAMES + words.FIRST_NAMES + words.STREETS + words.TOWNS
        word = rng.choice(rng.choice(source).split())
        body, lead = (f"{word.lower()} " if rng.random() < 0.3 else "") + spoken.spelled(word), "lead_name"
        if rng.random() < 0.3:
            return spoken.spelled("".join(rng.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(3)))
    if rng.random() < 0.35:
        body = f"{rng.choice(slots[lead])} {body}"
    return body


def sentence(seed: int, index: int, *, held_out: bool = False) -> Sentence:
    """Return sentence number ``index`` (from 0) of the corpus ``seed``.

    ``held_out`` takes templates that the training never uses, where a section
    has some.  The same arguments always give the same sentence.
    """
    rng = random.Random(f"{seed}/{index}/{held_out}")
    kind = rng.choices(list(KINDS), weights=list(KINDS.values()))[0]
    section = kind
    if kind == "service":
        section = rng.choice(services())
        text = _pick(section, rng, held_out)
    elif kind == "safety":
        section = rng.choice(SAFETY_SECTIONS)
        text = _pick(section, rng, held_out)
    elif kind in ("examples", "answers", "control", "yes", "no"):
        text = _pick(kind, rng, held_out)
    elif kind == "general":
        text = _pick("sentences", rng, held_out)
    elif kind == "salad":
        text = " ".join(rng.choice(vocabulary()) for _ in range(rng.randint(1, 6)))
    elif kind == "empty":
        text = ""
    else:
        text = _answer(kind, rng)
    if kind in ("service", "address", "postcode", "date") and rng.random() < 0.08:
        parts = text.split()
        parts.insert(rng.randint(0, len(parts)), rng.choice(_slots()["filler"]))
        text = " ".join(parts)
    return Sentence(text=transcript(text), speech=speech_form(text), kind=kind, section=section)


def transcript(marked: str) -> str:
    """Return the text to learn from a text with marked letters."""
    return marked.replace("~", "").strip()


def speech_form(marked: str) -> str:
    """Return the wording for a synthesiser from a text with marked letters."""
    return " ".join(spoken.LETTER_NAMES[word[1]] if word.startswith("~") else word for word in marked.split())
