/** Two short tones, for something that wants to be looked at. */
export function chime(): void {
  const context = new AudioContext();
  const gain = context.createGain();
  gain.connect(context.destination);
  gain.gain.value = 0;
  const tone = context.createOscillator();
  tone.connect(gain);
  for (const [begin, hertz] of [
    [0, 660],
    [0.25, 880],
  ] as const) {
    tone.frequency.setValueAtTime(hertz, context.currentTime + begin);
    gain.gain.setValueAtTime(0.1, context.currentTime + begin);
    gain.gain.setValueAtTime(0, context.currentTime + begin + 0.2);
  }
  tone.onended = () => void context.close();
  tone.start();
  tone.stop(context.currentTime + 0.6);
}
