"""Short answers and wishes about the conversation itself: yes, no, a person, again, slower, louder."""

import re
from collections.abc import Iterable

_PUNCTUATION = re.compile(r"[^a-z0-9' ]+")


def _clean(text: str) -> str:
    return " ".join(_PUNCTUATION.sub(" ", text.lower().replace("’", "'")).split())


def _any(patterns: Iterable[str]) -> re.Pattern[str]:
    return re.compile(r"\b(?:" + "|".join(patterns) + r")\b")


_FLIPPED_TO_YES = _any(
    (
        *("no (?:problem|worries|bother|trouble|objections?)", "not a problem", "why not", "don't see why not"),
        *("nothing wrong with that", "can't complain", "no that's (?:right|correct|fine|great|okay|ok|true)"),
        *("couldn't agree more", "no doubt"),
    )
)
_FLIPPED_TO_NO = _any(
    (
        r"(?:not|isn't|wasn't|aren't|ain't|don't|doesn't) (?:\w+ ){0,3}?(?:right|correct|true|it|ok|okay|fine)",
        *("not (?:really|quite|exactly|at all|yet|today|now|me)", "of course not", "absolutely not", "definitely not"),
        *("certainly not", "i'm afraid not", "afraid not", "hope not", "don't think so", "yeah no", "yeah right"),
        *("not (?:on your|in a) \\w+", "you(?:'ve| have) got (?:that|it) wrong", "none of (?:that|those|them)"),
        *("please don't", "(?:it|that|they|she|he) (?:was|were|is|are|has|have) (?:not|never)"),
    )
)
_YES = _any(
    (
        *(
            "yes",
            "yeah",
            "yep",
            "yup",
            "yeh",
            "yea",
            "ya",
            "aye",
            "correct",
            "right",
            "sure",
            "okay",
            "ok",
            "okey dokey",
        ),
        *("please do", "go on", "go ahead", "that's (?:it|the one|him|her|me|them)", "it is", "i do", "i did", "i am"),
        *("i have", "i would", "they do", "they are", "we do", "we did", "we are", "it was", "it does", "it has"),
        *("definitely", "absolutely", "of course", "certainly", "indeed", "fine", "spot on", "true", "exactly"),
        *("affirmative", "uh huh", "mhm", "mm hm", "mm hmm", "please", "sounds good", "perfect", "lovely", "great"),
        *("you got it", "bang on", "too right", "why aye", "i think so", "i believe so", "that'll do", "that would be"),
        *("i suppose(?: so)?", "i guess(?: so)?"),
        *("she is", "he is", "there is", "there are"),
    )
)
_NO = _any(
    (
        *("no", "nope", "nah", "nay", "naw", "na", "not", "wrong", "incorrect", "never", "none", "nothing", "neither"),
        *("false", "negative", "don't", "didn't", "isn't", "wasn't", "haven't", "hasn't", "won't", "can't", "aren't"),
        *("doesn't", "ain't", "wouldn't", "no way", "no thanks", "no thank you", "nowt"),
    )
)
_FIRM_NO = frozenset(("no", "nope", "nah", "nay", "naw", "na"))
_FIRM_YES = frozenset(("yes", "yeah", "yep", "yup", "yeh", "yea", "aye", "correct", "sure", "definitely"))
_DOUBT = _any(
    (
        *("i (?:don't|dunno|do not) know", "dunno", "not (?:\\w+ )?sure", "no idea", "maybe", "perhaps", "might"),
        *("it depends", "yes and no", "don't mind", "don't care", "not bothered", "either"),
    )
)
_QUESTION = re.compile(r"(?:is|are|what|how|when|where|who|which|do you|did you|can|could|will|would|was) ")
_LEAD_IN = re.compile(r"^(?:(?:um|er|erm|uh(?! huh)|oh|ah|well|so|like|look|hmm|i mean|you know|let me see|hang on) )+")
_CONTRAST = re.compile(r"\b(?:but|no wait|yes wait|actually|or|sorry|hang on|hold on)\b")


def yes_no(text: str) -> bool | None:
    """Whether an answer means yes or no; None when it means neither, or both."""
    said = _LEAD_IN.sub("", _clean(text))
    if not said or _DOUBT.search(said) or _QUESTION.match(said):
        return None
    plain = _FLIPPED_TO_YES.sub("yes", said)
    plain = _FLIPPED_TO_NO.sub("no", plain)
    yes, no = bool(_YES.search(plain)), bool(_NO.search(plain))
    if yes != no:
        return yes
    if not yes or _CONTRAST.search(plain):
        return None
    first = plain.split()[0]
    if first in _FIRM_NO:
        # "no, that's right" was already turned into a yes: this one is "no, the other is fine".
        return False if not re.match(r"(?:\w+ )?(?:yes|yeah|yep)\b", plain) else None
    if first in _FIRM_YES and not re.search(r"^\w+ (?:no|nope|nah)\b|\bwrong\b|\bincorrect\b", plain):
        return True
    return None


