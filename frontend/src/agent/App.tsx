import { useEffect, useState, useSyncExternalStore } from "react";
import { Call } from "./Call";
import { usePreferences } from "./choices";
import type { Desk } from "./desk";
import { Idle } from "./Idle";
import { Offer } from "./Offer";
import { useOfferAlert } from "./offer_alert";
import { Preferences } from "./Preferences";
import { Presence } from "./Presence";
import { Queues } from "./Queues";
import { Softphone } from "./Softphone";
import { useShortcuts } from "./shortcuts";
import { type DeskState, type Screen, screenOf } from "./state";
import { WrapUp } from "./WrapUp";
import { LINKS } from "./words";

/** The page. */
export function App({ desk }: { desk: Desk }) {
  const state = useSyncExternalStore(desk.watch, desk.state);
  const screen = screenOf(state);
  const [preferences, setPreferences] = usePreferences();
  useOfferAlert(screen === "offer", state.desk?.in_hand?.card.need ?? "", preferences.sound);
  useShortcuts(desk, screen, preferences.shortcuts);
  useEffect(() => {
    desk.phone.rings = preferences.sound;
  }, [desk, preferences.sound]);
  return (
    <div className="agent" data-screen={screen} data-link={state.link}>
      <h1 className="govuk-heading-l agent-heading">Desk</h1>
      <Messages desk={desk} state={state} />
      {state.desk?.presence && (
        <div className="agent-columns">
          <div className="agent-main">
            <Main desk={desk} state={state} screen={screen} />
          </div>
          <aside className="agent-side" aria-label="You and the queues">
            <Presence desk={desk} presence={state.desk.presence} />
            <Softphone desk={desk} presence={state.desk.presence} inCall={screen === "call"} />
            {screen !== "idle" && <Queues queues={state.desk.queues} titles={desk.about.queues} />}
            <Preferences preferences={preferences} change={setPreferences} />
          </aside>
        </div>
      )}
    </div>
  );
}

function Main({ desk, state, screen }: { desk: Desk; state: DeskState; screen: Screen }) {
  const offer = state.desk?.in_hand;
  // the notes belong to one call: another one starts with a form of its own
  if (screen === "offer" && offer) return <Offer key={offer.id} desk={desk} offer={offer} />;
  if (screen === "call" && offer) return <Call key={offer.id} desk={desk} state={state} offer={offer} />;
  if (screen === "wrap_up" && offer) return <WrapUp key={offer.id} desk={desk} state={state} offer={offer} />;
  return state.desk ? <Idle desk={desk} view={state.desk} /> : null;
}

/** What went wrong, what was saved, and how the connection is. */
function Messages({ desk, state }: { desk: Desk; state: DeskState }) {
  const link = LINKS[state.link] ?? (state.records ? "" : "The records cannot be read now. What is shown may be old.");
  const [quiet, setQuiet] = useState(true);
  useEffect(() => {
    // a page that opens connects in no time: nobody needs to be told
    const timer = setTimeout(() => setQuiet(false), 1500);
    return () => clearTimeout(timer);
  }, []);
  return (
    <>
      <div role="status">
        {link && !(quiet && state.link === "connecting") && <p className="govuk-inset-text agent-link">{link}</p>}
        {state.saved && <p className="govuk-inset-text agent-saved">{state.saved}</p>}
      </div>
      <div role="alert">
        {state.problem && (
          <div className="agent-problem">
            <p className="govuk-body">{state.problem}</p>
            <button type="button" className="govuk-button govuk-button--secondary" onClick={() => desk.dismiss()}>
              I have read this
            </button>
          </div>
        )}
      </div>
    </>
  );
}
