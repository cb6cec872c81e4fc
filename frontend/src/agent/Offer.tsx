import { useEffect, useRef } from "react";
import { Card } from "./Card";
import type { Desk } from "./desk";
import type { Offer as OfferView } from "./protocol";
import { length } from "./words";

/** A call for this agent: its card, and whether they take it. */
export function Offer({ desk, offer }: { desk: Desk; offer: OfferView }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  const queue = desk.about.queues[offer.queue] ?? offer.queue;
  return (
    <section className="agent-offer" aria-labelledby="offer" data-offer={offer.id}>
      <h2 ref={heading} id="offer" className="govuk-heading-m agent-focus" tabIndex={-1}>
        {offer.kind === "callback" ? "Somebody to ring back" : "A call for you"}: {offer.card.need ?? "not known"}
      </h2>
      <p className="govuk-body">
        {queue}. Reference {offer.reference}. They have waited {length(offer.waited_s)}. You first hear what it is about
        {offer.kind === "callback" ? ", then they are rung" : ""}.
      </p>
      <div className="govuk-button-group">
        <button type="button" className="govuk-button agent-button" onClick={() => void desk.accept()}>
          Accept
        </button>
        <button
          type="button"
          className="govuk-button govuk-button--secondary agent-button"
          onClick={() => void desk.decline()}
        >
          Decline
        </button>
      </div>
      <Card card={offer.card} callId={desk.about.records ? offer.call_id : null} />
    </section>
  );
}
