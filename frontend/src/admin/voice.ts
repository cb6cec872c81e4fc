/** Plays a sentence in the bot's voice; a new one ends the one before. */
import { speech } from "./api";

let context: AudioContext | null = null;
let playing: AudioBufferSourceNode | null = null;

export function stop(): void {
  playing?.stop();
  playing = null;
}

/** Resolves when it has been heard, or was stopped. */
export async function play(text: string, language: string): Promise<void> {
  stop();
  context ??= new AudioContext();
  const audio = await context.decodeAudioData(await speech(text, language));
  await context.resume();
  const source = context.createBufferSource();
  source.buffer = audio;
  source.connect(context.destination);
  playing = source;
  await new Promise<void>((resolve) => {
    source.onended = () => resolve();
    source.start();
  });
  if (playing === source) playing = null;
}

/** How a text is spoken when `word` is pronounced as `as`, wherever it stands as a whole word. */
export function pronounced(text: string, word: string, as: string): string {
  if (!word.trim()) return text;
  const escaped = word.trim().replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  return text.replace(new RegExp(`(?<![\\p{L}\\p{N}])${escaped}(?![\\p{L}\\p{N}])`, "giu"), as.trim());
}
