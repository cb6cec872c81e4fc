"""RTP (RFC 3550), keypad events (RFC 4733), and the clock that paces all calls."""
