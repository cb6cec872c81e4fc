"""Edits of what is said."""

from typing import Any

from ruamel.yaml.comments import CommentedMap

from voicebot.flows.commands import RemoveVariant, SetText
from voicebot.flows.content import Content
from voicebot.flows.edits.base import Done, edit_entry, found
from voicebot.flows.errors import EditRefused
from voicebot.flows.languages import KEY
from voicebot.flows.model import DEFAULT_LANGUAGE
from voicebot.flows.project import Project
from voicebot.flows.yaml_style import quoted


def set_text(project: Project, content: Content, command: SetText) -> Done:
    """Say it in other words, or in one variant more."""
    item = found(content.responses, command.response, "answer")
    if any("act" in (variant.get("custom") or {}) for variant in item.data):
        raise EditRefused(f"{command.response} is not something that is said.")

    def change(variants: Any) -> None:
        if command.variant > len(variants):
            raise EditRefused(f"There are only {len(variants)} ways of saying it.")
        if command.variant == len(variants):
            if command.language != DEFAULT_LANGUAGE:
                raise EditRefused("Write the new way of saying it in English first.")
            if "ask" in (variants[0].get("custom") or {}):
                raise EditRefused("A question is asked in one way only; what is said after is in its retries.")
            variants.append(CommentedMap(text=""))
        variant = variants[command.variant]
        if command.language == DEFAULT_LANGUAGE:
            set_english(variant, command.text, command.spoken)
        else:
            words = words_for(variant, command.language)
            words["text"] = quoted(command.text)
            if command.spoken is not None:
                set_or_remove(words, "spoken", command.spoken)

    where = "" if command.language == DEFAULT_LANGUAGE else f" ({command.language})"
    return Done(
        edit_entry(project, item, "responses", command.response, change),
        f"“{command.response}”{where} now says: {command.text}",
    )


def set_english(variant: Any, text: str, spoken: str | None) -> None:
    """Set the words; what is pronounced otherwise goes along when it was the same but for the reference."""
    before = str(variant.get("text") or "")
    custom = variant.get("custom")
    holder = (custom or {}).get("ask") if "ask" in (custom or {}) else (custom or {}).get("say")
    told = (holder or {}).get("spoken")
    variant["text"] = quoted(text)
    if spoken is None and told is not None and told == before.replace("{reference}", "{spoken}"):
        spoken = text.replace("{reference}", "{spoken}")
    if spoken is None:
        return
    if holder is None:
        if not spoken:
            return
        if custom is None:
            variant["custom"] = CommentedMap()
            variant["custom"].fa.set_flow_style()
        holder = variant["custom"]["say"] = CommentedMap()
    set_or_remove(holder, "spoken", spoken)


def words_for(variant: Any, language: str) -> Any:
    """The place of a variant's words in another language, made if need be."""
    metadata = variant.setdefault("metadata", CommentedMap())
    return metadata.setdefault(KEY, CommentedMap()).setdefault(language, CommentedMap())


def set_or_remove(holder: Any, key: str, text: str) -> None:
    """Set a text; remove it when it is empty."""
    if text:
        holder[key] = quoted(text)
    else:
        holder.pop(key, None)


def remove_variant(project: Project, content: Content, command: RemoveVariant) -> Done:
    """One way of saying it less."""
    item = found(content.responses, command.response, "answer")
    if len(item.data) < 2:
        raise EditRefused("It is the only way of saying it.")
    if command.variant >= len(item.data):
        raise EditRefused(f"There are only {len(item.data)} ways of saying it.")

    def change(variants: Any) -> None:
        del variants[command.variant]

    return Done(
        edit_entry(project, item, "responses", command.response, change),
        f"One way of saying “{command.response}” removed",
    )
