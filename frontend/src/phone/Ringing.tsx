import { useEffect, useRef } from "react";
import type { Phone } from "./phone";
import type { Ringing as RingingState } from "./state";

/** A caller is for the person at this page. */
export function Ringing({ phone, ringing }: { phone: Phone; ringing: RingingState }) {
  const answer = useRef<HTMLButtonElement>(null);
  useEffect(() => answer.current?.focus(), []);
  return (
    <div className="phone-ringing" role="alertdialog" aria-labelledby="ringing" aria-describedby="ringing-about">
      <h2 id="ringing" className="govuk-heading-m">
        A caller is for you
      </h2>
      <p id="ringing-about" className="govuk-body">
        {ringing.caller ? `From ${ringing.caller}. ` : ""}
        {ringing.reference ? `Reference ${ringing.reference}. ` : ""}
        You first hear what it is about.
      </p>
      <div className="govuk-button-group">
        <button ref={answer} type="button" className="govuk-button phone-button" onClick={() => void phone.pickUp()}>
          Answer
        </button>
        <button
          type="button"
          className="govuk-button govuk-button--secondary phone-button"
          onClick={() => phone.decline()}
        >
          Decline
        </button>
      </div>
    </div>
  );
}
