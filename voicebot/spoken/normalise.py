"""What a recogniser wrote, made into what is meant: figures for numbers, letters for their names, no fillers.

The text stays otherwise as it was: the dialogue's model learned from people's words. Readings that would change
everyday words ("for", "to", "be", "you") are taken only between letters and figures, more freely when
the question asked for something spelled.
"""

import re
from dataclasses import dataclass

from voicebot.dialogue.acts import Profile
from voicebot.spoken import numbers
from voicebot.spoken.codes import as_written, is_whole, shape_of
from voicebot.spoken.lexicon import (
    CLEAR_LETTERS,
    DOUBTFUL_LETTERS,
    DOUBTFUL_UNITS,
    HOUSE_SLOTS,
    MONTHS,
    NATO,
    REPEATS,
    TEENS,
    TENS,
    TWO_LETTER_WORDS,
    UNITS,
    is_spelled_slot,
    listed,
)

_FILLERS = frozenset(listed("um umm erm er err uh uhm ehm hmm ahem"))
_KNOW_BEFORE = frozenset(listed("do did if would what let as should how because don't dont that so"))
_KNOW_AFTER = frozenset(listed("if what when where how who about the why whether that anything which any"))
_HOUSE_WORDS = frozenset(listed("number flat house apartment unit"))
_SEEING = frozenset(("me", "i", "you", "we", "i'll", "to", "can", "can't"))
_SEEN = frozenset(("see",))
_BEFORE_BE = frozenset(
    ("would", "will", "it'll", "that'll", "that'd", "it'd", "should", "must", "might", "could", "i'll")
)
"""Words after which "be" is no letter: "that would be twelve"."""
_OF_ME = frozenset(
    listed(
        "think believe reckon guess suppose hope know say said mean am was live have do don't can can't couldn't just "
        "only"
    )
)
"""Words before which "i" is no letter: "eight ell pea i think"."""
_SPACERS = frozenset(("space", "dash", "hyphen", "stroke", "slash"))
_TRAIL = re.compile(r"[.,;:!?…]+$")
_ALNUM = re.compile(r"(?=.*\d)[a-z\d]{2,8}")


@dataclass(frozen=True, slots=True)
class _Token:
    word: str
    core: str
    trail: str


@dataclass(frozen=True, slots=True)
class _Piece:
    """A part of something spelled: its characters, how many tokens, and whether it could be nothing else."""

    characters: str
    count: int
    clear: bool
    number: bool = False
    single: bool = False


def normalise(text: str, *, slot: str = "", profile: Profile = Profile.NORMAL) -> str:
    """Figures, letters and codes as they are written, fillers left out, all else as it was said.

    ``slot`` and ``profile`` name what was asked: "zed bee three eight ell pea" is ``ZB3 8LP`` anywhere, but "to oh
    for" is ``204`` only where a number or code is expected. Never raises.
    """
    tokens = _without_fillers(_tokens(text))
    free = profile is Profile.SPELLING or is_spelled_slot(slot)
    house = slot in HOUSE_SLOTS or slot.endswith(("_address", "_house_number"))
    shape = shape_of(slot, free=free)
    out: list[str] = []
    at = 0
    while at < len(tokens):
        if tokens[at].core in _SEEN and at and tokens[at - 1].core in _SEEING:
            out.append(tokens[at].word)
            at += 1
            continue
        run = _run(tokens, at, free=free)
        run = _without_lead(_without_tail(run, shape), shape)
        if house or (at and tokens[at - 1].core in _HOUSE_WORDS) or at <= 2:
            run = _lettered(tokens, at, run, house=house)
        written = _write(tokens, at, run, free=free, house=house, slot=slot) if run else None
        if written is None:
            out.append(tokens[at].word)
            at += 1
        else:
            count = sum(piece.count for piece in run)
            if free and written.startswith("44") and out and out[-1].lower() == "plus":
                written = "+" + written
                out.pop()
            out.append(written + tokens[at + count - 1].trail)
            at += count
    return " ".join(out)


