import { useEffect, useState } from "react";
import { LineQuality } from "./LineQuality";
import { Microphones } from "./Microphones";
import type { Phone } from "./phone";
import type { PhoneState } from "./state";
import { type Microphone, microphones } from "./voice";
import { PROBLEMS } from "./words";

/** Before a call: ring, type, take calls; what went wrong the last time; the microphone and the line. */
export function Start({ phone, state }: { phone: Phone; state: PhoneState }) {
  const [known, setKnown] = useState<Microphone[]>([]);
  useEffect(() => {
    void microphones().then(setKnown);
  }, []);
  return (
    <>
      {state.problem && <ProblemSummary problem={state.problem} />}
      <p className="govuk-body-l">
        Ring {phone.settings.council} from this page. An automated assistant answers. You can ask for a person at any
        time.
      </p>
      {phone.settings.version && (
        <p className="govuk-inset-text">You are ringing a version that is being tried. Callers don’t hear it.</p>
      )}
      <div className="govuk-button-group">
        <button type="button" className="govuk-button phone-button" onClick={() => void phone.ring()}>
          Ring the assistant
        </button>
        <button
          type="button"
          className="govuk-button govuk-button--secondary phone-button"
          onClick={() => void phone.write()}
        >
          Type instead
        </button>
      </div>
      <p className="govuk-body">Ringing uses your microphone. Typing needs no sound at all.</p>
      {phone.settings.takesCalls && <TakeCalls phone={phone} state={state} />}
      {known.length > 0 && (
        <details className="govuk-details">
          <summary className="govuk-details__summary">
            <span className="govuk-details__summary-text">Choose a microphone</span>
          </summary>
          <div className="govuk-details__text">
            <Microphones phone={phone} known={known} />
          </div>
        </details>
      )}
      <details className="govuk-details">
        <summary className="govuk-details__summary">
          <span className="govuk-details__summary-text">Try it over a poor phone line</span>
        </summary>
        <div className="govuk-details__text">
          <LineQuality phone={phone} />
        </div>
      </details>
    </>
  );
}

function ProblemSummary({ problem }: { problem: keyof typeof PROBLEMS }) {
  const { title, help } = PROBLEMS[problem];
  return (
    <div className="govuk-error-summary" data-problem={problem}>
      <div role="alert">
        <h2 className="govuk-error-summary__title">{title}</h2>
        <div className="govuk-error-summary__body">
          <p>{help}</p>
        </div>
      </div>
    </div>
  );
}

function TakeCalls({ phone, state }: { phone: Phone; state: PhoneState }) {
  const taking = state.address !== null;
  return (
    <section aria-labelledby="take-calls" className="phone-section">
      <h2 id="take-calls" className="govuk-heading-m">
        Take calls
      </h2>
      <p className="govuk-body" role="status">
        {taking
          ? `This page rings when a caller is for you. Your address is ${state.address}.`
          : "Callers who ask for a person are not put through to this page."}
      </p>
      <button
        type="button"
        className={`govuk-button ${taking ? "govuk-button--secondary" : ""}`}
        onClick={() => void phone.takeCalls(!taking)}
      >
        {taking ? "Stop taking calls" : "Start taking calls"}
      </button>
    </section>
  );
}
