"""Locked safety scripts: changed by a publisher with a reason, or not at all."""

from collections.abc import Iterator

from voicebot.flows.checks.base import Checked, error
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
