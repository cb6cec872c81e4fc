"""How a measured server is told to begin, asked for its counts and ended: lines on its standard streams."""

import asyncio
import gc
import json
import sys
from collections.abc import Callable
from typing import Any


async def serve(ready: dict[str, Any], counts: Callable[[], dict[str, Any]]) -> None:
    """Say ``ready``, answer each line that comes with ``counts``, return at the end of input."""
    gc.collect()
    gc.freeze()  # as the service does once it is ready
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    print(json.dumps(ready), flush=True)
    while await reader.readline():
        print(json.dumps(counts()), flush=True)
