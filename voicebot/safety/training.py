"""Training the safety net's sense of meaning: once for every content of its examples, kept by that content's hash."""

import hashlib
import json
import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import structlog
from rich.console import Console

from voicebot.dialogue.environment import ensure, environment_python
from voicebot.dialogue.processes import quiet_environment, vectors_of
from voicebot.dialogue.training import alone, model_file
from voicebot.errors import ConfigurationError
from voicebot.measure.noise import TABLE, Noise
from voicebot.safety.borrowed import DIALECT, DIALECT_WORDS, ENCODER, opener
from voicebot.safety.detector import SafetyNet
from voicebot.safety.learned import BUCKETS, CAUGHT_FILE, HARMLESS_FILE, everyday_files, features, load_examples
from voicebot.safety.meaning import Meaning, parts_of, plain
from voicebot.safety.rules import RULES_FILE, load_rules
from voicebot.settings import Settings

log = structlog.get_logger(__name__)

_TRAIN_S = 600.0
_FROM = (
    CAUGHT_FILE,
    HARMLESS_FILE,
    RULES_FILE,
    ENCODER,
    DIALECT,
    DIALECT_WORDS,
    Path("components") / "danger.py",
)
_EVERYDAY = 0.3
"""What an everyday sentence weighs that looks like no emergency at all: there are thousands of them."""

MISHEARD = ((0.2, 12), (0.2, 13))
"""Word error rates, each with its seed, at which every caught or harmless line is learned again as it may be heard. One
less, and one or two in a hundred emergencies fewer are noticed, clear ones too; one more only makes training longer."""

_MISHEARD_EVERYDAY, _MISHEARD_EVERY = (0.2, 14), 5
"""Everyday sentences are thousands: every so many of them is learned so once, lest garbled words mean danger."""

_AS_MISHEARD = 0.5
"""What a misheard line weighs, beside what was said: its word of danger may be lost."""

HOMES = {
    "abuse_child": ("childrens_services",),
    "abuse_adult": ("adult_social_care",),
    "nowhere_safe_tonight": ("homelessness",),
    "dangerous_structure": ("planning",),
    "repairs_emergency": ("housing_repairs",),
    "damp_mould_hazard": ("housing_repairs", "environmental_health"),
    "highways_emergency": ("highways",),
}
"""The services among whose examples true emergencies of a rule are found; for all others, ``elsewhere``."""


def safety_file(settings: Settings, folder: Path) -> Path:
    """Where what was learned from the present content is, in the folder of trained models."""
    project = settings.dialogue.project
    # What the arrays are depends on this file too.
    digest = hashlib.sha256(Path(__file__).read_bytes() + TABLE.read_bytes())
    # A project may do without words of dialects.
    needed = (project / name for name in _FROM if name not in (DIALECT, DIALECT_WORDS) or (project / name).is_file())
    for path in [*needed, *everyday_files(project)]:
        digest.update(f"\0{path.relative_to(project)}\0".encode())
        digest.update(path.read_bytes())
    return folder / f"safety-{digest.hexdigest()[:20]}.npz"


def safety_net(settings: Settings) -> SafetyNet:
    """The net with the sense of meaning that was trained. Where there is none it does without, and says so in the log.

    Raises :class:`ConfigurationError` for wrong rules.
    """
    project = settings.dialogue.project
    try:
        learned = safety_file(settings, model_file(settings).parent)
        meaning = Meaning.load(learned, project, settings.dialogue.environment)
    except (ConfigurationError, OSError) as error:
        log.warning("safety.without_meaning", reason=str(error))
        return SafetyNet.load(project)
    return SafetyNet.load(project, meaning)


def ensure_safety_trained(settings: Settings, folder: Path, console: Console) -> Path:
    """Learn from the present examples if that has not been done yet. Raises :class:`ConfigurationError`."""
    target = safety_file(settings, folder)
    if target.is_file():
        return target
    ensure(settings, console)
    folder.mkdir(parents=True, exist_ok=True)
    with alone(folder / ".safety-training.lock", console):
        if not target.is_file():
            _make(settings, target, console)
    return target


def _make(settings: Settings, target: Path, console: Console) -> None:
    folder = target.parent
    rows, said = _examples(settings.dialogue.project)
    with tempfile.TemporaryDirectory(dir=folder, prefix="training-") as place:
        given, fresh = Path(place) / "examples.json", Path(place) / target.name
        listed = [(text, rule, weight, features(text).tolist()) for text, rule, weight in rows]
        given.write_text(json.dumps({"buckets": BUCKETS, "said": said, "examples": listed}), "utf-8")
        argv = [str(environment_python(settings)), "-m", "components.danger", str(given), str(fresh)]
        env = {
            **os.environ,
            **quiet_environment(settings),
            **vectors_of("safety", "sentence", folder),
        }
        with console.status("Training the safety net"):
            done = subprocess.run(  # noqa: S603 - our own command
                argv, env=env, capture_output=True, text=True, timeout=_TRAIN_S, check=False
            )
        if done.returncode or not fresh.is_file():
            console.print((done.stdout + done.stderr).strip()[-2000:], markup=False, highlight=False)
            raise ConfigurationError("training the safety net failed; its last words are above")
        fresh.replace(target)


def _examples(project: Path) -> tuple[list[tuple[str, str, float]], int]:
    """[text, rule, weight] of every example, and how many of them are as they were said: the rest are misheard.

    The dialogue's own sentences are harmless, but for those that a rule of their own service matches. What the rules of
    others match is kept, and teaches what is not worth the question.
    """
    net = SafetyNet(load_rules(project / RULES_FILE))
    examples, opened = load_examples(project), opener(project)
    rows = {plain(opened(said)): (rule, 1.0) for rule, every in examples.caught.items() for said in every}
    everyday = {said: service for service, every in examples.everyday.items() for said in every}
    for said in examples.harmless:
        found, _ = net.by_patterns(said)
        service = everyday.get(said, "")
        if service and any(service in HOMES.get(one.rule.id, ("elsewhere",)) for one in found):
            continue
        weight = _EVERYDAY if service and not found else 1.0
        # A long sentence is read clause by clause too, so that the clauses of a harmless one must be known for that.
        for part in parts_of(opened(said)):
            rows.setdefault(part, ("", weight))
    clean = len(rows)
    for text, rule, weight in _misheard([(text, *about) for text, about in rows.items()]):
        rows.setdefault(text, (rule, weight))
    return [(text, rule, weight) for text, (rule, weight) in rows.items()], clean


def _misheard(rows: list[tuple[str, str, float]]) -> Iterator[tuple[str, str, float]]:
    """The examples again, with the errors that our recogniser makes; those that it leaves whole are not repeated."""
    written = [row for row in rows if row[2] == 1.0]
    everyday = [row for row in rows if row[2] < 1.0][::_MISHEARD_EVERY]
    for chosen, (rate, seed) in (*((written, noise) for noise in MISHEARD), (everyday, _MISHEARD_EVERYDAY)):
        heard = Noise(seed=seed).make([text for text, _, _ in chosen], rate)
        yield from (
            (plain(text), rule, weight * _AS_MISHEARD) for text, (_, rule, weight) in zip(heard, chosen, strict=True)
        )
