"""Homelessness: what helps at once, whether everybody is safe, and then always a person."""

import re

from . import parsing
from .answers import SLOTS, Answer, SlotKind, Values
from .forms import ServiceForm, Work, service_form
from .topics import topics

_NOBODY = re.compile(r"\b(just|only) (me|myself|him|her)\b|\bon my own\b|\bby myself\b|\balone\b|\bnobody else\b")
_OTHERS = re.compile(
    r"\b(partner|husband|wife|girlfriend|boyfriend|fianc\w+|kids?|child(ren)?|bab(y|ies)|son|daughters?|sons|famil\w+|"
    r"m(u|a)m|mother|dad|father|brother|sister|bairns?|lad|lass|friend|mate|us|we|both)\b"
)
_CHILDREN = re.compile(
    r"\b(kids?|child(ren)?|bab(y|ies)|bairns?|wee ones?|little ones?|toddler|"
    r"(my|our|me|two|three|four) (\w+ )?(sons?|daughters?))\b"
)
_PREGNANT = re.compile(r"\b(pregnant|expecting|due (in|next|any)|baby on the way|months gone)\b")
_WELL = re.compile(
    r"\b(no|nobody|nobody's|no one|no one's) (is )?((in|at) )?(any |immediate )?(danger|risk)\b|"
    r"\b(not|isn't|aren't) (in|at) (any |immediate )?(danger|risk)\b|\bnothing like that\b|"
    r"\b(nobody|nobody's|no one|no one's|not) (is )?(being )?(threaten|hurt|harm)\w*\b|"
    r"^(no|nah) (\w+ )?(we're|i'm|it's|everybody's|everyone's|all) (\w+ )?(fine|okay|ok|safe|all right|alright)\b"
)
_UNSAFE = re.compile(
    r"\b(no|not|isn't|don't|never|hardly|aren't|ain't|nowhere|wouldn't|can't|won't|doesn't|didn't|longer) (\w+ ){0,3}"
    r"(safe|fine|okay|ok|all right|alright)\b|unsafe"
)
_LATER = re.compile(
    r"\b(not|don't|doesn't|isn't|won't|needn't) (\w+ ){0,4}(leave|leaving|go|going|move|moving|out|due|end|ends|over) "
    r"(\w+ ){0,2}(till|until)\b(?! (tonight|today|tomorrow))"
)
_OR_LATER = re.compile(r"\b(?:it's|that's|that isn't|it isn't) (?:not )?(?:till|until)\b")
_NOWHERE = re.compile(
    r"\b(any ?where|some ?where|no ?where|nothing|anything|place|roof|bed|sofa|couch|stay\w*|sleep\w*)\b"
)
_NOT_SO = re.compile(r"\b(?:not|isn't|aren't|nobody's|no one's|nobody is|no one is|neither of us is)(?: \w+)? $")
_NONE = re.compile(r"\b(no|not|haven't|without|don't|any) (\w+ ){0,2}$")


