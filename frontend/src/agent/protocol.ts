/** What this page and the service say to each other; voicebot/web/agent_messages.py is the other side of it. */

export type AgentStateName = "offline" | "available" | "away" | "offered" | "in_call" | "wrapping_up";
export type OfferStateName =
  | "offered"
  | "accepted"
  | "joined"
  | "ended"
  | "declined"
  | "timed_out"
  | "unreachable"
  | "withdrawn";

export interface Presence {
  agent: string;
  display_name: string;
  state: AgentStateName;
  reason: string;
  since: string;
  seen: boolean;
  address: string;
  queues: string[];
  next_state: string;
  next_reason: string;
}

export interface Queue {
  queue: string;
  waiting: number;
  callbacks: number;
  longest_s: number;
  expected_s: number | null;
  available: number;
  busy: number;
  away: number;
  closed: string;
}

export interface Waiting {
  ticket: string;
  queue: string;
  priority: string;
  waits_s: number;
  place: number;
  why: string;
  need: string;
}

export interface Fact {
  name: string;
  label: string;
  value: string;
  source: "said" | "keyed" | "looked_up" | "line";
  confidence: number;
  confirmed: boolean;
  at_ms: number | null;
}

export interface Line {
  who: string;
  text: string;
  at_ms: number;
}

export interface Card {
  reference?: string;
  service?: string;
  topic?: string;
  need?: string;
  words?: string;
  who?: { name: string; number: string; address: string; uprn: string; verified: string };
  urgency?: string;
  alerts?: string[];
  communication?: string[];
  facts?: Fact[];
  done?: string[];
  why?: string;
  next_step?: string;
  notes?: { agent: string; at: string; text: string }[];
  transcript?: Line[];
}

export interface WrapUp {
  outcome: string;
  notes: string;
  service: string;
  topic: string;
  repeated: boolean;
  text_sent: boolean;
  saved_at: string | null;
}

export interface Party {
  name: string;
  address: string;
  state: string;
}

export interface Offer {
  id: string;
  call_id: string;
  reference: string;
  kind: "call" | "callback";
  queue: string;
  priority: string;
  state: OfferStateName;
  joined_at: string | null;
  waited_s: number;
  held: boolean;
  recording: "on" | "paused" | "";
  parties: Party[];
  card: Card;
  wrap_up: WrapUp;
}

export interface Desk {
  presence: Presence | null;
  in_hand: Offer | null;
  queues: Queue[];
  waiting: Waiting[];
  agents: Presence[];
  work: { open: number; claimed: number; overdue: number; closed_today: number };
  bypass: { on: boolean; reason: string; by: string; since: string | null };
}

export interface Spoken {
  key: string;
  who: "caller" | "bot" | "agent";
  text: string;
  at_ms: number;
}

export interface EarlierCall {
  id: string;
  reference: string;
  started_at: string;
  need: string;
  outcome: string;
}

export type FromService =
  | ({ type: "desk" } & Desk)
  | { type: "transcript"; call_id: string; lines: Spoken[] }
  | { type: "unavailable" }
  | { type: "done"; id: number; result: unknown }
  | { type: "failed"; id: number; message: string };

export type OfferRequest =
  | "shown"
  | "accept"
  | "decline"
  | "hold"
  | "resume"
  | "pause_recording"
  | "resume_recording"
  | "hang_up"
  | "leave"
  | "join_all"
  | "earlier";

export interface WrapUpForm {
  outcome: string;
  notes: string;
  service: string;
  topic: string;
  repeated: boolean;
  call_back: string;
  text: string;
  text_to: string;
  text_agreed: boolean;
}

export type Wish =
  | { do: "available" | "away" | "sign_out"; reason?: string }
  | { do: "ring_at"; address: string }
  | { do: "serve"; queues: string[] }
  | { do: OfferRequest; offer: string }
  | { do: "transfer" | "consult"; offer: string; to: string; note: string }
  | { do: "drop"; offer: string; name: string }
  | { do: "note"; offer: string; notes: string }
  | ({ do: "wrap_up"; offer: string } & WrapUpForm);

export type ToService = Wish & { id: number };
