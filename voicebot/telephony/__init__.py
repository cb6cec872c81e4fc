"""Lines that a call arrives on. Whatever the dialect, what comes out is a :class:`~voicebot.telephony.leg.CallLeg`."""
