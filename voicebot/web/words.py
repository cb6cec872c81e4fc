"""What pages of agents and supervisors call things, in plain English."""

from datetime import UTC, datetime

from voicebot.handoff.desk_views import PRIORITIES
from voicebot.handoff.titles import plain, sentence

AWAY_REASONS = ("Break", "Lunch", "Meeting", "Training", "Other work")
"""Why agents say that they are away."""

OUTCOME_WORDS = {
    "resolved": "Solved in this call",
    "reported": "Reported, with a reference",
    "answered": "Question answered",
    "callback": "To be rung back",
    "passed_on": "Passed on to somebody else",
    "no_contact": "Nobody there, or cut off",
    "other": "Something else",
}
"""How a call ended for the agent who took it."""

CALL_OUTCOMES = {
    "answered": "Answered",
    "reported": "Reported",
    "transferred": "To a person",
    "callback": "Call back",
    "message": "Message",
    "emergency": "Emergency",
    "abandoned": "Hung up",
    "failed": "Failed",
}
"""How a call ended, by the records."""

SOURCE_WORDS = {"said": "Said", "keyed": "Keyed in", "looked_up": "Looked up", "line": "From the line"}
WHO_WORDS = {"caller": "Caller", "bot": "Assistant", "agent": "Agent"}
STATE_WORDS = {
    "offline": "Signed out",
    "available": "Available",
    "away": "Away",
    "offered": "Being offered a call",
    "in_call": "In a call",
    "wrapping_up": "Wrapping up",
}
WHY_WORDS = {
    "offered": "Being offered to an agent",
    "busy": "Everybody is busy",
    "nobody": "No agent is there",
    "declined": "Nobody has taken it so far",
    "later": "Rung lately, without an answer",
}
WORK_KINDS = {"message": "Message", "callback": "Call back", "dropped": "Cut off while waiting"}
WORK_OUTCOMES = {
    "done": "Done",
    "reached": "Rang back and reached them",
    "not_reached": "Rang back without reaching them",
    "not_needed": "No longer needed",
}

_TEAM = "the "


def queue_title(name: str, title: str = "") -> str:
    """A queue for a list: its team without the article, or its name as words."""
    return sentence(title.removeprefix(_TEAM)) if title else sentence(plain(name))


def length(seconds: float | None) -> str:
    """``75`` → "1 min 15 s"; nothing for what is not over."""
    if seconds is None:
        return ""
    whole = max(0, round(seconds))
    hours, minutes = divmod(whole // 60, 60)
    if hours >= 48:
        return f"{hours // 24} days"
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {whole % 60} s" if minutes else f"{whole} s"


def call_time(at_ms: float | None) -> str:
    """A moment of a call: ``75000`` → "1:15"."""
    if at_ms is None:
        return ""
    seconds = max(0, int(at_ms // 1000))
    return f"{seconds // 60}:{seconds % 60:02}"


def when(text: str | datetime | None, now: datetime | None = None) -> str:
    """A moment as people write it, in UTC; today's without its date when ``now`` is given."""
    if text is None or text == "":
        return ""
    at = datetime.fromisoformat(text) if isinstance(text, str) else text
    utc = at.astimezone(UTC)
    if now is not None and utc.date() == now.astimezone(UTC).date():
        return f"{utc:%H:%M}"
    return f"{utc.day} {utc:%b %Y, %H:%M}"


def percent(share: float | None) -> str:
    """``0.254`` → "25 %"; nothing for the share of nothing."""
    return "" if share is None else f"{share * 100:.0f} %"


PRIORITY_WORDS = dict(zip(PRIORITIES, ("Urgent", "High", "Normal"), strict=True))
