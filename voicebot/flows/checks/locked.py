"""Locked safety scripts: changed by a publisher with a reason, or not at all, and the same in Welsh."""

from collections.abc import Iterator

from voicebot.dialogue.welsh import WELSH_FILE, mark
from voicebot.flows.checks.base import Checked, error, warning
from voicebot.flows.model import Finding, Place


def locked_scripts(checked: Checked) -> Iterator[Finding]:
    """A script, its patterns or its queue that differs from the live version without a reason."""
    for rule, item in checked.content.safety.items():
        if not str(item.data.get("script") or "").strip() or not str(item.data.get("question") or "").strip():
            yield error("empty-script", item.place("safety", rule, "script"), "A safety rule must say something.")
    if checked.base is None:
        return
    for rule, before in checked.base.safety.items():
        now = checked.content.safety.get(rule)
        if now is None:
            place = Place(kind="safety", name=rule, file=before.file)
            yield error("locked-script", place, "A safety rule is gone: it has to stay.")
        elif now.data != before.data and rule not in checked.reasons:
            yield error(
                "locked-script",
                now.place("safety", rule, "script"),
                "This safety script is locked: only a publisher may change it, with a reason.",
            )


def welsh_scripts(checked: Checked) -> Iterator[Finding]:
    """A script whose Welsh is not there, or was made from other English words. No Welsh at all is no mistake."""
    welsh = checked.content.welsh_scripts
    if welsh is None:
        return
    for rule, item in checked.content.safety.items():
        said, made_from = welsh.get(rule, ("", ""))
        place = item.place("safety", rule, "script")
        now = mark(str(item.data.get("script") or ""))
        if not said:
            yield warning("missing-language", place, f"This safety script is not written in Welsh ({WELSH_FILE}).")
        elif made_from != now:
            yield warning(
                "welsh-behind",
                place,
                f'Its Welsh was made from other English words. Have it read, then write “{rule}: "{now}"” below '
                f"“english” in {WELSH_FILE}.",
            )