_KIN = (
    r"(?:mums?|mams?|mothers?|dads?|fathers?|parents|folks|sisters?|brothers?|nans?|nanas?|grans?|grandma|aunt\w*|uncles?|cousins?|"
    r"sons?|daughters?|friends?|mates?|pals?|neighbours?|boyfriends?|girlfriends?|partners?)(?:'s)?"
)
_HOUSED = re.compile(
    rf"\bstill (?:in|at|here|there|living|stopping|staying|got|have)\b|"
    rf"\b(?:at|with|stopping at|staying at|round) (?:my|me|our|a|his|her) (?:\w+ )?{_KIN}\b|"
    r"\b(?:can|could|let(?:ting)? (?:me|us)|says? (?:i|we) can|lets (?:me|us)) (?:\w+ )?(?:stay|stop|kip|sleep|crash|doss)\b|\broof over\b|"
    r"\b(?:got|have|'ve|for|there's) (?:(?:till|until|about|another) )*(?:two|three|four|five|six|a few|a couple of|\d+|a) (?:weeks?|months?)\b|"
    r"\b(?:got|have|here|there|in|stay|stop) (?:till|until) (?!tonight|today|tomorrow)\w+"
)
"""Words of somebody who has a bed for now."""
_STAYS_ON = re.compile(
    r"\b(?:we|i|they|she|he)(?: can| could|'ll| will|'re able to|'m able to) (?:still |all )?(?:stay|stop|be) (?:here |there |put |on )?"
    r"(?:for now|for the (?:time|moment)|(?:until|till) (?:then|the (?:notice|date|day|end)|it (?:ends|runs out)|january|february|march|april|"
    r"may|june|july|august|september|october|november|december|christmas|new year|next (?:week|month|year)))\b"
)
"""Words of somebody who need not leave yet, whatever was asked."""
_ROUGH = re.compile(
    r"\b(?:in|out of) (?:my|the|our|a|his|her|me) (?:car|van|tent|shed|garage|doorway|bus shelter|park|stairwell)\b|\bon the streets?\b|"
    r"\bsleep\w* rough\b|\bnowhere\b|\b(?:can't|cannot|won't let (?:me|us)|not allowed to|couldn't) (?:\w+ )?(?:stay|stop|go (?:back|home)|be (?:here|there))\b|"
    r"\b(?:out|leave|gone|go) (?:by )?(?:today|tonight|now|this (?:morning|afternoon|evening))\b|\b(?:kicked|thrown|chucked|turfed) (?:me|us)? ?out\b"
)
"""Words of somebody who has none."""
_NOT_YET = re.compile(
    r"\b(?:not|n't|haven't|hasn't|isn't|aren't|ain't|never) (?:\w+ ){0,4}(?:(?:thrown|kicked|chucked|turfed) (?:\w+ )?out|evicted|"
    r"homeless|left|moved out)\b.*\b(?:yet|so far)\b"
)
_AFRAID = re.compile(
    r"\b(?:threaten\w*|scared|frightened|afraid|terrified|violen\w+|hits? (?:me|us)|hit (?:me|us)|hurts? (?:me|us)|beat\w* (?:me|us))\b"
)
_DENIED = re.compile(r"\b(?:no|not|nobody|nobody's|no one|no one's|isn't|aren't|never|hasn't|haven't)\b")


def _where(slot: str, said: str) -> bool | None:
    """What telling where one is says: somewhere, nowhere, or with somebody to be afraid of; None when it says nothing."""
    if slot == "homeless_safe" and _AFRAID.search(said) and not _DENIED.search(said):
        return False
    if _NOT_YET.search(said):
        return True
    if _ROUGH.search(said):
        return False if slot == "homeless_tonight" else None
    if slot == "homeless_safe" and re.search(r"\bnot (?:\w+ )?unsafe\b|\bnothing like that\b", said):
        return True
    return True if _HOUSED.search(said) and not _UNSAFE.search(said) else None


def _denies_danger(slot: str, said: str) -> bool:
    """ "No, we're fine here" and "we don't leave until March" say no, and that all is well for now."""
    if slot == "homeless_tonight":
        return bool(_LATER.search(said)) and not _NOWHERE.search(said)
    # "No, we're fine": a no before its comma denies nothing of what follows.
    rest = re.sub(r"^((no|nah|nope) )+", "", said)
    return bool(_WELL.search(said) or re.search(r"\bsafe\b", rest)) and not _UNSAFE.search(rest)


