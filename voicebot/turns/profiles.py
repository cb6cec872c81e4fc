"""How long a silence ends a turn: by what was asked, and by how this caller speaks."""

from voicebot.dialogue.acts import Profile
from voicebot.settings import TurnSettings
from voicebot.spoken.finished import Finish

_STRETCH = 1.25
_SLOW_PAUSE_MS = 500
_SLOW_PAUSES = 3
_CUT_OFFS = 2
_PATIENT_CLOSED_MS = 1400
"""Silence after a whole sentence of a caller who turned out to need time."""


class CallerPace:
    """The pauses of one caller, learned during the call.

    The longest pause inside a turn so far stretches the silence that ends the next ones, up to a bound. Pauses
    between spelled groups are kept apart: who spells slowly doesn't therefore talk slowly. A caller who
    was cut off twice, or often pauses over half a second, is given the patient times from then on.
    """

    def __init__(self, settings: TurnSettings) -> None:
        self._settings = settings
        self._longest = {True: 0.0, False: 0.0}
        self._slow_pauses = 0
        self._cut_offs = 0
        self._asked = False

    @property
    def patient(self) -> bool:
        """Whether this caller gets the patient times whatever was asked."""
        return self._asked or self._cut_offs >= _CUT_OFFS or self._slow_pauses >= _SLOW_PAUSES

    def ask_patience(self) -> None:
        """The caller asked for more time, or to go slower."""
        self._asked = True

    def paused(self, pause_ms: float, profile: Profile, finish: Finish = Finish.UNKNOWN) -> None:
        """The caller paused inside a turn and went on. A pause in the middle of a phrase tells nothing of its end."""
        spelling = profile is Profile.SPELLING
        if finish in (Finish.OPEN, Finish.DOUBTFUL):
            return
        self._longest[spelling] = max(self._longest[spelling], pause_ms)
        if not spelling and pause_ms >= _SLOW_PAUSE_MS:
            self._slow_pauses += 1

    def cut_off(self, pause_ms: float, profile: Profile) -> None:
        """The caller went on after their turn had been taken as over."""
        self._cut_offs += 1
        self.paused(pause_ms, profile)

    def end_ms(self, profile: Profile, finish: Finish = Finish.UNKNOWN) -> int:
        """Silence in ms that ends a turn whose words so far sound like ``finish``."""
        base, bound = self._times(profile)
        if finish is Finish.COMPLETE:
            return min(self._settings.end_complete_ms, base)
        if finish in (Finish.CLOSED, Finish.SETTLED) and profile is not Profile.PATIENT:
            settled = finish is Finish.SETTLED and profile is not Profile.SPELLING
            base = min(self._settings.end_settled_ms if settled else self._settings.end_closed_ms, base)
            if self.patient and profile is not Profile.YES_NO:
                base, bound = max(base, _PATIENT_CLOSED_MS), max(bound, _PATIENT_CLOSED_MS)
            return int(min(max(base, _STRETCH * self._longest[profile is Profile.SPELLING]), bound))
        learned = _STRETCH * self._longest[profile is Profile.SPELLING]
        stretched = min(max(base, learned), bound)
        if self.patient and profile is not Profile.YES_NO:
            stretched = max(stretched, self._settings.end_patient_ms)
        if finish in (Finish.OPEN, Finish.DOUBTFUL):
            stretched = max(stretched, self._settings.end_open_ms)
        return int(stretched)

    def _times(self, profile: Profile) -> tuple[int, float]:
        """The profile's own time, and how far it may be stretched."""
        settings = self._settings
        match profile:
            case Profile.YES_NO:
                return settings.end_yes_no_ms, max(settings.end_yes_no_ms, settings.end_normal_ms)
            case Profile.SPELLING:
                return settings.end_spelling_ms, max(settings.end_spelling_ms, settings.end_open_ms)
            case Profile.PATIENT:
                return settings.end_patient_ms, settings.end_patient_ms * 1.25
            case Profile.NORMAL:
                return settings.end_normal_ms, max(settings.end_normal_ms, settings.end_patient_ms)
