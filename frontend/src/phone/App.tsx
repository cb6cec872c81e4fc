import { useSyncExternalStore } from "react";
import { Ended } from "./Ended";
import type { Phone } from "./phone";
import { Ringing } from "./Ringing";
import { SpokenCall } from "./SpokenCall";
import { Start } from "./Start";
import { TextCall } from "./TextCall";

/** The page. */
export function App({ phone }: { phone: Phone }) {
  const state = useSyncExternalStore(phone.watch, phone.state);
  return (
    <div className="phone" data-screen={state.screen}>
      <h1 className="govuk-heading-xl">Phone</h1>
      {state.ringing && <Ringing phone={phone} ringing={state.ringing} />}
      {state.screen === "start" && <Start phone={phone} state={state} />}
      {state.screen === "call" && <SpokenCall phone={phone} state={state} />}
      {state.screen === "text" && <TextCall phone={phone} state={state} />}
      {state.screen === "ended" && <Ended phone={phone} state={state} />}
    </div>
  );
}
