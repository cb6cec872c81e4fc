import type { Desk } from "./desk";
import type { Offer } from "./protocol";
import type { DeskState } from "./state";
import { CALL_OUTCOMES, day } from "./words";

/** What the same number rang about before. It is looked up when it is asked for, and the audit shows who did. */
export function Earlier({ desk, state, offer }: { desk: Desk; state: DeskState; offer: Offer }) {
  const known = state.earlierOf === offer.id;
  return (
    <details
      className="govuk-details"
      onToggle={(event) => {
        if (event.currentTarget.open && !known) void desk.earlier();
      }}
    >
      <summary className="govuk-details__summary">
        <span className="govuk-details__summary-text">Earlier calls from this number</span>
      </summary>
      <div className="govuk-details__text">
        {!known && <p className="govuk-body-s">Looking…</p>}
        {known && state.earlier.length === 0 && <p className="govuk-body-s">There are none.</p>}
        <ul className="govuk-list">
          {known &&
            state.earlier.map((call) => (
              <li key={call.id}>
                {day(call.started_at)}: {call.need || "Need not known"}. {CALL_OUTCOMES[call.outcome] ?? "Going on"} (
                {call.reference})
              </li>
            ))}
        </ul>
      </div>
    </details>
  );
}
