"""SIP without I/O (RFC 3261, RFC 6026), and the thin shell that gives it sockets."""
