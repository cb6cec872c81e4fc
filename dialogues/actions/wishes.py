"""Wishes about the call itself, told by their words alone, whatever was asked."""

import re

PERSON = re.compile(
    r"\b(agent|operator|receptionist|human|real person|a person|"
    r"(speak|talk|put me through|get through) (to|with) (someone|somebody|a human|a person|an agent|an adviser|"
    r"an advisor|a real|the team|your manager|anyone|one of))\b"
)
CANCEL = re.compile(
    r"^((no|oh|er|actually|sorry|just) )*(cancel( (it|that|this))?|stop|forget (it|about it|that)|never ?mind|"
    r"leave it|don't bother|i've changed my mind|changed my mind|scrap that)( please| then| thanks)?$"
)
REPEAT = re.compile(
    r"^((sorry|er|um|oh|eh|can|could|you|please|i|and) )*(pardon|say (that|it) again|repeat( that| it)?|come again|"
    r"what was that|what did you say|what|didn't (catch|hear)( that| you)?|once more|again)"
    r"( please| again| love| sorry| for me)*$"
)
BACK = re.compile(r"\b(go back|previous question|back a step|last question again|one step back)\b")
AGAIN = re.compile(r"\b(start (again|over|from the (start|beginning))|from the (start|beginning)|begin again)\b")
BYE = re.compile(
    r"^((ok|okay|right|well|no|thanks|thank you) )*(good ?bye|bye( bye)?|ta ?ra|cheerio)( now| then| love)*$"
)

ENOUGH = re.compile(
    r"^((oh|er|um|ah|right|ok|okay|well|great|lovely|brilliant|cheers|thanks|thank you) )*(no|nah|nope)\b|"
    r"\b(that's (all|everything|it|me|the lot|me done|me sorted|us)|that is all|that'll (do|be (it|all))|nothing (else|more)|"
    r"nowt else|no more|all (done|sorted)|(i'm|we're) (fine|sorted|done|good|all right|alright|grand))\b"
)
"""That there is nothing else, where that was asked."""
