import { useEffect, useState, useSyncExternalStore } from "react";
import { Level } from "../phone/Level";
import { Microphones } from "../phone/Microphones";
import { type Microphone, microphones } from "../phone/voice";
import type { Desk } from "./desk";
import type { Presence } from "./protocol";

/** The phone that is rung: the one in this page, or one on the desk. */
export function Softphone({ desk, presence, inCall }: { desk: Desk; presence: Presence; inCall: boolean }) {
  const { phone } = desk;
  const state = useSyncExternalStore(phone.watch, phone.state);
  const inBrowser = presence.address.startsWith("browser:");
  return (
    <section aria-labelledby="softphone" className="agent-panel">
      <h2 id="softphone" className="govuk-heading-s">
        Phone
      </h2>
      <p className="govuk-body-s" data-phone={state.screen}>
        {!inBrowser && `Your desk phone rings: ${presence.address}`}
        {inBrowser && state.screen === "call" && "Your microphone is on."}
        {inBrowser && state.screen !== "call" && state.address && "Calls ring in this page."}
        {inBrowser && state.screen !== "call" && !state.address && "This page’s phone is not ready."}
      </p>
      {inBrowser && (state.screen === "call" || inCall) && <InCall desk={desk} />}
      <Where desk={desk} presence={presence} />
    </section>
  );
}

function InCall({ desk }: { desk: Desk }) {
  const { phone } = desk;
  const [muted, setMuted] = useState(phone.muted);
  return (
    <>
      <button
        id="mute"
        type="button"
        className="govuk-button govuk-button--secondary agent-button"
        aria-pressed={muted}
        onClick={() => {
          setMuted(!muted);
          phone.mute(!muted);
        }}
      >
        Mute my microphone
      </button>
      <Level phone={phone} />
    </>
  );
}

function Where({ desk, presence }: { desk: Desk; presence: Presence }) {
  const { phone } = desk;
  const own = `browser:${desk.about.person}`;
  const inBrowser = presence.address === own;
  const [address, setAddress] = useState(inBrowser ? "" : presence.address);
  const [known, setKnown] = useState<Microphone[]>([]);
  useEffect(() => {
    void microphones().then(setKnown);
  }, []);
  return (
    <details className="govuk-details">
      <summary className="govuk-details__summary">
        <span className="govuk-details__summary-text">Change phone or microphone</span>
      </summary>
      <div className="govuk-details__text">
        <Microphones phone={phone} known={known} />
        {desk.about.softphone && !inBrowser && (
          <button
            type="button"
            className="govuk-button govuk-button--secondary agent-button"
            onClick={() => void desk.ask({ do: "ring_at", address: own })}
          >
            Ring in this page
          </button>
        )}
        <div className="govuk-form-group">
          <label className="govuk-label" htmlFor="desk-phone">
            Desk phone’s address
          </label>
          <div id="desk-phone-hint" className="govuk-hint">
            Like sip:jane@phones.council.example
          </div>
          <input
            id="desk-phone"
            className="govuk-input"
            aria-describedby="desk-phone-hint"
            spellCheck={false}
            value={address}
            onChange={(event) => setAddress(event.target.value)}
          />
        </div>
        <button
          type="button"
          className="govuk-button govuk-button--secondary agent-button"
          onClick={() => void desk.ask({ do: "ring_at", address })}
        >
          Ring my desk phone
        </button>
      </div>
    </details>
  );
}
