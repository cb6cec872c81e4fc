"""The media process's side of the dialogue: one HTTP call a turn."""

from types import TracebackType
from typing import Any, Self, TypeVar

import httpx
from pydantic import BaseModel, ValidationError

from voicebot.dialogue.acts import Prediction, Turn, TurnReply
from voicebot.errors import DialogueUnavailable

_Model = TypeVar("_Model", bound=BaseModel)
_PREFIX = "/webhooks/voicebot"


class Health(BaseModel):
    """Which model is loaded: Rasa falls back to another one silently when a path is wrong."""

    file: str
    model_id: str


class Guess(BaseModel):
    """An intent that the text may have, 0 to 1."""

    name: str
    confidence: float


class Parsed(BaseModel):
    """What a text alone would be taken for."""

    intent: str
    confidence: float
    ranking: tuple[Guess, ...] = ()
    service: str = "none"
    need: str = "none"
    queue: str = "none"


class DialogueClient:
    """Asks the dialogue. Every failure is a :class:`~voicebot.errors.DialogueUnavailable`."""

    def __init__(self, base_url: str, token: str, timeout_s: float = 2.5) -> None:
        self._http = httpx.AsyncClient(
            base_url=base_url,
            timeout=timeout_s,
            headers={"Authorization": f"Bearer {token}"},
            # Never through a proxy: what callers say stays on this machine.
            trust_env=False,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def turn(self, turn: Turn) -> TurnReply:
        """Take one turn of a call; ask for one at a time, for the dialogue keeps a call's turns in order."""
        body = turn.model_dump(mode="json")
        reply = self._read(TurnReply, await self._ask("POST", "/turn", body))
        if not reply.acts:
            raise DialogueUnavailable("the dialogue answered with nothing to do")
        return reply

    async def predict(self, turn: Turn) -> Prediction | None:
        """What the answer to a turn would be, without anything having happened; None when that can't be known."""
        content = await self._ask("POST", "/predict", turn.model_dump(mode="json"), unknown=409)
        return None if content is None else self._read(Prediction, content)

    async def parse(self, text: str, asked: str | None = None) -> Parsed:
        """What ``text`` would be taken for, outside any call. ``asked`` is the slot it would answer."""
        return self._read(Parsed, await self._ask("POST", "/parse", {"text": text, "asked": asked}))

    async def trace(self, sender: str) -> list[dict[str, Any]]:
        """How the latest answer to ``sender`` came about: intent, rule or form, actions, slots, in their order."""
        content = await self._ask("POST", "/trace", {"sender": sender})
        if not isinstance(content, list):
            raise DialogueUnavailable("the dialogue's answer is malformed: it should be a list")
        return content

    async def health(self) -> Health:
        """The model that is loaded."""
        return self._read(Health, await self._ask("GET", "/health"))

    async def _ask(
        self, method: str, path: str, body: dict[str, Any] | None = None, *, unknown: int | None = None
    ) -> Any:
        """The answer's JSON; None when the dialogue says ``unknown``."""
        try:
            answer = await self._http.request(method, _PREFIX + path, json=body)
            if answer.status_code == unknown:
                return None
            answer.raise_for_status()
            return answer.json()
        except httpx.TimeoutException as error:
            raise DialogueUnavailable("the dialogue did not answer in time") from error
        except httpx.HTTPStatusError as error:
            raise DialogueUnavailable(f"the dialogue answered {error.response.status_code}") from error
        except (httpx.HTTPError, ValueError) as error:
            raise DialogueUnavailable(f"the dialogue can't be asked: {type(error).__name__}") from error

    @staticmethod
    def _read(model: type[_Model], content: Any) -> _Model:
        try:
            return model.model_validate(content)
        except ValidationError as error:
            # The message must not hold the caller's words, which pydantic would quote.
            wrong = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['type']}" for e in error.errors())
            raise DialogueUnavailable(f"the dialogue's answer is malformed: {wrong}") from error
