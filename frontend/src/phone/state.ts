/** What the page shows, as a function of what has happened: no browser in it, so that every turn can be tested. */
import type { BotState, Caption, FromService } from "./protocol";
import type { Problem } from "./words";

export type Screen = "start" | "call" | "text" | "ended";

export interface Ringing {
  ring: string;
  caller: string;
  reference: string;
}

export interface PhoneState {
  screen: Screen;
  /** As a caller of the assistant, or as the person that callers are handed to. */
  as: "caller" | "agent";
  bot: BotState;
  captions: readonly Caption[];
  token: string;
  outcome: string;
  reference: string;
  problem: Problem | null;
  /** Whether the connection is being made again; the call goes on meanwhile. */
  reconnecting: boolean;
  address: string | null;
  ringing: Ringing | null;
}

export const START: PhoneState = {
  screen: "start",
  as: "caller",
  bot: "connecting",
  captions: [],
  token: "",
  outcome: "",
  reference: "",
  problem: null,
  reconnecting: false,
  address: null,
  ringing: null,
};

export type PhoneEvent =
  | FromService
  | { type: "rang" }
  | { type: "wrote" }
  | { type: "picked_up" }
  | { type: "connected" }
  | { type: "took" }
  | { type: "again" }
  | { type: "wrong"; problem: Problem }
  | { type: "reconnecting" };

export function inCall(state: PhoneState): boolean {
  return state.screen === "call" || state.screen === "text";
}

export function next(state: PhoneState, event: PhoneEvent): PhoneState {
  switch (event.type) {
    case "rang":
      return { ...fresh(state), screen: "call" };
    case "wrote":
      return { ...fresh(state), screen: "text", bot: "thinking" };
    case "picked_up":
      return { ...fresh(state), screen: "call", as: "agent", reference: state.ringing?.reference ?? "" };
    case "again":
      return fresh(state);
    case "answer":
    case "text_started":
      return { ...state, token: event.token };
    case "connected":
      return state.as === "agent" && state.bot === "connecting" ? { ...state, bot: "listening" } : state;
    case "took":
      return { ...state, bot: "person" };
    case "resumed":
      return { ...state, reconnecting: false };
    case "reconnecting":
      return { ...state, reconnecting: true };
    case "state":
      return inCall(state) ? { ...state, bot: event.state } : state;
    case "caption":
      return inCall(state) ? { ...state, captions: withCaption(state.captions, event) } : state;
    case "ended":
      if (!inCall(state)) return state;
      return {
        ...state,
        screen: "ended",
        reconnecting: false,
        outcome: event.outcome,
        reference: event.reference || state.reference,
      };
    case "registered":
      return { ...state, address: event.address };
    case "ringing":
      return {
        ...state,
        ringing: {
          ring: event.ring,
          caller: event.caller,
          reference: referenceIn(event.headers["user-to-user"] ?? ""),
        },
      };
    case "ring_over":
      return state.ringing?.ring === event.ring ? { ...state, ringing: null } : state;
    case "problem":
      return wrong(state, event.code);
    case "wrong":
      return wrong(state, event.problem);
  }
}

/** Problems that are no reason to end a call that goes on. */
const HARMLESS: readonly Problem[] = ["not_understood"];

function wrong(state: PhoneState, problem: Problem): PhoneState {
  if (inCall(state) && HARMLESS.includes(problem)) return state;
  return { ...fresh(state), problem };
}

function fresh(state: PhoneState): PhoneState {
  return { ...START, address: state.address };
}

function withCaption(captions: readonly Caption[], { index, who, text }: Caption): Caption[] {
  const others = captions.filter((caption) => caption.index !== index);
  return [...others, { index, who, text }].sort((one, two) => one.index - two.index);
}

/** The call's reference in a User-to-User header of ours: hex-encoded JSON (RFC 7433). */
export function referenceIn(header: string): string {
  const [hex = ""] = header.split(";");
  const pairs = /^(?:[0-9a-f]{2})+$/i.test(hex) ? (hex.match(/../g) ?? []) : [];
  try {
    const bytes = Uint8Array.from(pairs, (pair) => Number.parseInt(pair, 16));
    const data: unknown = JSON.parse(new TextDecoder().decode(bytes));
    if (typeof data === "object" && data !== null && "ref" in data && typeof data.ref === "string") return data.ref;
  } catch {
    // not one of ours: there is nothing to show
  }
  return "";
}
