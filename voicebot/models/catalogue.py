"""The recognisers and voices that are known by name: where they come from, how big they are, what they are good for."""

import json
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Literal

from pydantic import BaseModel, ConfigDict, TypeAdapter

STT_FILES = ("config.json", "model.bin", "tokenizer.json", "vocabulary.*")
"""Of a recogniser. Repositories differ in whether the vocabulary is JSON or text."""

STT_OPTIONAL = ("preprocessor_config.json",)


class Kind(StrEnum):
    """What a model does."""

    STT = "stt"
    VOICE = "voice"


class Entry(BaseModel):
    """One model of the catalogue.

    ``repository`` is on the Hugging Face hub; ``files`` are paths or patterns in it, ``optional`` those that may be
    absent.
    ``size_mb`` and ``memory_mb`` are approximate. ``rank`` orders what ``auto`` chooses among installed ones: the
    highest that is not above the machine (``gpu`` ones only count where there is one). ``expected_ms`` is what a short
    utterance takes on one core, where it was measured.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    kind: Kind
    repository: str
    files: tuple[str, ...]
    optional: tuple[str, ...] = ()
    size_mb: int
    memory_mb: int
    languages: tuple[str, ...]
    rank: int
    needs: Literal["cpu", "gpu"] = "cpu"
    expected_ms: int | None = None
    note: str = ""


@cache
def catalogue() -> tuple[Entry, ...]:
    """All entries, best first within each kind."""
    text = files("voicebot.models").joinpath("catalogue.json").read_text(encoding="utf-8")
    entries = TypeAdapter(tuple[Entry, ...]).validate_python(_expand(json.loads(text)))
    return tuple(sorted(entries, key=lambda entry: (entry.kind, -entry.rank)))


def _expand(document: dict[str, list[dict[str, object]]]) -> list[dict[str, object]]:
    """The file says each thing once: lists of files are those of their kind."""
    entries: list[dict[str, object]] = [
        {**entry, "kind": Kind.STT, "files": STT_FILES, "optional": STT_OPTIONAL} for entry in document["stt"]
    ]
    for entry in document["voices"]:
        name = str(entry["name"])
        language, speaker, quality = name.split("-")
        folder = f"{language.split('_')[0]}/{language}/{speaker}/{quality}"
        entries.append(
            {
                **entry,
                "kind": Kind.VOICE,
                "repository": "rhasspy/piper-voices",
                "files": [f"{folder}/{name}.onnx", f"{folder}/{name}.onnx.json"],
                "optional": [f"{folder}/MODEL_CARD"],
            }
        )
    return entries


def find(name: str) -> Entry | None:
    """The entry called ``name``."""
    return next((entry for entry in catalogue() if entry.name == name), None)