_WHO = (
    r"(?:a|an|any|some|the|your|real|actual|live|proper|human|right|another|different|council|customer|service|services|"
    r"call|centre|support|person|in|charge)"
)
_AGENT = r"(?:human being|human|person|operator|agent|adviser|advisor|representative)"
_PERSON = (
    rf"(?:someone|somebody|anyone|anybody|people|{_AGENT}|rep|manager|supervisor|receptionist|officer|"
    r"member of staff|staff|man or woman|call handler)"
)
_REACH = r"(?:speak|talk|chat|through|connect(?: me)?|transfer(?: me)?|put me(?: through)?|pass me(?: over)?|switch me)"
_REAL = r"(?:real|actual|live|proper|human)"
_MACHINES = r"(?:machines?|robots?|computers?|bots?|recordings?)"
_WANTS_PERSON = _any(
    (
        rf"{_REACH} (?:on |over |straight )?(?:to|with|through to) (?:{_WHO} )*{_PERSON}",
        rf"{_REACH} (?:to|with|through to) (?:the |your )?(?:\w+ ){{0,3}}(?:team|department|office)",
        rf"(?:get|give|find|fetch) me (?:{_WHO} )*{_PERSON}",
        rf"(?:want|need|like|prefer|rather have) (?:{_WHO} )*{_AGENT}"
        r"(?! (?:to|for|who) (?:come|visit|fix|look|collect))",
        rf"{_REAL} (?:person|human|being|agent|operator|adviser|advisor|voice)",
        rf"{_AGENT}(?: please| now)",
        r"(?:don't|do not|won't|not) (?:want to |wanna |like |going to )?(?:talk|speak)(?:ing)?(?: to)? "
        rf"(?:a |this |an )?{_MACHINES}",
        rf"(?:not|hate|no|sick of|stop) (?:talking to )?(?:these |this |a )?{_MACHINES}",
        rf"is there (?:a |an )?(?:{_REAL} )?(?:person|human|anyone|anybody|someone|somebody)"
        r"(?: there| i can (?:speak|talk)| to (?:speak|talk))",
        r"(?:a )?word with (?:someone|somebody|a person)",
        rf"{_REACH} to (?:a |the )?(?:member of|lady|man|woman|gentleman)",
        r"put me through",
    )
)
_ALONE = re.compile(
    r"(?:(?:i want|i need|can i have|can i get|give me|just|can i just have|get me) )*"
    rf"(?:a |an |the |to |some )*(?:{_REAL} )?"
    rf"(?:{_AGENT}|someone|somebody|customer services?|receptionist|switchboard)(?: please| now)*"
)


def wants_person(text: str) -> bool:
    """Whether the caller asks for a human being ("agent", "can I speak to someone"), at any place in the words.

    "Are you a real person" only asks who speaks.
    """
    said = _LEAD_IN.sub("", _clean(text))
    if re.match(r"(?:are you|is this|am i (?:talking|speaking)) ", said):
        return False
    return bool(_ALONE.fullmatch(said) or _WANTS_PERSON.search(said))


_FILLER = _any(
    (
        r"(?:hello|hi|hiya|good morning|good afternoon|please|thanks|thank you|love|sorry|excuse me)",
        r"(?:i want|i need|i'd like|i would like|can i|could i|may i|can you|could you|i just want|is there)",
        r"(?:i can|who can|that can|who deals|deals|dealing|to speak|to talk|to|with|about|it's|for|a|an|the)",
        r"(?:team|department|office|people|again|now|today|regarding|concerning|on|my)",
    )
)
_FEW_WORDS = 2


def besides_person(text: str) -> str:
    """What is said beside the wish for a person: of "i want to talk to somebody about my tax bill" it is "tax bill".

    Empty when nothing is left that says what it is about.
    """
    said = _LEAD_IN.sub("", _clean(text))
    if not _WANTS_PERSON.search(said):
        return ""
    rest = " ".join(_WANTS_PERSON.sub(" ", said).split())
    while filler := _FILLER.match(rest):
        rest = rest[filler.end() :].strip()
    return rest if len(_FILLER.sub(" ", rest).split()) >= _FEW_WORDS else ""


_POLITE = (
    r"(?:(?:um|er|erm|uh|oh|sorry|please|pardon|excuse me|hang on|what|could you|can you|would you|will you|just|hey|i|"
    r"couldn't|didn't|did not|don't|catch that|quite|hear that|hear you|get that|love|mate|and|but|that|it|me|for|to|"
    r"for me|you|to me|i'm|a bit|bit|you'll have to|you will have to|have to|need|want|i need you to|once|one) )*"
)
_AFTER = (
    r"(?: (?:please|for me|to me|love|mate|sorry|i|didn't|couldn't|catch|hear|that|it|you|again|then|now|a bit|"
    r"can|could|will|would|bit))*"
)
_BIT = r"(?: a (?:bit|little)| a little bit| much| more)*"
_WAY = rf"(?:(?:speak|talk|go|be|(?:say|read|do|repeat) (?:it|that)(?: again)?){_BIT} )?"


