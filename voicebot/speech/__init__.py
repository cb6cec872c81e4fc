"""The speech process: it owns the recogniser and the voice, and serves all calls over a local socket."""
