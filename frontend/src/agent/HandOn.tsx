import { useState } from "react";
import type { Desk } from "./desk";
import type { Desk as DeskView, Offer } from "./protocol";

/** Hand the caller on to a queue or a colleague, at once or after a word with them; talk in threes. */
export function HandOn({ desk, offer, view }: { desk: Desk; offer: Offer; view: DeskView | null }) {
  const [to, setTo] = useState("");
  const [note, setNote] = useState("");
  const others = (view?.agents ?? []).filter((agent) => agent.agent !== desk.about.person && agent.seen);
  const colleague = to.startsWith("agent:");
  return (
    <>
      {offer.parties.length > 0 && (
        <div className="agent-panel">
          <h3 className="govuk-heading-s">Also in this call</h3>
          <ul className="govuk-list">
            {offer.parties.map((party) => (
              <li key={party.name}>
                {party.name} ({party.state}){" "}
                <button
                  type="button"
                  className="govuk-button govuk-button--secondary agent-button"
                  onClick={() => void desk.ask({ do: "drop", offer: offer.id, name: party.name })}
                >
                  Part with {party.name}
                </button>
              </li>
            ))}
          </ul>
          <div className="govuk-button-group">
            <button type="button" className="govuk-button agent-button" onClick={() => void desk.joinAll()}>
              Talk all together
            </button>
            <button
              type="button"
              className="govuk-button govuk-button--secondary agent-button"
              onClick={() => void desk.leave()}
            >
              Leave them to it
            </button>
          </div>
        </div>
      )}
      <details className="govuk-details">
        <summary className="govuk-details__summary">
          <span className="govuk-details__summary-text">Hand the caller on</span>
        </summary>
        <div className="govuk-details__text">
          <div className="govuk-form-group">
            <label className="govuk-label" htmlFor="hand-on-to">
              To
            </label>
            <select id="hand-on-to" className="govuk-select" value={to} onChange={(event) => setTo(event.target.value)}>
              <option value="">Choose a queue or a colleague</option>
              <optgroup label="Queues">
                {Object.entries(desk.about.queues).map(([name, title]) => (
                  <option key={name} value={`queue:${name}`}>
                    {title}
                  </option>
                ))}
              </optgroup>
              <optgroup label="Colleagues">
                {others.map((agent) => (
                  <option key={agent.agent} value={`agent:${agent.agent}`}>
                    {agent.display_name}
                  </option>
                ))}
              </optgroup>
            </select>
          </div>
          <div className="govuk-form-group">
            <label className="govuk-label" htmlFor="hand-on-note">
              What they should know (optional)
            </label>
            <textarea
              id="hand-on-note"
              className="govuk-textarea"
              rows={2}
              maxLength={8000}
              value={note}
              onChange={(event) => setNote(event.target.value)}
            />
          </div>
          <div className="govuk-button-group">
            <button
              type="button"
              className="govuk-button agent-button"
              aria-disabled={!to}
              onClick={() => to && void desk.ask({ do: "transfer", offer: offer.id, to, note })}
            >
              Hand on now
            </button>
            {colleague && (
              <button
                type="button"
                className="govuk-button govuk-button--secondary agent-button"
                onClick={() => void desk.ask({ do: "consult", offer: offer.id, to, note })}
              >
                Speak to them first
              </button>
            )}
          </div>
        </div>
      </details>
    </>
  );
}
