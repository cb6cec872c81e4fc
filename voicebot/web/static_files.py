"""The pages' scripts and styles, built from ``frontend/`` into ``voicebot/web/static``."""

from pathlib import Path

from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

FOLDER = Path(__file__).parent / "static"
_NAMED_BY_CONTENT = "chunks"
_FOREVER = "public, max-age=31536000, immutable"
_CHECK_AGAIN = "public, no-cache"


class BuiltFiles(StaticFiles):
    """``/static``: a file whose name holds the hash of its content is kept by browsers for good, the others are asked
    for again each time and answered with 304 while they are the same (RFC 9110, section 13.1.2)."""

    def __init__(self, folder: Path = FOLDER) -> None:
        super().__init__(directory=folder, check_dir=False)

    async def check_config(self) -> None:
        """A checkout that has built nothing answers with 404 instead of failing."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file, 304 or 404. Files that begin with a dot are the build's own."""
        if any(part.startswith(".") for part in Path(path).parts):
            return Response(status_code=404)
        response = await super().get_response(path, scope)
        kept = path.startswith(f"{_NAMED_BY_CONTENT}/")
        response.headers["cache-control"] = _FOREVER if kept else _CHECK_AGAIN
        return response
