"""What the benefits service keeps records of: claims for housing benefit and council tax support."""

import random
from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from voicebot.council.services import Home, Rows

TABLES = {
    "benefit_claims": (
        "number TEXT PRIMARY KEY, ni_number TEXT NOT NULL UNIQUE, name TEXT NOT NULL, born TEXT NOT NULL,"
        " uprn TEXT NOT NULL, benefit TEXT NOT NULL, status TEXT NOT NULL, detail TEXT NOT NULL"
    ),
}
"""``status`` is one of new, waiting, paid, awarded, refused; ``detail`` is the evidence that a waiting claim lacks, or
a day on which a paid one was paid."""

UNUSED_PREFIX = "ZZ"
"""National Insurance numbers never begin with it, so none of these is anybody's."""

_KNOWN = (
    ("4172935", "ZZ482913C", "1952-06-03", "housing benefit", "paid", "2026-11-02"),
    ("5386417", "ZZ615274A", "1984-09-21", "council tax support", "waiting", "two months of bank statements"),
    ("6925148", "ZZ739526B", "1990-02-14", "council tax support", "refused", ""),
    ("7418293", "ZZ863715D", "1957-12-30", "housing benefit", "new", ""),
    ("8251746", "ZZ294518A", "1979-04-08", "council tax support", "awarded", ""),
)
"""The claims that the scripted calls are about: (number, National Insurance number, born, benefit, status, detail)."""

_EVIDENCE = (
    "your last two payslips",
    "your tenancy agreement",
    "proof of who you are",
    "two months of bank statements",
)
_CLAIMING = 0.2
"""The share of homes with a claim."""


def _number(choose: random.Random, length: int) -> str:
    return "".join(choose.choice("123456789") for _ in range(length))


def _claims(choose: random.Random, homes: Sequence[Home]) -> Iterator[tuple[object, ...]]:
    numbers = {claim[0] for claim in _KNOWN}
    insured = {claim[1] for claim in _KNOWN}
    for home, (number, insurance, *rest) in zip(homes, _KNOWN, strict=False):
        yield number, insurance, home.holder, rest[0], home.uprn, *rest[1:]
    for home in homes[len(_KNOWN) :]:
        if choose.random() >= _CLAIMING:
            continue
        number, insurance = _number(choose, 7), f"{UNUSED_PREFIX}{_number(choose, 6)}{choose.choice('ABCD')}"
        if number in numbers or insurance in insured:
            continue
        numbers.add(number)
        insured.add(insurance)
        born = date(1935, 1, 1) + timedelta(days=choose.randrange(25_000))
        benefit = choose.choice(("housing benefit", "council tax support"))
        status = choose.choice(("new", "waiting", "refused", "paid" if benefit == "housing benefit" else "awarded"))
        paid = date(2026, 11, 2) + timedelta(days=choose.randrange(28))
        detail = {"waiting": choose.choice(_EVIDENCE), "paid": paid.isoformat()}.get(status, "")
        yield number, insurance, home.holder, born.isoformat(), home.uprn, benefit, status, detail


def rows(choose: random.Random, homes: Sequence[Home]) -> Rows:
    """One claim in every fifth home."""
    return {"benefit_claims": _claims(choose, homes)}
