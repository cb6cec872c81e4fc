"""All fuzz targets by name."""

from collections.abc import Callable

from tests.fuzz.sip_calls import sip_calls
from tests.fuzz.sip_messages import sip_messages

Target = Callable[[bytes], None]

TARGETS: dict[str, Target] = {"sip-messages": sip_messages, "sip-calls": sip_calls}
