"""The domain's forms and responses by name, read once from the project's files.

Rasa would send the whole domain with every call of an action: some hundred kilobytes to be written, carried and read
for each, which took longer than all the work. ``endpoints.yml`` has it leave that out.
"""

from functools import lru_cache
from typing import Any

import yaml

from .topics import PROJECT

_PARTS = ("forms", "responses")
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@lru_cache(maxsize=1)
def project_domain() -> dict[str, Any]:
    """``forms`` and ``responses`` of every ``domain.yml``."""
    domain: dict[str, Any] = {part: {} for part in _PARTS}
    for path in sorted([*PROJECT.glob("shared/domain.yml"), *PROJECT.glob("services/*/domain.yml")]):
        content = yaml.load(path.read_text("utf-8"), _LOADER) or {}  # noqa: S506 - both are safe loaders
        for part in _PARTS:
            domain[part].update(content.get(part) or {})
    return domain


project_domain()
