"""Settings of the conversation: hearing and speaking, the dialogue, whose turn it is, its limits, its flows."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from voicebot.settings.section import Section


class SpeechSettings(Section):
    """Hearing and speaking. ``model`` and ``voice`` name what ``voicebot models`` installed, or are ``auto``."""

    model: str = "auto"
    voice: str = "auto"
    threads: int = 1
    floor_s: float = 1.0
    min_confidence: float = 0.35
    timeout_s: float = 4.0
    max_queue: int = 32
    max_lag_ms: float = 1500.0
    partials_ms: int = 1000
    device: Literal["auto", "cpu", "cuda"] = "auto"
    compute_type: str = "default"
    workers: int = 2
    batch: int = 0
    words: Path = Path("dialogues/words")
    second: Literal["auto", "none", "pocketsphinx"] = "auto"


class DialogueSettings(Section):
    """Rasa and its action server; both are bound to loopback."""

    project: Path = Path("dialogues")
    environment: Path = Path(".venv-rasa")
    port: int = 5005
    action_port: int = 5055
    timeout_s: float = 2.5


class TurnSettings(Section):
    """Turn-taking times, in ms of received audio."""

    end_normal_ms: int = 760
    end_yes_no_ms: int = 420
    end_spelling_ms: int = 2600
    end_patient_ms: int = 2600
    end_complete_ms: int = 260
    end_settled_ms: int = 280
    end_closed_ms: int = 460
    end_open_ms: int = 2600
    speculate_ms: int = 120
    no_input_ms: int = 6000
    max_utterance_ms: int = 30000


class CallSettings(Section):
    """The conversation's limits. Every wait has one."""

    max_no_input: int = 2
    max_no_match: int = 2
    max_call_s: float = 3600.0
    drain_s: float = 900.0
    record: bool = False
    tone_after_ms: int = 700
    holding_after_ms: int = 1500
    person_key: str = "0"
    offer_welsh: bool = False


class FlowSettings(Section):
    """Publishing flows.

    The version before stays ready for ``keep_previous_minutes``, a draft on trial for ``trial_minutes`` after its last
    call. ``rehearse_aloud`` names the scripted calls that the full test of a draft holds aloud, beside some of the
    services that it changes. ``write_files`` keeps the files in ``dialogue.project`` those of the live version.
    ``doors`` are the ports that versions may listen on where not every port is passed on, each with its address as
    calls know it.
    """

    keep_previous_minutes: float = Field(30.0, ge=0)
    trial_minutes: float = Field(30.0, gt=0)
    rehearse_aloud: tuple[str, ...] = (
        "a missed bin, and then a person",
        "a missed recycling bin is reported with a reference",
        "a house number is corrected when it is read back",
        "a smell of gas in the middle of a form",
        "how to pay is answered",
        "key 0 reaches a person at once",
    )
    write_files: bool = True
    doors: dict[int, str] = Field(default_factory=dict)
    languages: tuple[Annotated[str, Field(pattern=r"^[a-z]{2}$")], ...] = ("en",)
