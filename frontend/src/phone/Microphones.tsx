import { useState } from "react";
import type { Phone } from "./phone";
import type { Microphone } from "./voice";

/** The microphone picker. */
export function Microphones({ phone, known }: { phone: Phone; known: Microphone[] }) {
  const [chosen, setChosen] = useState(phone.microphone);
  return (
    <div className="govuk-form-group">
      <label className="govuk-label" htmlFor="microphone">
        Microphone
      </label>
      <select
        id="microphone"
        className="govuk-select"
        value={chosen}
        onChange={(event) => {
          setChosen(event.target.value);
          void phone.use(event.target.value);
        }}
      >
        <option value="">The browser’s choice</option>
        {known.map((device) => (
          <option key={device.id} value={device.id}>
            {device.label}
          </option>
        ))}
      </select>
    </div>
  );
}
