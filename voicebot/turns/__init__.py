"""Turn-taking of a call, pure and counted in samples: voice activity, end of turn, barge-in, play-head.

:class:`~voicebot.turns.floor.Floor` joins the parts for a session; each part also stands alone.
"""
