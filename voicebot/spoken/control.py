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
        *("nothing wrong with that", "can't complain", "no that's (?:right|correct|fine|great|okay|ok|it|true)"),
        *("couldn't agree more", "no doubt"),
    )
)
_FLIPPED_TO_NO = _any(
    (
        *(
            "(?:not|isn't|wasn't|aren't|ain't|don't|doesn't) (?:\\w+ ){0,3}?(?:right|correct|true|sure|it|ok|okay|fine)",
        ),
        *("not (?:really|quite|exactly|at all|yet|today|now|me)", "of course not", "absolutely not", "definitely not"),
        *("certainly not", "i'm afraid not", "afraid not", "hope not", "don't think so", "yeah no", "yes but no"),
        *("not (?:on your|in a) \\w+", "you(?:'ve| have) got (?:that|it) wrong", "none of (?:that|those|them)"),
        *("yeah right",),
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
    ("i (?:don't|dunno|do not) know", "dunno", "not sure", "no idea", "maybe", "perhaps", "might", "it depends")
)
_LEAD_IN = re.compile(r"^(?:(?:um|er|erm|uh|oh|ah|well|so|like|look|hmm|i mean|you know|let me see|hang on) )+")
_CONTRAST = re.compile(r"\b(?:but|no wait|yes wait|actually|or|sorry|hang on|hold on)\b")


def yes_no(text: str) -> bool | None:
    """Whether an answer means yes or no; None when it means neither, or both."""
    said = _LEAD_IN.sub("", _clean(text))
    if not said or _DOUBT.search(said):
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
    if first in _FIRM_YES and not re.match(r"\w+ (?:no|nope|nah)\b", plain):
        return True
    return None


_WHO = (
    r"(?:a|an|any|some|the|your|real|actual|live|proper|human|right|another|different|council|customer|service|services|"
    r"call|centre|support|person|in|charge)"
)
_PERSON = (
    r"(?:someone|somebody|anyone|anybody|person|human|human being|people|operator|agent|adviser|advisor|representative|"
    r"rep|manager|supervisor|receptionist|officer|member of staff|staff|man or woman|call handler|team)"
)
_WANTS_PERSON = _any(
    (
        rf"(?:speak|talk|chat|spoke|through|connect(?: me)?|transfer(?: me)?|put me(?: through)?|pass me(?: over)?|switch me)"
        rf" (?:on |over |straight )?(?:to|with|through to) (?:{_WHO} )*{_PERSON}",
        rf"(?:get|give|find|fetch) me (?:{_WHO} )*{_PERSON}",
        rf"(?:want|need|like|prefer|rather have) (?:{_WHO} )*(?:person|human|human being|operator|agent|adviser|advisor|representative)(?! (?:to|for|who) (?:come|visit|fix|look|collect))",
        r"(?:a )?(?:real|actual|live|proper|human) (?:person|human|being|agent|operator|adviser|advisor|voice)",
        r"(?:human|person|operator|agent|adviser|advisor|representative)(?: agent)?(?:,? please| now)",
        r"(?:don't|do not|won't|not) (?:want to |wanna |like |going to )?(?:talk(?:ing)?|speak(?:ing)?)(?: to)? (?:a |this |an? )?(?:machine|robot|computer|bot|recording)",
        r"is there (?:a |an )?(?:real )?(?:person|human|anyone|anybody|someone|somebody)(?: (?:there|i can (?:speak|talk)).*)?",
        r"(?:not|hate|no|sick of|stop) (?:talking to |these |this |a )?(?:robot|robots|machine|machines|bot|bots)",
        r"put me through",
    )
)
_ALONE = re.compile(
    r"(?:(?:i want|i need|can i have|can i get|give me|just|can i just have|get me) )*(?:a |an |the |to |some )*(?:real |human |live |actual )?"
    r"(?:agent|operator|human|person|adviser|advisor|representative|someone|somebody|real person|human being|customer services?|receptionist|switchboard)"
    r"(?: please| now)*"
)


def wants_person(text: str) -> bool:
    """Whether the caller asks for a human being ("agent", "can I speak to someone"), at any place in the words."""
    said = _LEAD_IN.sub("", _clean(text))
    return bool(_ALONE.fullmatch(said) or _WANTS_PERSON.search(said))


_POLITE = (
    r"(?:(?:um|er|erm|uh|oh|sorry|please|pardon|excuse me|hang on|what|could you|can you|would you|will you|just|hey|i|"
    r"couldn't|didn't|did not|don't|catch that|quite|hear that|hear you|get that|love|mate|and|but|that|it|me|for|to|"
    r"for me|you|to me|i'm|a bit|bit|you'll have to|you will have to|have to|need|want|i need you to|once|one) )*"
)
_AFTER = r"(?: (?:please|for me|to me|love|mate|sorry|i|didn't|couldn't|catch|hear|that|it|you|again|then|now|a bit|can|could|will|would|bit))*"


def _whole(*cores: str) -> re.Pattern[str]:
    """Matches only when the words say this and nothing else: "say that again", not "it happened again"."""
    return re.compile(_POLITE + r"(?:" + "|".join(cores) + r")" + _AFTER)


_REPEAT = _whole(
    r"(?:say|repeat|ask|read|tell me|run|go over) (?:that|it|the question|this|what you said|yourself|me that|that question)?(?: by me| through)? ?(?:again|one more time|once more|back)",
    r"repeat(?: that| it| yourself| the question| what you said)?",
    r"(?:come|say) again",
    r"one more time",
    r"again",
    r"what did you (?:just )?(?:say|ask)(?: me)?(?: then)?",
    r"what was (?:that|it|the question)(?: again)?",
    r"(?:i )?(?:didn't|did not|couldn't|could not|can't) (?:quite )?(?:catch|hear|get|understand|make out)(?: any of)? (?:that|it|you|what you said)",
    r"pardon(?: me)?",
    r"(?:i )?(?:beg your pardon|missed that|missed it)",
    r"you what",
    r"eh",
    r"what",
    r"sorry",
    r"excuse me",
)
_SLOWER = _whole(
    r"(?:(?:speak|talk|go|say (?:it|that)|read (?:it|that)|be|do (?:it|that))(?: a (?:bit|little)| a little bit| much| more)* )?(?:slower|slowly|more slowly)",
    r"slow (?:down|it down)",
    r"slow(?: down)?(?: a bit)?",
    r"(?:that's|that was|you're|you are|it's|you talk|you speak|you're talking|you're going|you're speaking)(?: a bit| much| way| far| speaking| talking)* too (?:fast|quick|quickly)(?: for me)?",
    r"not so fast",
    r"(?:more time|give me (?:a bit |some )?(?:more )?time)",
    r"too fast",
)
_LOUDER = _whole(
    r"(?:(?:speak|talk|go|say (?:it|that)|be)(?: a (?:bit|little)| a little bit| much)* )?(?:louder|more loudly)",
    r"speak up",
    r"turn (?:it|the volume|yourself) up",
    r"(?:you're|you are|that's|it's|the line is)(?: a bit| very| too| so)* (?:quiet|faint)",
    r"(?:i )?(?:can't|can hardly|can barely|cannot|couldn't) hear (?:you|that|a thing|anything)(?: very well| properly| at all)?",
    r"i'?m (?:a bit |very |quite )?(?:hard of hearing|deaf)",
    r"too quiet",
)


def is_repeat(text: str) -> bool:
    """Whether the caller asks only to hear the last words again."""
    said = _clean(text)
    return bool(_REPEAT.fullmatch(said)) and not is_louder(text) and not is_slower(text)


def is_slower(text: str) -> bool:
    """Whether the caller asks only for slower speech, or more time."""
    return bool(_SLOWER.fullmatch(_clean(text)))


def is_louder(text: str) -> bool:
    """Whether the caller says only that they can't hear well."""
    return bool(_LOUDER.fullmatch(_clean(text)))