def _yes_no(slot: str) -> SlotKind:
    """A question about safety: "I am", "I think so" and "not really" are answers to it."""

    def spot(answer: Answer) -> Values | None:
        """A bed for now, told with the answer to whether they are safe."""
        said = parsing.clean(answer.text)
        return {slot: True} if _STAYS_ON.search(said) and not _UNSAFE.search(said) and not _ROUGH.search(said) else None

    def parse(answer: Answer) -> Values | None:
        said = parsing.clean(answer.text)
        reply = parsing.yes_no(said)
        told = _where(slot, said)
        if told is not None and reply is not True:
            return {slot: told}
        if slot == "homeless_tonight" and reply is False and _OR_LATER.search(said):
            # Either the leaving or the shelter is not until then: asked again.
            return None
        if reply is False and _denies_danger(slot, said):
            reply = True
        if reply is None and re.search(r"\bsafe\b|think so|for now|at the moment|tonight", said):
            reply = not re.search(r"\b(un|not|ain't|never|nowhere|only till)\b|unsafe", said)
        return None if reply is None else {slot: reply}

    return SlotKind(parse, spot if slot == "homeless_tonight" else None)


def _told(slot: str, words: re.Pattern[str]) -> SlotKind:
    """A yes or no that may also be told by naming who there is."""

    def spot(answer: Answer) -> Values | None:
        said = parsing.clean(answer.text)
        found = words.search(said)
        if found and _NOT_SO.search(said[: found.start()]) and words is _PREGNANT:
            return {slot: False}
        return {slot: True} if found and not _NONE.search(said[: found.start()]) else None

    def parse(answer: Answer) -> Values | None:
        reply = parsing.yes_no(answer.text)
        if reply is None and re.search(r"\b(nobody|no one|just me|only me)\b", parsing.clean(answer.text)):
            reply = False
        return spot(answer) if reply is None else {slot: reply}

    return SlotKind(parse, spot)


def _who(answer: Answer) -> Values | None:
    text = answer.text.strip(" .,")
    return {"homeless_who": text} if len(text) >= 2 and not answer.text.isdigit() else None


def _spot_who(answer: Answer) -> Values | None:
    """Who it is for, where a sentence names others that come too."""
    found = re.search(r"\b(?:me|myself|i) and ((?:my|me|our|the) (?:\w+ ?){1,3})", parsing.clean(answer.text))
    return {"homeless_who": f"me and {found[1].strip()}"} if found and _OTHERS.search(found[1]) else None


SLOTS.update(
    {
        "homeless_safe": _yes_no("homeless_safe"),
        "homeless_tonight": _yes_no("homeless_tonight"),
        "homeless_who": SlotKind(_who, _spot_who, change="who"),
        "homeless_children": _told("homeless_children", _CHILDREN),
        "homeless_pregnant": _told("homeless_pregnant", _PREGNANT),
    }
)


class ToHousingOptions(ServiceForm):
    """The safety check. Whoever is not safe, or has nowhere tonight, is not asked any more."""

    def needed(self, slot: str, values: Values) -> bool:
        alone = _NOBODY.search(parsing.clean(str(values.get("homeless_who") or "")))
        if slot == "homeless_children" and alone:
            return False
        return super().needed(slot, values)

    def check(self, values: Values) -> tuple[str, str] | None:
        if values.get("homeless_safe") is False:
            return "homelessness_urgent", "The caller does not feel safe where they are, and needs somewhere to live."
        if values.get("homeless_tonight") is False:
            return "homelessness_urgent", "The caller has nowhere to stay tonight."
        return None

    def finish(self, work: Work) -> None:
        vulnerable = work.values.get("homeless_children") or work.values.get("homeless_pregnant")
        title = topics().of(self.intent).title
        work.to_person(f"About {title}: safe, and has somewhere tonight.", priority="high" if vulnerable else "")


@service_form
class Prevention(ToHousingOptions):
    """Help to keep a home, before a notice is given."""

    intent = "homelessness_prevention"


@service_form
class Bring(ToHousingOptions):
    """What to bring to an appointment."""

    intent = "homelessness_bring"


@service_form
class Notice(ToHousingOptions):
    """A notice from a landlord."""

    intent = "homelessness_notice"


@service_form
class Approach(ToHousingOptions):
    """Homeless, or soon to be."""

    intent = "homelessness_approach"
