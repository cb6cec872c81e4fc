/** Everything that the desk says, in plain English. */
import type { AgentStateName, Fact } from "./protocol";
import type { Link } from "./state";

export const STATES: Record<AgentStateName, string> = {
  offline: "Signed out",
  available: "Available: you are offered calls",
  away: "Away: you are offered no calls",
  offered: "A call is offered to you",
  in_call: "You are in a call",
  wrapping_up: "Wrapping up",
};

export const SHORT_STATES: Record<AgentStateName, string> = {
  offline: "Signed out",
  available: "Available",
  away: "Away",
  offered: "Being offered a call",
  in_call: "In a call",
  wrapping_up: "Wrapping up",
};

export const SOURCES: Record<Fact["source"], string> = {
  said: "Said",
  keyed: "Keyed in",
  looked_up: "Looked up",
  line: "From the line",
};

export const WHO = { caller: "Caller", bot: "Assistant", agent: "You" } as const;

export const WHY: Record<string, string> = {
  offered: "Being offered to an agent",
  busy: "Everybody is busy",
  nobody: "No agent is there",
  declined: "Nobody has taken it so far",
  later: "Rung lately, without an answer",
};

export const LINKS: Partial<Record<Link, string>> = {
  connecting: "Connecting to the service…",
  reconnecting: "The connection was lost. Trying again. A call in hand goes on.",
  signed_out: "You have been signed out. Reload this page to sign in again.",
  no_service: "The service cannot be reached. Reload this page in a minute.",
};

export const CALL_OUTCOMES: Record<string, string> = {
  answered: "Answered",
  reported: "Reported",
  transferred: "To a person",
  callback: "Call back",
  message: "Message",
  emergency: "Emergency",
  abandoned: "Hung up",
  failed: "Failed",
};

/** `75` → "1 min 15 s". */
export function length(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const minutes = Math.floor(whole / 60);
  if (minutes >= 60) return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  return minutes ? `${minutes} min ${whole % 60} s` : `${whole} s`;
}

/** A moment of a call: `75000` → "1:15". */
export function callTime(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

export function sureness(fact: Fact): string {
  return fact.confirmed ? "Confirmed" : `${Math.round(fact.confidence * 100)} %, not confirmed`;
}

/** A day and time, as the person's own clock says. */
export function day(moment: string): string {
  return new Date(moment).toLocaleString("en-GB", {
    day: "numeric",
    month: "short",
    hour: "2-digit",
    minute: "2-digit",
  });
}
