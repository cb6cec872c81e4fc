"""Audio of a call: frames, G.711, resampling, jitter buffer, levels, files."""
