"""``python -m voicebot.speech [tcp://host:port]``: the speech process alone, by the usual settings."""

import sys

from voicebot.errors import ConfigurationError
from voicebot.settings import load
from voicebot.speech.process import run


def main(arguments: list[str]) -> int:
    """Run until stopped; 1 when it can't start."""
    try:
        run(load(), address=arguments[0] if arguments else None)
    except ConfigurationError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
