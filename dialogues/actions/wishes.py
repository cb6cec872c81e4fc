"""Wishes about the call itself, told by their words alone, whatever was asked."""

import re

PERSON = re.compile(
    r"^(?:(?:no|oh|er|just|please|can|could|i|i'd|want|need|like|get|give|me|have|a|an|the|actual|another|human|real|proper) )*"
    r"(?:agent|operator|receptionist|human|human being|person)(?: please| now| thanks| instead)*$|"
    r"\b(?:(?:speak|talk|put me through|get through) (?:to|with) (?:someone|somebody|a human|a person|an agent|an adviser|"
    r"an advisor|a real|an operator|the team|your manager|anyone|one of)|real (?:person|human)|(?:want|need|get me|prefer) (?:a|an) "
    r"(?:person|human|agent|operator))\b"
)
"""Words for one alone say it; among others they may be of somebody else: "I told the letting agent"."""
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

ONLINE = re.compile(
    r"\b(?:can|could|can't|couldn't) (?:i|we|you) (?:no |not )?(?:just )?(?:do|get|fill|send|put|have) (?:that|this|it|that one|one) (?:\w+ )?"
    r"(?:online|on (?:a|the) (?:form|website|computer|internet)|on ?line|by (?:post|email)|in person|myself)\b"
)
"""A caller who would rather do it another way."""

HOW_LONG = re.compile(
    r"(?:(?:and|so|but|oh|er|sorry|hang on|well|ok|okay) )*(?:how long (?:will|does|do|is|are|would|before|till|until)\b|how long|how soon\b|"
    r"when (?:will|would|can|do|does|are|is) (?:it|that|this|they|you|someone|somebody|anyone|he|she)\b|when(?:'s|'ll| is) (?:it|someone|somebody|"
    r"anyone|that) (?:be|going|gonna|likely)?\b)"
)
"""A caller who wants to know how long it takes."""

QUESTION = re.compile(
    r"(?:(?:and|so|but|oh|er|sorry|hang on|well|wait|actually|right|just|quickly|before (?:that|you do|we do|i do)|by the way|"
    r"one thing) )*(?:what|when|where|why|how|who|which|will|do|does|is|are|can|could|should|would|"
    r"am|did|have)\b(?: \w+){2,}"
)
"""Words of somebody who asks and doesn't answer."""

NOT_THIS = re.compile(
    r"\b(?:(?:that's|that is|it's|it is|this is|i'm|i am|was) not|(?:that|it|this) (?:isn't|wasn't)) (?:\w+ )?(?:what|why) (?:i|we)\b"
    r"(?!(?: \w+)? (?:said|told))|"
    r"\b(?:i|we) (?:don't|didn't|do not|did not) (?:want|ask for|ask about|ring about|mean) (?:that|this|it|any of that|one|to do that)\b|"
    r"\b(?:wrong (?:thing|department|service|one|end of the stick)|you've (?:got (?:me|that|it|this) wrong|misunderstood|misheard))\b|"
    r"\b(?:not (?:ringing|calling|phoning|asking|here) (?:about|for) (?:that|this|it))\b"
)
"""A form that the caller did not mean to begin."""

INSTEAD = re.compile(
    r"\b(?:only|just) (?:want|need|wanted|after|ringing|calling)\b|\b(?:don't|didn't) (?:want|mean|need)\b|\binstead\b|"
    r"\bnot (?:what|why|about|the|a|that)\b|^(?:no|nah|nope)\b"
)
"""What says that the task at hand is to be left, and not returned to."""

DONT_KNOW = re.compile(
    r"^(?:(?:oh|er|um|well|sorry|no|ah|eh|hmm) )*(?:i |we )?(?:(?:really |just )?(?:don't|dont|do not) know (?:it|that|the|what|off)\b|dunno\b|"
    r"(?:haven't|have not|not) got (?:it|that|the|one|my)\b|(?:can't|cannot|couldn't) (?:find|see|read|remember)\b|"
    r"(?:don't|do not) have (?:it|that|the|one|my)\b|no idea\b)"
)
"""Who begins so answers the question, as far as they can, whatever else they tell of it."""

OPEN_QUESTION = re.compile(
    r"(?:(?:and|so|but|oh|er|sorry|hang on|well) )*(?:what|where|why|how|who|do (?:i|we)|should (?:i|we)|must (?:i|we)|"
    r"(?:is|are) there|will (?:it|i|they)|when (?:do|does|will|can|should|is|are))\b(?: \w+){2,}"
)
"""A question whose words can hardly be an answer."""

ENOUGH = re.compile(
    r"^((oh|er|um|ah|right|ok|okay|well|great|lovely|brilliant|cheers|thanks|thank you) )*(no|nah|nope)\b|"
    r"\b(that's (all|everything|it|me|the lot|me done|me sorted|us)|that is all|that'll (do|be (it|all))|nothing (else|more)|"
    r"nowt else|no more|all (done|sorted)|(i'm|we're) (fine|sorted|done|good|all right|alright|grand))\b"
)
"""That there is nothing else, where that was asked."""
