"""The links that people are shown, by role. A page of another part adds its own line here."""

from dataclasses import dataclass, field

from voicebot.accounts.account import Account
from voicebot.accounts.roles import Role


@dataclass(frozen=True, slots=True)
class Link:
    """A page that people with one of ``roles`` may open (with none named: everybody who is signed in)."""

    path: str
    text: str
    about: str
    roles: frozenset[Role] = field(default_factory=frozenset)


LINKS = (
    Link("/agent/", "Desk", "Take the calls that are handed to people", frozenset({Role.AGENT})),
    Link(
        "/work/", "Worklist", "Messages and call backs that wait for somebody", frozenset({Role.AGENT, Role.SUPERVISOR})
    ),
    Link("/supervisor/", "Supervisor", "Calls, queues, agents and reports", frozenset({Role.SUPERVISOR})),
    Link("/phone/", "Phone", "Ring the assistant from this browser, or take calls on it", frozenset(Role)),
    Link(
        "/admin/",
        "Edit",
        "See and change what the assistant says, its opening hours and notices",
        frozenset({Role.VIEWER, Role.AUTHOR, Role.REVIEWER, Role.PUBLISHER}),
    ),
    Link("/accounts/", "Accounts", "Who may sign in, and what they may do", frozenset({Role.ADMIN})),
    Link("/audit", "Audit", "Who did what, and when", frozenset({Role.ADMIN})),
    Link("/account", "Your account", "Your password, where you are signed in, and your API tokens"),
)


def links_for(account: Account | None) -> list[Link]:
    """The pages that ``account`` may open."""
    return [] if account is None else [link for link in LINKS if account.may(link.roles)]
