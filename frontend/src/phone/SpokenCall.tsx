import { useEffect, useRef, useState } from "react";
import { Captions } from "./Captions";
import { Keypad } from "./Keypad";
import { Level } from "./Level";
import { LineQuality } from "./LineQuality";
import { Microphones } from "./Microphones";
import type { Phone } from "./phone";
import type { PhoneState } from "./state";
import { type Microphone, microphones } from "./voice";
import { AGENT_STATES, STATES } from "./words";

/** A spoken call: of a caller with the assistant, or of a person with a caller. */
export function SpokenCall({ phone, state }: { phone: Phone; state: PhoneState }) {
  const agent = state.as === "agent";
  const words = state.reconnecting
    ? "The connection was lost. Trying again…"
    : ((agent ? AGENT_STATES[state.bot] : undefined) ?? STATES[state.bot]);
  return (
    <>
      <CallHeading text={agent ? "You have a caller" : "You are in a call"} />
      <p className={`phone-state phone-state--${state.bot}`} role="status" data-state={state.bot}>
        {words}
      </p>
      {agent && state.reference && <p className="govuk-body">The call’s reference is {state.reference}.</p>}
      <div className="phone-columns">
        <div>
          {agent ? state.bot !== "person" && <Take phone={phone} /> : <Captions state={state} />}
          <button
            type="button"
            className="govuk-button govuk-button--warning phone-button"
            onClick={() => phone.hangUp()}
          >
            Hang up
          </button>
        </div>
        <Controls phone={phone} keyHelp={agent ? "" : `Press ${phone.settings.personKey} for a person.`} />
      </div>
    </>
  );
}

function Take({ phone }: { phone: Phone }) {
  return (
    <div className="govuk-button-group">
      <button type="button" className="govuk-button phone-button" onClick={() => phone.take()}>
        Take the call
      </button>
      <button
        type="button"
        className="govuk-button govuk-button--secondary phone-button"
        onClick={() => phone.press("2")}
      >
        Don’t take it
      </button>
    </div>
  );
}

function Controls({ phone, keyHelp }: { phone: Phone; keyHelp: string }) {
  const [muted, setMuted] = useState(phone.muted);
  const [volume, setVolume] = useState(phone.volume);
  const [known, setKnown] = useState<Microphone[]>([]);
  useEffect(() => {
    void microphones().then(setKnown);
  }, []);
  return (
    <div>
      <Keypad phone={phone} />
      {keyHelp && <p className="govuk-body-s">{keyHelp}</p>}
      <button
        type="button"
        className="govuk-button govuk-button--secondary phone-button"
        aria-pressed={muted}
        onClick={() => {
          setMuted(!muted);
          phone.mute(!muted);
        }}
      >
        Mute my microphone
      </button>
      <Level phone={phone} />
      <div className="govuk-form-group">
        <label className="govuk-label" htmlFor="volume">
          Volume
        </label>
        <input
          id="volume"
          className="phone-range"
          type="range"
          min={0}
          max={1}
          step={0.1}
          value={volume}
          aria-valuetext={`${Math.round(volume * 100)} %`}
          onChange={(event) => {
            setVolume(event.target.valueAsNumber);
            phone.setVolume(event.target.valueAsNumber);
          }}
        />
      </div>
      <details className="govuk-details">
        <summary className="govuk-details__summary">
          <span className="govuk-details__summary-text">Microphone and line</span>
        </summary>
        <div className="govuk-details__text">
          <Microphones phone={phone} known={known} />
          <LineQuality phone={phone} />
        </div>
      </details>
    </div>
  );
}

/** The heading of what has just been begun; it takes the focus, so that nobody has to look for it. */
export function CallHeading({ text }: { text: string }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  return (
    <h2 ref={heading} className="govuk-heading-l phone-heading" tabIndex={-1}>
      {text}
    </h2>
  );
}