def spelled_characters(text: str) -> str:
    """Every letter and figure that was spelled in ``text``, joined in upper case; everyday words are left out."""
    tokens = _without_fillers(_tokens(text))
    out = ""
    at = 0
    while at < len(tokens):
        run = _run(tokens, at, free=True)
        characters = "".join(piece.characters for piece in run)
        if run and (len(characters) > 1 or run[0].clear):
            out += characters
            at += sum(piece.count for piece in run)
        else:
            at += 1
    return out.upper()


def _tokens(text: str) -> list[_Token]:
    tokens = []
    for raw in text.replace("’", "'").split():
        lowered = raw.lower()
        parts = [raw]
        stripped = _TRAIL.sub("", lowered)
        if "-" in stripped and stripped not in NATO and stripped not in CLEAR_LETTERS:
            pieces = stripped.split("-")
            if all(_spoken_part(piece) for piece in pieces):
                parts = raw.split("-")
        for part in parts:
            trail = _TRAIL.search(part)
            core = _TRAIL.sub("", part).lower().strip("\"'()")
            tokens.append(_Token(part, core, trail.group(0) if trail else ""))
    return _joined_double_you(tokens)


def _spoken_part(part: str) -> bool:
    return len(part) == 1 or part in UNITS or part in TEENS or part in TENS or part.isdecimal()


def _joined_double_you(tokens: list[_Token]) -> list[_Token]:
    out: list[_Token] = []
    for token in tokens:
        if token.core in ("you", "u", "yew") and out and out[-1].core == "double":
            out[-1] = _Token(f"{out[-1].word} {token.word}", "double-you", token.trail)
        else:
            out.append(token)
    return out


def _without_fillers(tokens: list[_Token]) -> list[_Token]:
    out: list[_Token] = []
    at = 0
    while at < len(tokens):
        core = tokens[at].core
        after = tokens[at + 1].core if at + 1 < len(tokens) else ""
        beyond = tokens[at + 2].core if at + 2 < len(tokens) else ""
        before = out[-1].core if out else ""
        if core in _FILLERS and after != "huh":
            at += 1
        elif (core, after) == ("you", "know") and before not in _KNOW_BEFORE and beyond not in _KNOW_AFTER:
            at += 2
        elif (core, after) == ("i", "mean") and (not out or tokens[at - 1].trail):
            at, beyond = at + 2, ""
        else:
            out.append(tokens[at])
            at += 1
    return out


def _run(tokens: list[_Token], start: int, *, free: bool) -> list[_Piece]:
    """The longest stretch from ``start`` on that may be spelled, without doubtful words hanging over its ends."""
    cores = [token.core for token in tokens]
    pieces: list[_Piece] = []
    at = start
    while at < len(tokens):
        piece = _piece(cores, at, free=free, among=bool(pieces))
        if piece is None or (cores[at] == "i" and at + 1 < len(cores) and cores[at + 1] in _OF_ME):
            break
        if not pieces and not piece.clear and not _begins(cores, at + piece.count, free=free):
            break
        pieces.append(piece)
        at += piece.count
        if tokens[at - 1].trail.startswith((".", "?", "!", ";")) and not free:
            break
    return _trimmed(pieces, free=free)


def _without_lead(run: list[_Piece], code: re.Pattern[str] | None) -> list[_Piece]:
    """Nothing, where the run is a whole ``code`` but for doubtful words before it: it begins after those."""
    if is_whole(_characters(run), code):
        return run
    for skipped in (1, 2):
        if len(run) <= skipped or any(piece.clear for piece in run[:skipped]):
            return run
        if is_whole(_characters(_without_tail(run[skipped:], code)), code):
            return []
    return run


def _without_tail(run: list[_Piece], code: re.Pattern[str] | None) -> list[_Piece]:
    """The run up to where it is a whole ``code``, if only doubtful words follow: "... eight ell pea to be honest"."""
    if code is None:
        return run
    for end in range(1, len(run)):
        rest = run[end:]
        clear = any(piece.clear and (piece.number or len(piece.characters) == 1) for piece in rest)
        if code.fullmatch(_characters(run[:end])) and not clear:
            return run[:end]
    return run


