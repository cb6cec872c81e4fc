"""The errors that the parts of a call raise, in one tree, so that a caller can be sent to a person whatever failed.

Every part raises the leaf that fits. ``session`` catches :class:`ServiceUnavailable` and takes the
caller to a person; a :class:`ConfigurationError` stops a process at start-up with what to do about it.
"""


class VoicebotError(Exception):
    """Anything that this project raises on purpose."""


class ConfigurationError(VoicebotError):
    """A setting, file or environment is wrong; the message says which and what to do."""


class ServiceUnavailable(VoicebotError):
    """A part that a call depends on (speech, dialogue, database) is dead, late or refusing."""


class SpeechUnavailable(ServiceUnavailable):
    """The speech process didn't answer in time, or is not there."""


class Overloaded(SpeechUnavailable):
    """The speech process answered that it can't take more work now."""


class DialogueUnavailable(ServiceUnavailable):
    """Rasa didn't answer in time, answered nonsense, or is not there."""


class RecordsUnavailable(ServiceUnavailable):
    """The database can't be read or written."""


class RecordsError(VoicebotError):
    """What was asked of the records can't be done; the message says what to do instead."""


class TelephonyError(VoicebotError):
    """A line, leg or media stream failed."""


class DialFailed(TelephonyError):
    """An outbound call was not answered.

    ``status`` is the final SIP status code (or 408 when nothing answered), ``reason`` its phrase.
    """

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(f"{status} {reason}")
        self.status = status
        self.reason = reason


class TransferRefused(TelephonyError):
    """A party could not be handed on: the peer or the dialect won't. The leg is still up.

    ``status`` is the SIP status with which the peer refused, or 0 when it was never asked.
    """

    def __init__(self, reason: str, status: int = 0) -> None:
        super().__init__(f"{status} {reason}" if status else reason)
        self.status = status
        self.reason = reason


class ProtocolError(TelephonyError):
    """A peer sent bytes that its protocol does not allow."""


class AccountError(VoicebotError):
    """What was asked of the accounts can't be done; the message tells the person who asked, and holds no secret."""


class NoSuchAccount(AccountError):
    """There is no account of this name or id."""


class SignInRefused(AccountError):
    """The name or the password is wrong, or the account may not be used: which of these is not told."""


class SignInLocked(AccountError):
    """Too many tries on this account or from this address; ``wait_s`` seconds until the next one counts."""

    def __init__(self, wait_s: int) -> None:
        super().__init__("there were too many tries to sign in")
        self.wait_s = wait_s


class SecondFactorNeeded(AccountError):
    """The password was right, and a code is asked for too; ``ticket`` proves the first half for a few minutes."""

    def __init__(self, ticket: str) -> None:
        super().__init__("a code of the authenticator app is needed too")
        self.ticket = ticket


class IdentityRefused(AccountError):
    """The council's identity provider could not be used, or vouched for nobody who has an account here."""


class SignInBusy(ServiceUnavailable):
    """More people are signing in at this moment than passwords can be checked for."""
