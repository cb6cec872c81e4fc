"""Who does something to a flow: a person with roles, checked on the server whatever the page allows."""

from collections.abc import Collection
from dataclasses import dataclass

from voicebot.accounts.account import Account
from voicebot.accounts.audit import Actor
from voicebot.accounts.roles import Role
from voicebot.flows.errors import NotAllowed

READERS = frozenset({Role.VIEWER, Role.AUTHOR, Role.REVIEWER, Role.PUBLISHER})


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who works on flows. ``address`` is where they do it from, for the audit."""

    id: str
    name: str
    roles: frozenset[Role]
    address: str = ""

    @classmethod
    def of(cls, account: Account, address: str = "") -> "Person":
        """A person who is signed in."""
        return cls(account.id, account.name, account.roles, address)

    @property
    def actor(self) -> Actor:
        """The person in the audit."""
        return Actor("account", self.id, self.name, self.address)

    def must_be(self, roles: Collection[Role], to: str) -> None:
        """Raise :class:`NotAllowed` unless the person has one of ``roles``; ``to`` is what they want to do."""
        if self.roles.isdisjoint(roles):
            wanted = " or ".join(sorted(role.value for role in roles))
            raise NotAllowed(f"Only somebody with the role {wanted} may {to}.")
