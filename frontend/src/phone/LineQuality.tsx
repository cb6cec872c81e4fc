import { type ReactNode, useState } from "react";
import { Checkbox } from "../shared/Field";
import type { Phone } from "./phone";
import type { Quality } from "./protocol";

const LOSS = [0, 0.01, 0.03, 0.05, 0.1, 0.2];
const NOISE = [null, -60, -50, -40, -30];
const JITTER = [0, 20, 40, 80, 160];

/** How bad the line shall be: for trying the service as callers on one hear it. */
export function LineQuality({ phone }: { phone: Phone }) {
  const [quality, setQuality] = useState<Quality>(phone.quality);
  function change(part: Partial<Quality>) {
    const changed = { ...quality, ...part };
    setQuality(changed);
    phone.simulate(changed);
  }
  return (
    <fieldset className="govuk-fieldset">
      <legend className="govuk-fieldset__legend govuk-fieldset__legend--s">The line that is simulated</legend>
      <div data-quality="narrow">
        <Checkbox
          label="As narrow as the phone network (8 kHz, A-law)"
          checked={quality.narrow}
          onChange={(narrow) => change({ narrow })}
        />
      </div>
      <Choice id="loss" label="Packets lost" value={quality.loss} onChange={(loss) => change({ loss: Number(loss) })}>
        {LOSS.map((share) => (
          <option key={share} value={share}>
            {share ? `${share * 100} in 100` : "None"}
          </option>
        ))}
      </Choice>
      <Choice
        id="noise"
        label="Noise"
        value={quality.noise_db ?? ""}
        onChange={(noise) => change({ noise_db: noise === "" ? null : Number(noise) })}
      >
        {NOISE.map((level) => (
          <option key={level} value={level ?? ""}>
            {level === null ? "None" : `${level} dB`}
          </option>
        ))}
      </Choice>
      <Choice
        id="jitter"
        label="Packets held up"
        value={quality.jitter_ms}
        onChange={(jitter) => change({ jitter_ms: Number(jitter) })}
      >
        {JITTER.map((time) => (
          <option key={time} value={time}>
            {time ? `up to ${time} milliseconds` : "Not at all"}
          </option>
        ))}
      </Choice>
    </fieldset>
  );
}

interface ChoiceProps {
  id: string;
  label: string;
  value: string | number;
  onChange: (value: string) => void;
  children: ReactNode;
}

function Choice({ id, label, value, onChange, children }: ChoiceProps) {
  return (
    <div className="govuk-form-group phone-choice">
      <label className="govuk-label" htmlFor={id}>
        {label}
      </label>
      <select id={id} className="govuk-select" value={value} onChange={(event) => onChange(event.target.value)}>
        {children}
      </select>
    </div>
  );
}
