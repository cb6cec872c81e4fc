"""Calls that come as audio streams: Twilio Media Streams, Telnyx, Asterisk AudioSocket."""
