"""All of the accounts on one database, put together from the settings."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from voicebot.accounts.audit import Audit
from voicebot.accounts.identities import Identities
from voicebot.accounts.keys import utc_now
from voicebot.accounts.passwords import Passwords
from voicebot.accounts.people import People
from voicebot.accounts.second_factor import SecondFactor
from voicebot.accounts.sessions import Sessions
from voicebot.accounts.sign_in import SignIn
from voicebot.accounts.throttle import Rule
from voicebot.accounts.tokens import Tokens
from voicebot.accounts.vault import Vault
from voicebot.kept_secret import kept_secret
from voicebot.records.database import Database
from voicebot.settings import Settings


@dataclass(frozen=True, slots=True)
class Accounts:
    """Who there is, who is signed in, what tokens there are, and what they all did."""

    people: People
    sessions: Sessions
    sign_in: SignIn
    tokens: Tokens
    audit: Audit
    second_factor: SecondFactor
    identities: Identities
    vault: Vault
    now: Callable[[], datetime]


def open_accounts(
    settings: Settings,
    database: Database,
    *,
    now: Callable[[], datetime] = utc_now,
    passwords: Passwords | None = None,
) -> Accounts:
    """The accounts in ``database``, which the caller closes.

    Raises :class:`~voicebot.errors.ConfigurationError` when there can be no key for what is sealed.
    """
    limits = settings.accounts
    passwords = passwords or Passwords()
    audit = Audit(database, now)
    sessions = Sessions(
        database,
        audit,
        idle=timedelta(minutes=limits.idle_minutes),
        absolute=timedelta(hours=limits.session_hours),
        now=now,
    )
    people = People(
        database,
        audit,
        passwords,
        one_time_valid=timedelta(hours=limits.one_time_hours),
        forbidden=(settings.council,),
        now=now,
    )
    key = kept_secret(limits.key.get_secret_value(), settings.data / "accounts-key", "VOICEBOT_ACCOUNTS__KEY")
    vault = Vault(key)
    lock = timedelta(minutes=limits.lock_minutes)
    per_account = Rule(limits.account_tries, lock, lock)
    second_factor = SecondFactor(database, audit, vault, issuer=settings.council, rule=per_account, now=now)
    sign_in = SignIn(
        database,
        audit,
        passwords,
        sessions,
        second_factor,
        vault,
        per_account=per_account,
        per_address=Rule(limits.address_tries, lock, lock),
        now=now,
    )
    identities = Identities(database, audit, people, settings.oidc, now=now)
    tokens = Tokens(database, audit, now)
    return Accounts(people, sessions, sign_in, tokens, audit, second_factor, identities, vault, now)
