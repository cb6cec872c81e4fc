"""What a form holds. The fields were limited in number and size when its CSRF token was read."""

from starlette.requests import Request


async def fields(request: Request) -> dict[str, str]:
    """The text fields of the form, each once."""
    form = await request.form()
    return {name: value for name, value in form.items() if isinstance(value, str)}


async def choices(request: Request, name: str) -> list[str]:
    """Everything that was ticked under ``name``."""
    return [value for value in (await request.form()).getlist(name) if isinstance(value, str)]
