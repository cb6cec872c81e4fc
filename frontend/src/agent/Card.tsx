import type { Card as CardView, Fact } from "./protocol";
import { callTime, SOURCES, sureness } from "./words";

/** What is known of the caller and their need, and where each of it comes from. */
export function Card({ card, callId }: { card: CardView; callId: string | null }) {
  const who = card.who;
  return (
    <div className="agent-card">
      <p className="agent-card__tags">
        {card.alerts?.map((alert) => (
          <strong key={alert} className="govuk-tag govuk-tag--red">
            {alert}
          </strong>
        ))}
        {card.urgency === "urgent" && <strong className="govuk-tag govuk-tag--red">Urgent</strong>}
        {card.urgency === "high" && <strong className="govuk-tag govuk-tag--orange">High priority</strong>}
      </p>
      {card.words && <p className="govuk-body agent-card__words">“{card.words}”</p>}
      <dl className="agent-card__list">
        <Row name="Name" value={who?.name || "Not known"} />
        <Row name="Number" value={who?.number || "Not known"} />
        {who?.address && <Row name="Address" value={who.address} />}
        <Row name="Identity" value={who?.verified ? `Checked by ${who.verified}` : "Not checked"} />
        {card.communication && card.communication.length > 0 && (
          <Row name="How to speak to them" value={card.communication.join("; ")} strong />
        )}
        {card.why && <Row name="Why a person" value={card.why} />}
        {card.next_step && <Row name="Next" value={card.next_step} strong />}
      </dl>
      {card.facts && card.facts.length > 0 && <Facts facts={card.facts} callId={callId} />}
      {card.done && card.done.length > 0 && (
        <>
          <h3 className="govuk-heading-s">What the assistant did</h3>
          <ul className="govuk-list govuk-list--bullet">
            {card.done.map((line) => (
              <li key={line}>{line}</li>
            ))}
          </ul>
        </>
      )}
      {card.notes && card.notes.length > 0 && (
        <>
          <h3 className="govuk-heading-s">Notes from colleagues</h3>
          <ul className="govuk-list govuk-list--bullet">
            {card.notes.map((note) => (
              <li key={`${note.agent} ${note.at}`}>
                {note.agent}: {note.text}
              </li>
            ))}
          </ul>
        </>
      )}
    </div>
  );
}

function Row({ name, value, strong }: { name: string; value: string; strong?: boolean }) {
  return (
    <div className="agent-card__row">
      <dt>{name}</dt>
      <dd>{strong ? <strong>{value}</strong> : value}</dd>
    </div>
  );
}

function Facts({ facts, callId }: { facts: Fact[]; callId: string | null }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <section className="app-scroll" aria-label="What is known" tabIndex={0}>
      <table className="govuk-table agent-table agent-facts">
        <caption className="govuk-table__caption govuk-table__caption--s">What is known</caption>
        <thead className="govuk-table__head">
          <tr className="govuk-table__row">
            {["What", "Value", "Source", "Sure", "Moment"].map((heading) => (
              <th key={heading} scope="col" className="govuk-table__header">
                {heading}
              </th>
            ))}
          </tr>
        </thead>
        <tbody className="govuk-table__body">
          {facts.map((fact) => (
            <tr key={fact.name} className="govuk-table__row" data-fact={fact.name}>
              <th scope="row" className="govuk-table__header">
                {fact.label || fact.name}
              </th>
              <td className="govuk-table__cell">{fact.value}</td>
              <td className="govuk-table__cell">{SOURCES[fact.source]}</td>
              <td className="govuk-table__cell">{sureness(fact)}</td>
              <td className="govuk-table__cell">
                {fact.at_ms !== null && <Moment callId={callId} ms={fact.at_ms} what={fact.label || fact.name} />}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

/** A second of the call, which plays when it is pressed; without a call that is recorded it is only told. */
export function Moment({ callId, ms, what }: { callId: string | null; ms: number; what: string }) {
  if (callId === null) return <span className="agent-moment">{callTime(ms)}</span>;
  return (
    <a className="govuk-link agent-moment" href={`/calls/${callId}/audio?at_ms=${Math.round(ms)}`} data-play>
      {callTime(ms)}
      <span className="govuk-visually-hidden"> Play {what}</span>
    </a>
  );
}
