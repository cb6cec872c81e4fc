import { useEffect, useRef } from "react";
import { Moment } from "./Card";
import type { Spoken } from "./protocol";
import { WHO } from "./words";

/** What both sides have said, as it is recorded. */
export function Transcript({ lines, callId }: { lines: readonly Spoken[]; callId: string | null }) {
  const box = useRef<HTMLDivElement>(null);
  const count = lines.length;
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new line is the reason to look at the end
  useEffect(() => {
    const element = box.current;
    if (element) element.scrollTop = element.scrollHeight;
  }, [count]);
  return (
    <section aria-labelledby="transcript" className="agent-transcript">
      <h3 id="transcript" className="govuk-heading-s">
        What was said
      </h3>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <div ref={box} className="agent-transcript__box" role="log" aria-labelledby="transcript" tabIndex={0}>
        {lines.length === 0 && <p className="govuk-body-s">Nothing has been said yet.</p>}
        {lines.map((line) => (
          <p key={line.key} className={`agent-line agent-line--${line.who}`} data-who={line.who}>
            <Moment callId={callId} ms={line.at_ms} what="from here" /> <strong>{WHO[line.who]}:</strong> {line.text}
          </p>
        ))}
      </div>
    </section>
  );
}
