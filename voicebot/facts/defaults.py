"""The council's facts as they are before anybody changed them, as the settings want them kept."""

from voicebot.facts.model import CouncilFacts, Timetable, load_defaults
from voicebot.settings import Settings

_ALWAYS = "always"


def council_defaults(settings: Settings) -> CouncilFacts:
    """The facts of the dialogue project. Raises :class:`~voicebot.errors.ConfigurationError`.

    Until queues are to keep their hours they answer round the clock, so that a trial at night reaches its phone. What
    people set on the pages for facts holds in any case.
    """
    facts = load_defaults(settings.dialogue.project)
    return facts if settings.handoff.keep_hours else round_the_clock(facts)


def round_the_clock(facts: CouncilFacts) -> CouncilFacts:
    """The same facts with every queue open day and night; places keep their hours."""
    queues = {name: queue.model_copy(update={"timetable": _ALWAYS}) for name, queue in facts.queue.items()}
    timetables = {**facts.timetable, _ALWAYS: Timetable(hours="always")}
    return facts.model_copy(update={"queue": queues, "timetable": timetables})
