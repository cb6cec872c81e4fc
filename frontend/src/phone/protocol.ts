/** What this page and the service say to each other; voicebot/telephony/webrtc/messages.py is the other side of it. */

export interface Quality {
  narrow: boolean;
  loss: number;
  noise_db: number | null;
  jitter_ms: number;
}

export const CLEAN_LINE: Quality = { narrow: false, loss: 0, noise_db: null, jitter_ms: 0 };

export type Key = "0" | "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "9" | "*" | "#";

export type ToService =
  | { type: "ring"; sdp: string; quality: Quality }
  | { type: "reoffer"; sdp: string }
  | { type: "resume"; token: string }
  | { type: "press"; key: Key }
  | { type: "quality"; quality: Quality }
  | { type: "hangup" }
  | { type: "text" }
  | { type: "say"; text: string }
  | { type: "register" }
  | { type: "unregister" }
  | { type: "accept"; ring: string; sdp: string }
  | { type: "decline"; ring: string };

export type BotState =
  | "connecting"
  | "ringing"
  | "listening"
  | "hearing"
  | "thinking"
  | "speaking"
  | "transferring"
  | "recording"
  | "person";

export type ProblemCode = "busy" | "not_allowed" | "not_understood" | "no_call" | "failed";

export interface Caption {
  index: number;
  who: "caller" | "bot" | "agent";
  text: string;
}

export type FromService =
  | { type: "answer"; sdp: string; token: string }
  | { type: "text_started"; token: string }
  | { type: "resumed" }
  | { type: "state"; state: BotState }
  | ({ type: "caption" } & Caption)
  | { type: "ended"; reason: string; outcome: string; reference: string }
  | { type: "registered"; address: string | null }
  | { type: "ringing"; ring: string; caller: string; headers: Record<string, string> }
  | { type: "ring_over"; ring: string }
  | { type: "problem"; code: ProblemCode };
