"""Wishes about the call itself, told by their words alone, whatever was asked."""

import re

PERSON = re.compile(
    r"\b(agent|operator|receptionist|human|real person|a person|"
    r"(speak|talk|put me through|get through) (to|with) (someone|somebody|a human|a person|an agent|an adviser|"
    r"an advisor|a real|the team|your manager|anyone|one of))\b"
)
CANCEL = re.compile(
    r"^((no|oh|er|well|actually|sorry|just|you know what) )*(forget (it|about it|that)|never ?mind|leave it|don't bother|"
    r"cancel (it|that|this)) (then |for now |love )?(i'll|i will|i can|it doesn't|it's all right|i've|online|another time|"
    r"no need|thanks)\b.*$|^((no|oh|er|actually|sorry|just) )*(cancel( (it|that|this))?|stop|forget (it|about it|that)|never ?mind|"
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
WHY = re.compile(
    r"(?:(?:sorry|oh|er|hang on|well|but|and) )*(?:(?:what|why) (?:do|d'|are|would) ?you (?:need|want|asking|have to know)"
    r"(?: to know)?(?: (?:that|it|this|my \w+(?: \w+)?|all that|me|to know that))?(?: for)?|what's (?:that|it|this) for|"
    r"what (?:do|d') ?you want with (?:that|my \w+)|why (?:do|would) (?:you|i) (?:need|have|want) (?:that|to (?:say|give|tell)(?: you)?"
    r"(?: that| my \w+)?)|is that (?:really )?necessary|do (?:you|i) (?:really )?(?:need|have) (?:that|to (?:say|give|tell)"
    r"(?: you)?(?: that| my \w+)?)|why)"
)
"""A caller who wants to know what a question is for."""

PRICE = re.compile(
    r"(?:(?:and|so|but|oh|er|sorry|hang on|well|ok|okay) )*(?:how much (?:is|does|do|will|would|are)\b|how much|"
    r"what(?:'s| is| are) (?:the|your|it going to) (?:price|cost|charge|fee)s?\b|what (?:does|do|will|would) (?:it|that|this|they|you) "
    r"(?:cost|charge)\b|is (?:it|that|this) free\b|is there (?:a|any) (?:charge|fee|cost)\b|do (?:i|we|you) (?:have to pay|charge)\b|"
    r"does (?:it|that|this) cost\b|will (?:it|that|this) cost\b)"
)
"""A caller who wants to know what it costs."""

QUESTION = re.compile(
    r"(?:(?:and|so|but|oh|er|sorry|hang on|well) )*(?:what|when|where|why|how|who|which|will|do|does|is|are|can|could|should|would|"
    r"am|did|have)\b(?: \w+){2,}"
)
"""Words of somebody who asks and doesn't answer."""

ENOUGH = re.compile(
    r"^((oh|er|um|ah|right|ok|okay|well|great|lovely|brilliant|cheers|thanks|thank you) )*(no|nah|nope)\b|"
    r"\b(that's (all|everything|it|me|the lot|me done|me sorted|us)|that is all|that'll (do|be (it|all))|nothing (else|more)|"
    r"nowt else|no more|all (done|sorted)|(i'm|we're) (fine|sorted|done|good|all right|alright|grand))\b"
)
"""That there is nothing else, where that was asked."""
