import { useEffect, useRef } from "react";
import { Card } from "./Card";
import type { Desk } from "./desk";
import { Earlier } from "./Earlier";
import { HandOn } from "./HandOn";
import { Notes } from "./Notes";
import type { Offer } from "./protocol";
import { Since } from "./Since";
import { type DeskState, spokenIn } from "./state";
import { Transcript } from "./Transcript";

/** The call in hand. */
export function Call({ desk, state, offer }: { desk: Desk; state: DeskState; offer: Offer }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  const joined = offer.state === "joined";
  return (
    <section aria-labelledby="call" data-offer={offer.id} data-offer-state={offer.state}>
      <h2 ref={heading} id="call" className="govuk-heading-m agent-focus" tabIndex={-1}>
        {offer.card.need ?? "A call"}
      </h2>
      <p className="govuk-body" role="status">
        {!joined && "Listen: you hear what it is about, then you are joined with the caller."}
        {joined && offer.held && "The caller is held and hears music."}
        {joined && !offer.held && "You are joined with the caller."} Reference {offer.reference}.
      </p>
      {joined && offer.joined_at && (
        <p className="govuk-body-s">
          For <Since moment={offer.joined_at} />
        </p>
      )}
      <div className="govuk-button-group">
        {joined && (
          <button
            type="button"
            className="govuk-button govuk-button--secondary agent-button"
            aria-pressed={offer.held}
            onClick={() => void desk.toggleHold()}
          >
            Hold
          </button>
        )}
        {joined && offer.recording && (
          <button
            type="button"
            className="govuk-button govuk-button--secondary agent-button"
            aria-pressed={offer.recording === "paused"}
            onClick={() => void desk.toggleRecording()}
          >
            Pause the recording
          </button>
        )}
        <button
          type="button"
          className="govuk-button govuk-button--warning agent-button"
          onClick={() => void desk.hangUp()}
        >
          Hang up
        </button>
      </div>
      {joined && <HandOn desk={desk} offer={offer} view={state.desk} />}
      <div className="agent-call">
        <Card card={offer.card} callId={desk.about.records ? offer.call_id : null} />
        <div>
          <Transcript lines={spokenIn(state, offer)} callId={desk.about.records ? offer.call_id : null} />
          <Notes desk={desk} offer={offer.id} kept={offer.wrap_up.notes} />
          <Earlier desk={desk} state={state} offer={offer} />
        </div>
      </div>
    </section>
  );
}