def _characters(run: list[_Piece]) -> str:
    return "".join(piece.characters for piece in run).upper()


def _lettered(tokens: list[_Token], at: int, run: list[_Piece], *, house: bool) -> list[_Piece]:
    """The run with the "a" of "nine a", where that is a house number and not the article before a noun."""
    end = at + sum(piece.count for piece in run)
    numeric = bool(run) and all(piece.number for piece in run)
    if not numeric or end >= len(tokens) or tokens[end].core not in ("a", "ay"):
        return run
    housed = house or (at > 0 and tokens[at - 1].core in _HOUSE_WORDS)
    return [*run, _Piece("a", 1, clear=True)] if housed or end + 1 == len(tokens) else run


def _begins(cores: list[str], at: int, *, free: bool) -> bool:
    """Whether something clearly spelled follows, so that a doubtful word before it may belong to it."""
    following = _piece(cores, at, free=free, among=True) if at < len(cores) else None
    if following is None:
        return False
    if not free:
        return following.clear
    beyond = _piece(cores, at + following.count, free=True, among=True) if at + following.count < len(cores) else None
    return following.clear or following.number or (beyond is not None and beyond.clear)


def _trimmed(pieces: list[_Piece], *, free: bool) -> list[_Piece]:
    while pieces and not pieces[-1].clear:
        clear = sum(piece.clear for piece in pieces)
        if free and clear and pieces[-1].characters and (clear >= 2 or len(pieces) <= 2):
            break
        pieces.pop()
    return pieces


def _piece(cores: list[str], at: int, *, free: bool, among: bool) -> _Piece | None:
    core = cores[at]
    explained = _explained(cores, at)
    if explained is not None:
        return explained
    if core in REPEATS and at + 1 < len(cores) and numbers.unit(cores[at + 1], loose=True) is None:
        letter = CLEAR_LETTERS.get(cores[at + 1])
        return None if letter is None else _Piece(letter * REPEATS[core], 2, clear=True)
    number = numbers.group(cores, at, loose=False)
    if number is not None:
        return _Piece(number.figures, number.count, clear=True, number=True, single=number.single)
    if core in CLEAR_LETTERS:
        return _Piece(CLEAR_LETTERS[core], 1, clear=True)
    if core in NATO and (free or among or _spelling_follows(cores, at)) and not _is_month(cores, at):
        return _Piece(NATO[core], 1, clear=True)
    if core in ("oh", "o") and (free or among or _figures_follow(cores, at + 1)):
        digit = _zero_here(cores, at)
        return _Piece("0" if digit else "o", 1, clear=False, number=digit)
    if core in DOUBTFUL_UNITS and among and free:
        return _Piece(str(DOUBTFUL_UNITS[core]), 1, clear=False, number=True, single=True)
    if core in DOUBTFUL_UNITS and free and at + 1 < len(cores):
        return _Piece(str(DOUBTFUL_UNITS[core]), 1, clear=False, number=True, single=True)
    if core == "be" and at and cores[at - 1] in _BEFORE_BE:
        return None
    if core in DOUBTFUL_LETTERS and core not in ("and", "he", "an", "our", "hell") | DOUBTFUL_UNITS.keys():
        return _Piece(DOUBTFUL_LETTERS[core], 1, clear=False)
    if _ALNUM.fullmatch(core) and not re.fullmatch(r"\d+(st|nd|rd|th|am|pm|p)", core):
        return _Piece(core, 1, clear=True)
    spelled = among or (free and _figures_follow(cores, at + 1, least=1))
    if spelled and len(core) == 2 and core.isascii() and core.isalpha() and core not in TWO_LETTER_WORDS:
        return _Piece(core, 1, clear=True)
    if core == "zb":
        return _Piece(core, 1, clear=True)
    if core in _SPACERS and among and free:
        return _Piece("", 1, clear=False)
    return None


