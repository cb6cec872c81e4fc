import { useEffect, useRef } from "react";
import type { PhoneState } from "./state";
import { WHO, WHO_TO_AGENT } from "./words";

/** What both sides have said, as it is said. A screen reader reads each new line when it has time. */
export function Captions({ state }: { state: PhoneState }) {
  const names = state.as === "agent" ? WHO_TO_AGENT : WHO;
  const box = useRef<HTMLDivElement>(null);
  const count = state.captions.length;
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new line is the reason to look at the end
  useEffect(() => {
    const element = box.current;
    if (element) element.scrollTop = element.scrollHeight;
  }, [count]);
  return (
    <section aria-labelledby="captions" className="phone-captions">
      <h3 id="captions" className="govuk-heading-s">
        Captions
      </h3>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <div ref={box} className="phone-captions__box" role="log" aria-labelledby="captions" tabIndex={0}>
        {state.captions.map((caption) => (
          <p key={caption.index} className={`phone-caption phone-caption--${caption.who}`} data-who={caption.who}>
            <strong className="phone-caption__who">{names[caption.who]}: </strong>
            {caption.text}
          </p>
        ))}
      </div>
    </section>
  );
}
