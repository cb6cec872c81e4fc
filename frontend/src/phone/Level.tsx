import { useEffect, useRef, useState } from "react";
import type { Phone } from "./phone";

const LOOK_MS = 100;
const HEARD = 0.08;

/** Whether the microphone hears anything, as a bar and in words. */
export function Level({ phone }: { phone: Phone }) {
  const meter = useRef<HTMLMeterElement>(null);
  const [heard, setHeard] = useState(false);
  useEffect(() => {
    const timer = setInterval(() => {
      const level = phone.level();
      if (meter.current) meter.current.value = level;
      if (level > HEARD) setHeard(true);
    }, LOOK_MS);
    return () => clearInterval(timer);
  }, [phone]);
  return (
    <div className="phone-level">
      <label className="govuk-label" htmlFor="level">
        Your microphone
      </label>
      <meter ref={meter} id="level" className="phone-level__meter" min={0} max={1} />
      <p className="govuk-body-s">{heard ? "It hears you." : "It has not heard you yet."}</p>
    </div>
  );
}
