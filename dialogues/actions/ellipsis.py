"""Questions that name nothing ("how long does it take?"): what they are about was said before."""

import re

_ASKS = re.compile(
    r"(?:(?:and|so|but|ok|okay|oh|right|well|er|erm|um|yes|please|then|sorry) )*"
    r"(?:what|what's|how|when|when's|where|where's|who|which|why|can|could|do|does|is|are|will|would|should|must|any)\b"
)
_LONGEST = 9
_split = str.split
_NAMING_NOTHING = frozenset(
    _split(
        "and so but or ok okay oh right well er erm um yes please then sorry just also again thanks thank "
        "a an the this that these those it its it's that's they them there here one ones any anything something "
        "i i've i'm me my you you're your we he she him her his who whose somebody someone anyone people person "
        "is are was were be been am do does did done don't doesn't isn't aren't have has had haven't can can't could "
        "will would should must may might won't "
        "what what's how when when's where where's which why if for of on in at to from by with without about up out "
        "after before until till than as not no "
        "much many long soon often far big late early old first next last now today tomorrow "
        "cost costs price prices charge charges fee fees free pay paying paid money pound pounds "
        "take takes taking need needs needed want wanted get gets got bring send sent give find go going come coming "
        "happen happens start starts begin end ends finish open close closed apply applying appeal claim book booking "
        "order cancel change ring call phone email write form forms online website internet post letter paper "
        "deadline date day days week weeks month months year years time times hour hours christmas easter "
        "weekend monday tuesday wednesday thursday friday saturday sunday "
        "miss wait else way same proof documents partner put deal mean work works like"
    )
)


def names_nothing(text: str) -> bool:
    """Whether these are a short question without a word that tells what it is about."""
    words = re.sub(r"[^\w' ]+", " ", text.lower().replace("\u2019", "'")).split()
    return len(words) <= _LONGEST and bool(_ASKS.match(" ".join(words))) and _NAMING_NOTHING.issuperset(words)
