"""What has to be known of a Whisper model besides its weights: ``model.json`` beside them, or defaults."""

import math
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from voicebot.errors import ConfigurationError
from voicebot.stt.confidence import OWN_MODEL, WHISPER, Calibration

_WIDE_BYTES = 200 << 20


class ConfidenceTraits(BaseModel):
    """The landmarks of :class:`~voicebot.stt.confidence.Calibration`."""

    model_config = ConfigDict(extra="ignore")

    reject: float = WHISPER.reject
    sure: float = WHISPER.sure


SYNTHETIC_ONLY: dict[str, Any] = {
    "prompting": False,
    "no_speech": False,
    "floor_s": 0.0,
    "retry_low_scores": False,
    "pause_s": 0.1,
    "people": False,
    "line_rate": 8000,
    "confidence": {"reject": OWN_MODEL.reject, "sure": OWN_MODEL.sure},
}


class ModelTraits(BaseModel):
    """How a model wants to be used. The defaults fit published Whisper weights.

    ``prompting``: it was trained with previous text before the transcript, so hints can go there. ``no_speech``: its
    no-speech probability means something. ``floor_s``: it is never given a shorter window than this.
    ``retry_low_scores``: a low score may come from the short window and is worth a longer one. ``retry_loops``: so may
    a text that goes round in circles, unless the model was never trained and does nothing else. ``lead_s`` and
    ``tail_s``: silence kept around the words. ``pause_s``: what is kept of each pause between them; one that was never
    taught pauses loses what comes after them. ``people``: it understands people, not only synthetic voices.
    ``line_rate``: the highest rate in Hz of the lines that it was trained on; what is above that band it has never
    heard, so it is taken away.
    """

    model_config = ConfigDict(extra="ignore")

    name: str = ""
    prompting: bool = True
    no_speech: bool = True
    floor_s: float = 5.0
    retry_low_scores: bool = True
    retry_loops: bool = True
    beam_size: int = 5
    lead_s: float = 0.2
    tail_s: float = 0.3
    pause_s: float = math.inf
    people: bool = True
    line_rate: int = 16000
    note: str = ""
    confidence: ConfidenceTraits = Field(default_factory=ConfidenceTraits)

    @model_validator(mode="before")
    @classmethod
    def _of_a_card(cls, fields: Any) -> Any:
        """A card that says "not for people" is of a small model trained on synthetic voices in short windows."""
        if isinstance(fields, dict) and "people" in fields.get("not_for", ()):
            return {**SYNTHETIC_ONLY, **fields}
        return fields

    @property
    def calibration(self) -> Calibration:
        """Landmarks of the confidence."""
        return Calibration(self.confidence.reject, self.confidence.sure)


def read_traits(folder: Path) -> ModelTraits:
    """Traits of the model in ``folder``. Raises :class:`ConfigurationError` when ``model.json`` is broken."""
    path = folder / "model.json"
    if path.is_file():
        try:
            traits = ModelTraits.model_validate_json(path.read_bytes())
        except ValidationError as error:
            raise ConfigurationError(f"{path} is wrong: {error}") from error
    else:
        weights = folder / "model.bin"
        wide = weights.is_file() and weights.stat().st_size > _WIDE_BYTES
        # A step of beam search costs five times a greedy one where the decoder's matrices don't fit the cache.
        traits = ModelTraits(beam_size=2 if wide else 5)
    return traits if traits.name else traits.model_copy(update={"name": folder.name})
