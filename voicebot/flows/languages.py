"""The languages that the phone speaks, and where a response keeps its words in each."""

from collections.abc import Mapping
from typing import Any

from voicebot.flows.model import DEFAULT_LANGUAGE

KEY = "languages"
"""In a response's ``metadata``: what is said in other languages, ``{cy: {text: …, spoken: …, retries: […]}}``."""

_NAMES = {"en": "English", "cy": "Welsh"}


def name_of(language: str) -> str:
    """What people call a language."""
    return _NAMES.get(language, f"“{language}”")


def languages_of(variant: Mapping[str, Any]) -> list[str]:
    """The languages in which a variant of a response is there, English first."""
    return [DEFAULT_LANGUAGE, *(variant.get("metadata") or {}).get(KEY, {})]


def words_in(variant: Mapping[str, Any], language: str) -> Mapping[str, Any]:
    """``text``, ``spoken`` and ``retries`` of a variant in a language; empty when it isn't there."""
    if language != DEFAULT_LANGUAGE:
        words: Mapping[str, Any] = (variant.get("metadata") or {}).get(KEY, {}).get(language) or {}
        return words
    custom = variant.get("custom") or {}
    ask, say = custom.get("ask") or {}, custom.get("say") or {}
    return {
        "text": variant.get("text") or "",
        "spoken": ask.get("spoken") or say.get("spoken"),
        "retries": tuple(ask.get("retries") or ()),
    }


def other_language(language: str) -> str:
    """The language as speech and dialogue know it: empty where it is the one that they speak anyway."""
    return "" if language == DEFAULT_LANGUAGE else language
