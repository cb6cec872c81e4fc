"""Everything that is learned from a dialogue project: Rasa's model, and the safety net's sense of meaning."""

from concurrent.futures import ThreadPoolExecutor
from io import StringIO
from pathlib import Path

from rich.console import Console

from voicebot.dialogue.environment import ensure
from voicebot.dialogue.training import ensure_trained, model_file
from voicebot.errors import ConfigurationError
from voicebot.safety.training import ensure_safety_trained
from voicebot.settings import Settings


def ensure_all_trained(settings: Settings, console: Console, *, folder: Path | None = None) -> Path:
    """Train what does not match its content, both beside each other; give the dialogue model's file.

    ``folder`` is where both are kept (default: as for :func:`~voicebot.dialogue.training.ensure_trained`). Raises
    :class:`~voicebot.errors.ConfigurationError` when either fails; the other is finished then, and kept.
    """
    ensure(settings, console)
    words = StringIO()
    place = model_file(settings, folder).parent
    with ThreadPoolExecutor(1) as beside:
        # A terminal has one place for progress, which is the longer training's.
        net = beside.submit(ensure_safety_trained, settings, place, Console(file=words))
        model = ensure_trained(settings, console, folder=place)
    try:
        net.result()
    except ConfigurationError:
        console.print(words.getvalue(), markup=False, highlight=False)
        raise
    return model
