"""Children's services."""

import re

from . import figures, parsing
from .answers import SLOTS, Answer, SlotKind, Values, free_text, whole_if
from .callbacks import CallBack
from .forms import Work, service_form
from .shared_slots import yes_no_slot

OLDEST = 25
"""Up to this age young people with special needs or from care are the children's team's."""

_HARD = (
    r"(?:can't|cannot|not) (?:cope|manage|control|handle)\w*|running wild|behaviou?r|tantrums?|autis\w+|adhd|respite|"
    r"won't (?:go to school|listen|leave|eat)|end of my tether|fighting|out of control|disab\w+"
)
"""Words of somebody who says what they want help with before they are asked."""


def _age(answer: Answer) -> Values | None:
    said = parsing.clean(answer.text)
    number = figures.count(said)
    if re.search(r"\b(months?|weeks?|new ?born|baby)\b", said):
        years = 0 if number is None or number < 12 or "week" in said else number // 12
        return {"child_age": str(years)}
    if number is not None and number <= OLDEST:
        return {"child_age": str(number)}
    nobody = parsing.refusal(said) or re.search(r"\b(no|none|not|nobody|no one|not about)\b", said)
    return {"child_age": "no child"} if nobody and number is None else None


def _spot_age(answer: Answer) -> Values | None:
    """An age said as such: "my seven year old", "he's twelve"."""
    said = parsing.clean(answer.text)
    if re.search(r"\b(years?|months?) old\b|\b(he|she)(?:'s| is) \w+$", said) and figures.count(said) is not None:
        return _age(answer)
    return None


SLOTS.update(
    {
        "child_risk": yes_no_slot(
            "child_risk",
            yes=r"(not|isn't|aren't|ain't|never) (\w+ )?safe|(being|getting|been|gets) (hurt|hit|beaten|abused)|unsafe",
            no=r"(not|isn't|aren't|nobody's|no one's|nobody is) (\w+ )?(in (any )?danger|(being )?(hurt|hit|harmed))|perfectly safe",
        ),
        "family_need": SlotKind(
            free_text("family_need", 4), whole_if("family_need", _HARD), change="about|help|what", free=True, story=True
        ),
        "child_age": SlotKind(_age, _spot_age, change="age|old", clears=("child_age",)),
    }
)


@service_form
class FamilyCallBack(CallBack):
    """A call back about a child or a family, or about fostering and adopting."""

    intent = "childrens_services_callback"
    queue = "childrens_services"
    kept = ("family_need", "child_age")

    def check(self, values: Values) -> tuple[str, str] | None:
        if values.get("child_risk"):
            return "safeguarding_children", "The caller says that a child is in danger or being hurt."
        return super().check(values)

    def finish(self, work: Work) -> None:
        self.keep(work)
        work.say("utter_family_callback")
