"""Adult social care."""

import re

from . import parsing
from .answers import SLOTS, Answer, SlotKind, Values, free_text, whole_if
from .callbacks import CallBack
from .forms import Work, service_form
from .shared_slots import yes_no_slot

SELF = "the caller"
_SELF = re.compile(r"\b(for )?(me|myself|meself|mine)\b|\bi'm the one\b|\bit's for me\b")
_RELATIVE = re.compile(
    r"\b(?:for |about )?((?:my|me|our|a|the) (?:\w+ )?(?:mum|mam|mom|mother|dad|father|nan|nana|gran|grandma|grandad|"
    r"grandmother|grandfather|husband|wife|partner|son|daughter|brother|sister|aunt|auntie|uncle|friend|neighbour|"
    r"missus|cousin|in laws?))(?:'s)?\b"
)

_DIFFICULT = (
    r"fall\w*|fell|wash\w*|dress\w*|cook\w*|cop(?:e|ing)|can't manage|not managing|struggl\w+|eat\w*|walk\w*|stairs|memory|"
    r"forget\w*|lonely|stroke|confused|wander\w*|toilet|dementia|bathroom|getting (?:in|out|up|about)"
)
"""Words of somebody who says what is getting difficult before they are asked."""


def _spot_who(answer: Answer) -> Values | None:
    """The relative that a sentence speaks of."""
    found = _RELATIVE.search(parsing.clean(answer.text))
    return {"care_who": re.sub(r"^me ", "my ", found[1])} if found else None


def _who(answer: Answer) -> Values | None:
    found = _spot_who(answer)
    if found:
        return found
    said = parsing.clean(answer.text)
    if _SELF.search(said):
        return {"care_who": SELF}
    another = r"\b(somebody|someone|else|him|her|them|friend|client|old|lady|gentleman|man|woman|chap|couple)\b"
    return {"care_who": said} if re.search(another, said) else None


SLOTS.update(
    {
        "care_who": SlotKind(_who, _spot_who, change="who"),
        "care_consent": yes_no_slot(
            "care_consent",
            answers_yes=r"(?:i've|i have|we've|we have) (?:\w+ )?(?:told|asked|spoken to|talked to|mentioned it)|(?:she|he|they) (?:asked|told|wants?|knows?|agrees?|said)",
            answers_no=r"(?:doesn't|don't|didn't|wouldn't|won't|not|hasn't) (?:\w+ )?(?:know|want|agree|told|asked|understand)|(?:can't|cannot|couldn't) "
            r"(?:\w+ )?(?:say|understand|answer|agree)|dementia|confused|alzheimer'?s",
        ),
        "care_need": SlotKind(
            free_text("care_need", 4),
            whole_if("care_need", _DIFFICULT),
            change="difficult|help|about",
            free=True,
            story=True,
        ),
    }
)


@service_form
class CareCallBack(CallBack):
    """A call back about care, for the caller or for somebody who should know of it."""

    intent = "adult_social_care_callback"
    queue = "adult_social_care"
    kept = ("care_who", "care_consent", "care_need")

    def needed(self, slot: str, values: Values) -> bool:
        if slot == "care_consent" and values.get("care_who") == SELF:
            return False
        return super().needed(slot, values)

    def finish(self, work: Work) -> None:
        self.keep(work)
        work.say("utter_adult_care_callback")
