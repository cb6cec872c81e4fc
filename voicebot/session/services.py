"""What a call needs from the outside, handed to it by the process that composes everything."""

from dataclasses import dataclass, field

from voicebot.dialogue.welsh import WelshContent
from voicebot.facts.model import CouncilFacts
from voicebot.facts.reader import FactsReader
from voicebot.handoff.titles import Titles
from voicebot.handoff.transfer import Transfer as PersonFinder
from voicebot.handoff.waiting_room import WaitingRoom
from voicebot.outbox.state import BackOffices
from voicebot.recording.recorder import Recorder
from voicebot.safety.detector import SafetyNet
from voicebot.session.carry_on import Earlier
from voicebot.session.ledger import RecordSink
from voicebot.session.mind import Mind
from voicebot.session.prompts import Prompts
from voicebot.settings import Settings
from voicebot.spoken.finished import SentenceEnds
from voicebot.stt.transcript import Transcriber
from voicebot.tts.spoken import Voice


@dataclass(frozen=True, slots=True)
class CallServices:
    """Shared by all calls of a process."""

    settings: Settings
    transcriber: Transcriber
    voice: Voice
    mind: Mind
    safety: SafetyNet
    prompts: Prompts
    people: PersonFinder
    sink: RecordSink
    recorder: Recorder | None = None
    """Set when calls are recorded."""
    titles: Titles = field(default_factory=Titles)
    """What services and needs are called on the card."""
    facts: FactsReader = field(default_factory=lambda: FactsReader(CouncilFacts()))
    """What holds today: opening hours and notices. Without any, everything is open."""
    offices: BackOffices = field(default_factory=BackOffices)
    """The systems of the teams that deal with reports."""
    earlier: Earlier | None = None
    """Where calls that were dropped are found; without it nobody is asked whether to carry on."""
    welsh: WelshContent | None = None
    """The second language, if the dialogue has one."""
    ends: SentenceEnds = field(default_factory=SentenceEnds)
    """How the dialogue's examples end, for telling a pause from the end of a turn."""
    room: WaitingRoom | None = None
    """The queues of agents with accounts; without it only the desk phones of the settings are rung."""
