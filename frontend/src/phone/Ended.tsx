import { Captions } from "./Captions";
import type { Phone } from "./phone";
import { CallHeading } from "./SpokenCall";
import type { PhoneState } from "./state";
import { OUTCOMES } from "./words";

/** After a call: how it ended, its reference, and what was said. */
export function Ended({ phone, state }: { phone: Phone; state: PhoneState }) {
  const outcome = OUTCOMES[state.outcome];
  return (
    <>
      <CallHeading text="The call has ended" />
      <p className="govuk-body-l" data-outcome={state.outcome}>
        {outcome ?? "Thank you for calling."}
      </p>
      {state.reference && (
        <p className="govuk-body">
          The call’s reference is <strong>{state.reference}</strong>.
        </p>
      )}
      {state.captions.length > 0 && <Captions state={state} />}
      <button type="button" className="govuk-button phone-button" onClick={() => phone.again()}>
        {state.as === "agent" ? "Back" : "Back to the phone"}
      </button>
    </>
  );
}
