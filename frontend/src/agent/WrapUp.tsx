import { type FormEvent, useEffect, useRef, useState } from "react";
import { Card } from "./Card";
import type { Desk } from "./desk";
import { Notes } from "./Notes";
import type { Offer } from "./protocol";
import { type DeskState, spokenIn } from "./state";
import { type Text, TextToCaller } from "./TextToCaller";
import { Transcript } from "./Transcript";

/** The form at the end of a call. What the assistant knew is filled in already. */
export function WrapUp({ desk, state, offer }: { desk: Desk; state: DeskState; offer: Offer }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  const [outcome, setOutcome] = useState(offer.wrap_up.outcome);
  const [notes, setNotes] = useState(desk.drafts.get(offer.id) ?? offer.wrap_up.notes);
  const [need, setNeed] = useState("");
  const [repeated, setRepeated] = useState(offer.wrap_up.repeated);
  const [callBack, setCallBack] = useState("");
  const [text, setText] = useState<Text>({
    text: "",
    text_to: offer.card.who?.number ?? "",
    text_agreed: false,
  });
  const [missing, setMissing] = useState(false);

  function save(event: FormEvent) {
    event.preventDefault();
    setMissing(!outcome);
    if (!outcome) {
      document.getElementById("outcome")?.focus();
      return;
    }
    const service = desk.about.services.find(([name]) => need.startsWith(`${name}_`))?.[0] ?? "";
    const topic = service ? need.slice(service.length + 1) : "";
    void desk.wrapUp(offer.id, { outcome, notes, service, topic, repeated, call_back: callBack.trim(), ...text });
  }

  return (
    <section aria-labelledby="wrap-up" data-offer={offer.id}>
      <h2 ref={heading} id="wrap-up" className="govuk-heading-m agent-focus" tabIndex={-1}>
        Wrap up: {offer.card.need ?? "a call"}
      </h2>
      <p className="govuk-body">The call is over. Reference {offer.reference}.</p>
      <div className="agent-call">
        <form onSubmit={save} noValidate>
          <div className={`govuk-form-group ${missing ? "govuk-form-group--error" : ""}`}>
            <fieldset className="govuk-fieldset" aria-describedby={missing ? "outcome-error" : undefined}>
              <legend className="govuk-fieldset__legend govuk-fieldset__legend--s">What came of it</legend>
              {missing && (
                <p id="outcome-error" className="govuk-error-message" role="alert">
                  <span className="govuk-visually-hidden">Error:</span> Select what came of it
                </p>
              )}
              <div className="govuk-radios govuk-radios--small">
                {desk.about.outcomes.map(([value, label], index) => (
                  <div key={value} className="govuk-radios__item">
                    <input
                      id={index ? `outcome-${value}` : "outcome"}
                      className="govuk-radios__input"
                      type="radio"
                      name="outcome"
                      value={value}
                      checked={outcome === value}
                      onChange={() => setOutcome(value)}
                    />
                    <label className="govuk-label govuk-radios__label" htmlFor={index ? `outcome-${value}` : "outcome"}>
                      {label}
                    </label>
                  </div>
                ))}
              </div>
            </fieldset>
          </div>
          <Notes desk={desk} offer={offer.id} kept={offer.wrap_up.notes} onChange={setNotes} />
          <div className="govuk-form-group">
            <label className="govuk-label" htmlFor="need">
              If it was about something else, what was it?
            </label>
            <select id="need" className="govuk-select" value={need} onChange={(event) => setNeed(event.target.value)}>
              <option value="">The assistant was right</option>
              {desk.about.services.map(([service, title]) => (
                <optgroup key={service} label={title}>
                  {desk.about.needs
                    .filter(([name]) => name.startsWith(`${service}_`))
                    .map(([name, words]) => (
                      <option key={name} value={name}>
                        {words}
                      </option>
                    ))}
                </optgroup>
              ))}
            </select>
          </div>
          <div className="govuk-form-group">
            <div className="govuk-checkboxes govuk-checkboxes--small">
              <div className="govuk-checkboxes__item">
                <input
                  id="repeated"
                  className="govuk-checkboxes__input"
                  type="checkbox"
                  checked={repeated}
                  onChange={(event) => setRepeated(event.target.checked)}
                />
                <label className="govuk-label govuk-checkboxes__label" htmlFor="repeated">
                  The caller had to repeat themselves
                </label>
              </div>
            </div>
          </div>
          <div className="govuk-form-group">
            <label className="govuk-label" htmlFor="call-back">
              Ring back (optional)
            </label>
            <div id="call-back-hint" className="govuk-hint">
              When, in words. It is put on the worklist.
            </div>
            <input
              id="call-back"
              className="govuk-input"
              aria-describedby="call-back-hint"
              maxLength={120}
              value={callBack}
              onChange={(event) => setCallBack(event.target.value)}
            />
          </div>
          {desk.about.texts && <TextToCaller sent={offer.wrap_up.text_sent} text={text} change={setText} />}
          <button type="submit" className="govuk-button agent-button">
            Save
          </button>
        </form>
        <div>
          <Transcript lines={spokenIn(state, offer)} callId={desk.about.records ? offer.call_id : null} />
          <Card card={offer.card} callId={desk.about.records ? offer.call_id : null} />
        </div>
      </div>
    </section>
  );
}
