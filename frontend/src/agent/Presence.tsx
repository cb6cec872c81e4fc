import { useState } from "react";
import type { Desk } from "./desk";
import type { Presence as PresenceView } from "./protocol";
import { Since } from "./Since";
import { STATES } from "./words";

const BUSY = ["offered", "in_call", "wrapping_up"];

/** Whether the agent takes calls, and what they will do after the one in hand. */
export function Presence({ desk, presence }: { desk: Desk; presence: PresenceView }) {
  const [reason, setReason] = useState(desk.about.awayReasons[0] ?? "");
  const busy = BUSY.includes(presence.state);
  const away = busy ? presence.next_state === "away" : presence.state === "away";
  return (
    <section aria-labelledby="presence" className="agent-panel">
      <h2 id="presence" className="govuk-heading-s">
        {desk.about.displayName}
      </h2>
      <p className={`agent-presence agent-presence--${presence.state}`} role="status" data-presence={presence.state}>
        {STATES[presence.state]}
        {presence.state === "away" && presence.reason ? ` (${presence.reason})` : ""}
      </p>
      <p className="govuk-body-s">
        For <Since moment={presence.since} />
        {busy &&
          presence.next_state === "away" &&
          `. After this you are away (${presence.next_reason || "no reason"}).`}
      </p>
      {(away || presence.state === "offline") && (
        <button type="button" className="govuk-button agent-button" onClick={() => void desk.available()}>
          {busy ? "Be available after this" : "Be available"}
        </button>
      )}
      {!away && (
        <div className="agent-away">
          <label className="govuk-label govuk-!-font-size-16" htmlFor="reason">
            Reason to be away
          </label>
          <select
            id="reason"
            className="govuk-select"
            value={reason}
            onChange={(event) => setReason(event.target.value)}
          >
            {desk.about.awayReasons.map((each) => (
              <option key={each}>{each}</option>
            ))}
          </select>
          <button
            type="button"
            className="govuk-button govuk-button--secondary agent-button"
            onClick={() => void desk.ask({ do: "away", reason })}
          >
            {busy ? "Be away after this" : "Be away"}
          </button>
        </div>
      )}
    </section>
  );
}
