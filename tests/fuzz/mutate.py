"""Changes to good messages: pieces cut, doubled, overwritten, and words put where they mean nothing."""

from collections.abc import Sequence

from tests.fuzz.choices import Choices

_NOISE = (
    b"\x00",
    b"\r\n",
    b"\r\n ",
    b"\n",
    b"\r",
    b"\t",
    b" ",
    b"\xff\xfe",
    b"\xc2\xb2",
    b"%00",
    b'"',
    b"\\",
    b"<",
    b">",
)


def mutated(data: bytes, choices: Choices, words: Sequence[bytes]) -> bytes:
    """``data`` after a few changes (none when the choices are spent)."""
    message = bytearray(data)
    for _ in range(choices.number(0, 6)):
        at = choices.number(0, max(0, len(message) - 1))
        length = choices.number(0, 16)
        match choices.number(0, 5):
            case 0:
                message[at : at + length] = choices.pick(words)
            case 1:
                message[at:at] = choices.pick(_NOISE)
            case 2:
                del message[at : at + length]
            case 3:
                message[at:at] = message[at : at + length] * choices.number(1, 4)
            case 4:
                message[at : at + 1] = choices.octets(1)
            case _:
                _shuffle_lines(message, choices)
    return bytes(message)


def _shuffle_lines(message: bytearray, choices: Choices) -> None:
    """Double, drop or move a line."""
    lines = bytes(message).split(b"\r\n")
    line = lines[choices.number(0, len(lines) - 1)]
    if choices.chance(2):
        lines.remove(line)
    lines.insert(choices.number(0, len(lines)), line)
    message[:] = b"\r\n".join(lines)
