/** Everything that the page says, in plain English. */
import type { BotState, ProblemCode } from "./protocol";

export type Problem = ProblemCode | MicrophoneProblem | "no_service" | "signed_out" | "lost";
export type MicrophoneProblem = "refused" | "no_microphone" | "in_use" | "insecure";

export const STATES: Record<BotState, string> = {
  connecting: "Connecting…",
  ringing: "Ringing…",
  listening: "The assistant is listening",
  hearing: "The assistant can hear you",
  thinking: "The assistant is thinking",
  speaking: "The assistant is speaking",
  transferring: "Finding a person for you. Please stay on the line",
  recording: "Leave your message now. Press # when you have finished",
  person: "You are talking to a person. Captions may come late",
};

export const TEXT_STATES: Partial<Record<BotState, string>> = {
  listening: "The assistant is waiting for you",
  thinking: "The assistant is writing",
};

export const AGENT_STATES: Partial<Record<BotState, string>> = {
  connecting: "Connecting…",
  listening: "Listen to what the call is about, then take it or not",
  person: "You are connected",
};

/** What went wrong, and what to do about it. */
export const PROBLEMS: Record<Problem, { title: string; help: string }> = {
  refused: {
    title: "Allow the microphone, or type instead",
    help: "Your browser did not let this page use the microphone. Select the icon beside the address, allow the microphone, then ring again.",
  },
  no_microphone: {
    title: "Plug in a microphone, or type instead",
    help: "No microphone was found. Plug in a headset or microphone, then ring again.",
  },
  in_use: {
    title: "Close other programs that use the microphone",
    help: "Another program may be using the microphone. Close it, then ring again.",
  },
  insecure: {
    title: "Open this page over HTTPS, or type instead",
    help: "Browsers only allow the microphone on a secure page. Open the address that begins with https://, or ask whoever runs this service.",
  },
  busy: { title: "All lines are busy", help: "Wait a minute, then ring again." },
  no_service: { title: "The service cannot be reached", help: "It may be starting. Wait a minute, then try again." },
  signed_out: { title: "Sign in again", help: "You have been signed out. Reload this page to sign in." },
  lost: { title: "The connection was lost", help: "Check your network, then ring again." },
  not_allowed: { title: "You cannot take calls", help: "Ask whoever manages accounts for the role “agent”." },
  no_call: { title: "The call has ended", help: "Ring again if you still need us." },
  not_understood: { title: "Something went wrong", help: "Reload this page, then try again." },
  failed: { title: "The call could not be connected", help: "Ring again. If it fails again, type instead." },
};

export const OUTCOMES: Record<string, string> = {
  transferred: "You were put through to a person.",
  message: "Your message has been kept.",
  callback: "Someone will ring you back.",
  reported: "Your report has been made.",
  emergency: "You were given emergency advice.",
  failed: "Something went wrong on our side.",
};

export const WHO = { caller: "You", bot: "Assistant", agent: "Person" } as const;
export const WHO_TO_AGENT = { caller: "Caller", bot: "Assistant", agent: "You" } as const;

/** What kept the microphone from us, from what the browser threw. */
export function microphoneProblem(error: unknown): MicrophoneProblem {
  const name = error instanceof Error ? error.name : "";
  if (name === "NotAllowedError" || name === "SecurityError") return "refused";
  if (name === "NotReadableError" || name === "AbortError") return "in_use";
  return "no_microphone";
}
