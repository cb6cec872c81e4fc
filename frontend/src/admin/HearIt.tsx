import { useState } from "react";
import { Button } from "../shared/Button";
import { play, stop } from "./voice";
import { message } from "./workspace";

/** Plays a text in the bot's voice. Braces are read out as what they stand for, so that the sentence can be heard whole. */
export function HearIt({ text, about, code = "en" }: { text: string; about: string; code?: string }) {
  const [playing, setPlaying] = useState(false);
  const [problem, setProblem] = useState("");
  async function hear() {
    setProblem("");
    setPlaying(true);
    try {
      await play(
        text.replace(/\{(\w+)\}/g, (_, name: string) => name.replaceAll("_", " ")),
        code,
      );
    } catch (error) {
      setProblem(message(error));
    }
    setPlaying(false);
  }
  return (
    <>
      {playing ? (
        <Button small onClick={stop} about={about}>
          Stop
        </Button>
      ) : (
        <Button small onClick={() => void hear()} disabled={!text.trim()} about={about}>
          Hear it
        </Button>
      )}
      <span role="status" data-heard={playing}>
        {problem && <span className="govuk-error-message">{problem}</span>}
      </span>
    </>
  );
}