def _explained(cores: list[str], at: int) -> _Piece | None:
    """ "b for bravo", "m as in mother", "bee like bertie": the letter that the word confirms."""
    letter = CLEAR_LETTERS.get(cores[at]) or DOUBTFUL_LETTERS.get(cores[at])
    if not letter:
        return None
    joint = 2 if cores[at + 1 : at + 2] == ["for"] or cores[at + 1 : at + 2] == ["like"] else 0
    joint = 3 if cores[at + 1 : at + 3] == ["as", "in"] else joint
    word = cores[at + joint] if joint and at + joint < len(cores) else ""
    if len(word) > 2 and word[0] == letter and word not in CLEAR_LETTERS and word not in UNITS:
        return _Piece(letter, joint + 1, clear=True)
    return None


def _spelling_follows(cores: list[str], at: int) -> bool:
    following = cores[at + 1] if at + 1 < len(cores) else ""
    return following in NATO or following in CLEAR_LETTERS or numbers.unit(following, loose=False) is not None


def _is_month(cores: list[str], at: int) -> bool:
    """ "the third of november", "november the third" and "fifth november" are no letters."""
    around = (*cores[max(0, at - 1) : at], *cores[at + 1 : at + 2])
    return cores[at] in MONTHS and any(
        word in ("of", "the", "in", "last", "next", "this") or word.endswith(("st", "nd", "rd", "th"))
        for word in around
    )


def _figures_follow(cores: list[str], at: int, *, least: int = 2) -> bool:
    """Whether ``least`` (one or two) figures are read out from here on, so that what stands before may be one more."""
    first = numbers.group(cores, at, loose=False)
    if least == 1:
        return first is not None
    return first is not None and numbers.group(cores, at + first.count, loose=True) is not None


def _zero_here(cores: list[str], at: int) -> bool:
    """Whether "oh" is a nought: beside a number."""
    near = [*cores[max(0, at - 1) : at], *cores[at + 1 : at + 2]]
    return any(
        word in UNITS
        or word in TEENS
        or word in TENS
        or word in REPEATS
        or word in ("oh", "hundred")
        or word.isdecimal()
        for word in near
    )


def _write(tokens: list[_Token], at: int, run: list[_Piece], *, free: bool, house: bool, slot: str) -> str | None:
    """How the run is written; None when it is better left as the words that it was."""
    characters = "".join(piece.characters for piece in run).upper()
    letters = sum(character.isalpha() for character in characters)
    before = tokens[at - 1].core if at else ""
    if letters == 0:
        return _write_number(tokens, at, run, before, free=free, house=house)
    count = sum(piece.count for piece in run)
    if letters == 1 and characters[-1].isalpha() and characters[:-1].isdecimal() and len(characters) <= 4:
        whole = at + count == len(tokens) and at <= 2
        return characters if free or house or whole or before in _HOUSE_WORDS or count == 1 else None
    if len(run) == 1 and count == 1:
        return as_written(characters) if len(characters) > 3 else tokens[at].word.removesuffix(tokens[at].trail)
    clear = sum(piece.clear for piece in run)
    if not free and (clear < 2 or clear * 2 < len(run)):
        return None
    if letters == len(characters) and not free:
        # A name that was asked for is written; "f o i" stays as it was said, as the dialogues have it.
        return characters.title() if slot.endswith("name") or slot == "street" else None
    return as_written(characters)


def _write_number(
    tokens: list[_Token], at: int, run: list[_Piece], before: str, *, free: bool, house: bool
) -> str | None:
    parts = [piece.characters for piece in run if piece.characters]
    count = sum(piece.count for piece in run)
    if len(run) == 1:
        if run[0].single and not (free or house or before in _HOUSE_WORDS):
            return None
        return parts[0]
    if before in ("flat", "apartment", "unit"):
        return f"{parts[0]} {''.join(parts[1:])}"
    written_apart = any(token.core.isdecimal() and len(token.core) > 1 for token in tokens[at : at + count])
    joined = (" " if house and written_apart else "").join(parts)
    if free or house or len(parts) >= 3 or "0" in parts[0][:1] or any(not piece.single for piece in run):
        return joined
    return None
