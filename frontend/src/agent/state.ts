/** What the desk shows, as a function of what has happened: no browser in it, so that every turn can be tested. */
import type { Desk, EarlierCall, FromService, Offer, Spoken } from "./protocol";

export type Screen = "loading" | "idle" | "offer" | "call" | "wrap_up";
export type Link = "connecting" | "open" | "reconnecting" | "signed_out" | "no_service";

export interface DeskState {
  link: Link;
  /** Whether the service can read its records; what is shown may be old while it can't. */
  records: boolean;
  desk: Desk | null;
  spokenOf: string;
  spoken: readonly Spoken[];
  earlierOf: string;
  earlier: readonly EarlierCall[];
  /** The offer that this page has accepted: its phone is picked up as soon as it rings. */
  accepted: string;
  problem: string;
  saved: string;
  waitingFor: readonly number[];
}

export const START: DeskState = {
  link: "connecting",
  records: true,
  desk: null,
  spokenOf: "",
  spoken: [],
  earlierOf: "",
  earlier: [],
  accepted: "",
  problem: "",
  saved: "",
  waitingFor: [],
};

export type DeskEvent =
  | FromService
  | { type: "opened" }
  | { type: "reconnecting" }
  | { type: "gone"; link: Link }
  | { type: "asked"; id: number }
  | { type: "unasked"; id: number }
  | { type: "accepting"; offer: string }
  | { type: "earlier"; offer: string; calls: EarlierCall[] }
  | { type: "saved"; words: string }
  | { type: "wrong"; problem: string }
  | { type: "dismissed" };

export function next(state: DeskState, event: DeskEvent): DeskState {
  switch (event.type) {
    case "opened":
      return { ...state, link: "open" };
    case "reconnecting":
      // answers to what was asked before will not come any more
      return { ...state, link: "reconnecting", waitingFor: [] };
    case "gone":
      return { ...state, link: event.link, waitingFor: [] };
    case "unavailable":
      return { ...state, records: false };
    case "desk": {
      const { type: _, ...desk } = event;
      const mine = desk.in_hand?.id ?? "";
      const another = mine !== (state.desk?.in_hand?.id ?? "");
      return {
        ...state,
        records: true,
        desk,
        accepted: state.accepted === mine ? state.accepted : "",
        saved: another && mine ? "" : state.saved,
        problem: another && mine ? "" : state.problem,
      };
    }
    case "transcript":
      return { ...state, spokenOf: event.call_id, spoken: event.lines };
    case "earlier":
      return { ...state, earlierOf: event.offer, earlier: event.calls };
    case "asked":
      return { ...state, waitingFor: [...state.waitingFor, event.id], problem: "" };
    case "unasked":
    case "done":
      return { ...state, waitingFor: state.waitingFor.filter((id) => id !== event.id) };
    case "failed":
      return { ...state, waitingFor: state.waitingFor.filter((id) => id !== event.id), problem: event.message };
    case "accepting":
      return { ...state, accepted: event.offer };
    case "saved":
      return { ...state, saved: event.words };
    case "wrong":
      return { ...state, problem: event.problem };
    case "dismissed":
      return { ...state, problem: "", saved: "" };
  }
}

/** What the page is about at this moment. */
export function screenOf(state: DeskState): Screen {
  const { desk } = state;
  if (!desk?.presence) return "loading";
  const offer = desk.in_hand;
  if (!offer) return "idle";
  if (offer.state === "offered") return "offer";
  if (offer.state === "accepted" || offer.state === "joined") return "call";
  return desk.presence.state === "wrapping_up" ? "wrap_up" : "idle";
}

/** What was said: the words recorded since, or those on the card while none have come. */
export function spokenIn(state: DeskState, offer: Offer): Spoken[] {
  if (state.spokenOf === offer.call_id && state.spoken.length > 0) return [...state.spoken];
  return (offer.card.transcript ?? []).map((line, index) => ({
    key: String(index),
    who: line.who === "caller" || line.who === "agent" ? line.who : "bot",
    text: line.text,
    at_ms: line.at_ms,
  }));
}

/** Whether the phone in this page is to be picked up now: it rings for the call that was accepted here. */
export function picksUp(state: DeskState, ringingReference: string | null): boolean {
  const offer = state.desk?.in_hand;
  return ringingReference !== null && !!offer && state.accepted === offer.id;
}

/** A page of another system for a call: `{call.reference}`, `{card.who.name}` and the like, encoded for an address. */
export function screenPop(template: string, offer: Offer): string {
  const known: Record<string, unknown> = {
    call: { id: offer.call_id, reference: offer.reference, queue: offer.queue },
    card: offer.card,
  };
  return template.replace(/\{([a-z_.]+)\}/g, (_, path: string) => {
    const value = path
      .split(".")
      .reduce<unknown>(
        (from, name) => (typeof from === "object" && from !== null ? Reflect.get(from, name) : undefined),
        known,
      );
    return typeof value === "string" || typeof value === "number" ? encodeURIComponent(String(value)) : "";
  });
}