def _whole(*cores: str) -> re.Pattern[str]:
    """Matches only when the words say this and nothing else: "say that again", not "it happened again"."""
    return re.compile(_POLITE + r"(?:" + "|".join(cores) + r")" + _AFTER)


_SAID = r"(?:that|it|the question|that question|this|what you said|yourself|me that)"
_REPEAT = _whole(
    rf"(?:say|repeat|ask|read|tell me|run|go over) {_SAID}?(?: by me| through)? ?"
    r"(?:again|one more time|once more|back)",
    rf"repeat(?: {_SAID})?",
    r"(?:come|say) again",
    r"(?:one more time|once more|again)",
    r"(?:run|go over) (?:that|it) (?:past|by|with) me again",
    r"(?:have|tell me|give me|what was) (?:that|the) ?"
    r"(?:reference|number|date|day|time|address|name|last bit|bit)? again",
    r"what did you (?:just )?(?:say|ask)(?: me)?(?: then)?",
    r"what was (?:that|it|the question)(?: again)?",
    r"(?:i )?(?:didn't|did not|couldn't|could not|can't) (?:quite )?"
    r"(?:catch|hear|get|understand|make out)(?: any of)? (?:that|it|you|what you said)",
    r"pardon(?: me)?",
    r"(?:i )?(?:beg your pardon|missed that|missed it)",
    r"you what",
    r"eh",
    r"what",
    r"sorry",
    r"excuse me",
)
_SLOWER = _whole(
    rf"{_WAY}(?:slower|slowly|more slowly)",
    r"slow (?:it )?down(?: a bit)?",
    r"slow(?: a bit)?",
    r"(?:(?:that's|that was|you're|you are|it's|you talk|you speak)"
    r"(?: a bit| much| way| far| speaking| talking| going)* )?too (?:fast|quick|quickly)(?: for me)?",
    r"not so fast",
    r"(?<!one )more time",
    r"give me (?:a (?:bit|little|moment)(?: more)?|some|more|some more)(?: of)? ?time",
)
_LOUDER = _whole(
    rf"{_WAY}(?:louder|more loudly)",
    r"speak up",
    r"turn (?:it|the volume|yourself) up",
    r"(?:(?:you're|you are|that's|it's|the line is)(?: a bit| very| too| so)* |too )(?:quiet|faint)",
    r"(?:i )?(?:can't|can hardly|can barely|cannot|couldn't) hear (?:you|a thing|anything)"
    r"(?: very well| properly| at all)?",
    r"i'?m (?:a bit |very |quite )?(?:hard of hearing|deaf)",
)


def is_repeat(text: str) -> bool:
    """Whether the caller asks only to hear the last words again."""
    said = _clean(text)
    return bool(_REPEAT.fullmatch(said)) and not is_louder(text) and not is_slower(text)


_SHORT = 12
_SLOWER_WITHIN = _any(
    (
        r"(?:speak|talk|go|say (?:it|that)|take it|read (?:it|that))(?: a (?:bit|little))? (?:more )?(?:slower|slowly)",
        *(
            "(?:you|you're) (?:talk|speak|go|talking|speaking|going) (?:so|too|very) (?:fast|quick|quickly)",
            "slower please",
        ),
        *("keep up with you", "let me write (?:it|that|this) down", "less quickly", "slow down"),
    )
)
_LOUDER_WITHIN = _any(
    (
        *(
            "speak up",
            "raise your voice",
            "more volume",
            "volume(?:'s| is) too low",
            "voice is too (?:low|quiet|faint)",
        ),
        *(
            "(?:hardly|barely|can't) hear (?:you|anything|a word|a thing)",
            "you sound (?:miles|far) away",
            "make it louder",
        ),
        *("(?:speak|talk|say (?:it|that)) (?:a bit )?louder", "bad line i can hardly hear"),
    )
)


def is_slower(text: str) -> bool:
    """Whether the caller asks for slower speech, or more time, and little else."""
    said = _clean(text)
    return bool(_SLOWER.fullmatch(said) or (len(said.split()) <= _SHORT and _SLOWER_WITHIN.search(said)))


def is_louder(text: str) -> bool:
    """Whether the caller says that they can't hear the bot well, and little else."""
    said = _clean(text)
    return bool(_LOUDER.fullmatch(said) or (len(said.split()) <= _SHORT and _LOUDER_WITHIN.search(said)))
