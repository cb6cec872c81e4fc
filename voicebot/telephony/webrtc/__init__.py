"""Calls from a browser: ICE, DTLS-SRTP and RTP with Opus or PCMA, as one more Call Leg."""
