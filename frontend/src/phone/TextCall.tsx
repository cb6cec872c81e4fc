import { type FormEvent, useState } from "react";
import { Captions } from "./Captions";
import type { Phone } from "./phone";
import { CallHeading } from "./SpokenCall";
import type { PhoneState } from "./state";
import { STATES, TEXT_STATES } from "./words";

const LONGEST = 2000;

/** A conversation in text. */
export function TextCall({ phone, state }: { phone: Phone; state: PhoneState }) {
  const [text, setText] = useState("");
  function send(event: FormEvent) {
    event.preventDefault();
    if (text.trim()) phone.say(text.trim());
    setText("");
  }
  return (
    <>
      <CallHeading text="You are typing with the assistant" />
      <p className="phone-state" role="status" data-state={state.bot}>
        {state.reconnecting ? "The connection was lost. Trying again…" : (TEXT_STATES[state.bot] ?? STATES[state.bot])}
      </p>
      <Captions state={state} />
      <form onSubmit={send} className="phone-say">
        <div className="govuk-form-group">
          <label className="govuk-label" htmlFor="say">
            Your message
          </label>
          <input
            id="say"
            className="govuk-input"
            type="text"
            maxLength={LONGEST}
            autoComplete="off"
            value={text}
            onChange={(event) => setText(event.target.value)}
          />
        </div>
        <button type="submit" className="govuk-button phone-button">
          Send
        </button>
      </form>
      <button type="button" className="govuk-button govuk-button--warning phone-button" onClick={() => phone.hangUp()}>
        End the conversation
      </button>
    </>
  );
}
