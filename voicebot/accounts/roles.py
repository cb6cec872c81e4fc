"""What people may do (roles), what the API's tokens may do (scopes), and how the two belong together.

A person has any number of roles and none implies another: whoever manages accounts sees no calls unless given a role
for it, which the audit then shows.
"""

from collections.abc import Collection
from enum import StrEnum


class Role(StrEnum):
    """What a person is trusted with."""

    VIEWER = "viewer"
    AUTHOR = "author"
    REVIEWER = "reviewer"
    PUBLISHER = "publisher"
    AGENT = "agent"
    SUPERVISOR = "supervisor"
    ADMIN = "admin"

    @property
    def meaning(self) -> str:
        """What it allows, for the person who gives it."""
        return _MEANINGS[self]


_MEANINGS = {
    Role.VIEWER: "Read what the assistant says and does. Sees no callers.",
    Role.AUTHOR: "Change what the assistant says and does, as a draft.",
    Role.REVIEWER: "Approve or send back other people’s drafts.",
    Role.PUBLISHER: "Put approved drafts into use, and take them back.",
    Role.AGENT: "Take the calls that are handed to people, with what the caller said.",
    Role.SUPERVISOR: "See all calls, waiting and past, with what was said.",
    Role.ADMIN: "Manage accounts and read the audit. Sees no callers.",
}


class Scope(StrEnum):
    """What an API token allows."""

    CALLS_READ = "calls:read"
    AUDIT_READ = "audit:read"

    @property
    def meaning(self) -> str:
        """What it allows, for the person who makes the token."""
        return {Scope.CALLS_READ: "Read calls and what was said", Scope.AUDIT_READ: "Read the audit"}[self]

    @property
    def roles(self) -> frozenset[Role]:
        """The roles any of which may hand out this scope: a token never does more than its owner may."""
        return {
            Scope.CALLS_READ: frozenset({Role.SUPERVISOR}),
            Scope.AUDIT_READ: frozenset({Role.ADMIN}),
        }[self]


def scopes_of(roles: Collection[Role]) -> frozenset[Scope]:
    """Every scope that somebody with ``roles`` may hand out."""
    return frozenset(scope for scope in Scope if not scope.roles.isdisjoint(roles))
