"""Comfort noise: what is heard while a peer suppresses its silence (RFC 3389)."""

import numpy as np
from numpy.typing import NDArray

from voicebot.audio.frames import frame_samples

_LOUDEST_DB, _QUIETEST_DB = -40.0, -78.0
"""Levels that are used, in dB under full scale: an unsteady peer may ask for noise that drowns everything."""

_POOL_S = 2
_POOLS: dict[int, NDArray[np.float32]] = {}


def _pool(rate: int) -> NDArray[np.float32]:
    # The same noise for all calls, begun at a random place in each: nobody tells, and it costs nothing.
    noise: NDArray[np.float32] = np.random.default_rng(3389).standard_normal(rate * _POOL_S, dtype=np.float32)
    return noise


class ComfortNoise:
    """White noise of the level in a comfort noise payload (its first octet, −dBov); spectral octets are not used."""

    def __init__(self, rate: int, payload: bytes) -> None:
        if rate not in _POOLS:
            _POOLS[rate] = _pool(rate)
        self._pool = _POOLS[rate]
        self._frame = frame_samples(rate)
        level = -float(payload[0] & 0x7F) if payload else _QUIETEST_DB
        self.level_dbfs = min(_LOUDEST_DB, max(_QUIETEST_DB, level))
        self._gain = np.float32(32768.0 * 10 ** (self.level_dbfs / 20))
        self._at = int(np.random.default_rng().integers(len(self._pool)))

    def under(self, samples: NDArray[np.int16]) -> NDArray[np.int16]:
        """A frame of noise under what fades away of the last speech."""
        where = (self._at + np.arange(self._frame)) % len(self._pool)
        self._at += self._frame
        mixed = samples + self._pool[where] * self._gain
        noisy: NDArray[np.int16] = np.clip(mixed, -32768, 32767).astype(np.int16)
        return noisy
