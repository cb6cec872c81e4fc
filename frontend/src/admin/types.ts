/** What the service says of flows, drafts, versions and facts: the other side is voicebot/flows and voicebot/facts. */

export type Profile = "normal" | "yes_no" | "spelling" | "patient";
export type FlowKind = "answer" | "form" | "person" | "other";
export type QuestionKind = "text" | "yes_no" | "choice" | "number" | "date" | "code";

export interface Wording {
  language: string;
  text: string;
  spoken: string | null;
  seconds: number;
}

export interface BotResponse {
  name: string;
  service: string;
  variants: Wording[];
  interruptible: boolean;
  placeholders: string[];
  used_by: string[];
}

export interface Question {
  slot: string;
  response: string;
  label: string;
  variants: Wording[];
  retries: Wording[];
  profile: Profile;
  keypad: Record<string, string>;
  digits: number;
  hints: string[];
  kind: QuestionKind | null;
  choices: Record<string, string[]>;
  least: number | null;
  most: number | null;
  shared: boolean;
}

export interface GraphNode {
  id: string;
  kind: "trigger" | "say" | "question" | "confirm" | "action" | "person" | "end" | "out_of_hours";
  title: string;
  ref: string;
}

export interface GraphEdge {
  source: string;
  target: string;
  kind: "next" | "no" | "cancel" | "fallback" | "person" | "out_of_hours";
  label: string;
}

export interface FlowGraph {
  nodes: GraphNode[];
  edges: GraphEdge[];
}

export interface Finish {
  action: "report" | "person" | "say";
  text: string;
}

export interface Flow {
  intent: string;
  service: string;
  title: string;
  need: string;
  queue: string;
  kind: FlowKind;
  examples: string[];
  answer: BotResponse | null;
  intro: BotResponse | null;
  questions: Question[];
  finish: Finish | null;
  also_says: BotResponse[];
  graph: FlowGraph;
  calls: string[];
  owner: string;
  reviewed: string | null;
  source: string;
  problems: number;
}

export interface FlowSummary {
  intent: string;
  service: string;
  title: string;
  need: string;
  kind: FlowKind;
  examples: number;
  owner: string;
  reviewed: string | null;
  problems: number;
  warnings: number;
}

export interface ServiceSummary {
  name: string;
  title: string;
  queue: string;
  owner: string;
  reviewed: string | null;
  source: string;
  flows: FlowSummary[];
  problems: number;
  warnings: number;
}

export interface Usage {
  calls: number;
  resolved: number;
}

export interface ServicesView {
  services: ServiceSummary[];
  usage: { services: Record<string, Usage>; flows: Record<string, Usage> };
  languages: string[];
  live: string;
}

export interface SafetyScript {
  rule: string;
  title: string;
  queue: string;
  severity: string;
  script: string;
  question: string;
}

export interface Place {
  service: string;
  kind: "service" | "need" | "examples" | "response" | "question" | "form" | "rule" | "safety" | "call" | "file";
  name: string;
  field: string;
  file: string;
  line: number;
}

export interface Finding {
  check: string;
  severity: "error" | "warning";
  place: Place;
  message: string;
}

export interface Found {
  place: Place;
  text: string;
}

export interface Change {
  place: Place;
  kind: "added" | "removed" | "changed" | "moved";
  summary: string;
  before: string;
  after: string;
}

export interface Edit {
  number: number;
  by: string;
  at: string;
  summary: string;
  reason: string;
  undone: boolean;
}

export interface Review {
  by: string;
  at: string;
  revision: number;
  approved: boolean;
  comment: string;
}

export interface Draft {
  id: string;
  title: string;
  owner: string;
  state: "open" | "in_review" | "approved" | "published" | "discarded";
  base: string;
  behind: boolean;
  revision: number;
  created_at: string;
  changed_at: string;
  notes: string;
  can_undo: string;
  can_redo: string;
  edits: Edit[];
  reviews: Review[];
}

export interface Edited {
  draft: Draft;
  summary: string;
  findings: Finding[];
}

export interface Version {
  name: string;
  at: string;
  by: string;
  notes: string;
  live: boolean;
  trained: boolean;
  changes: string[];
  parent: string;
}

export interface CallResult {
  name: string;
  passed: boolean;
  passed_live: boolean | null;
  problems: string[];
  aloud: boolean;
}

export interface TestReport {
  calls: CallResult[];
  understood: number;
  asked: number;
  confused: string[];
  summary: string;
}

export type Stage = "waiting" | "training" | "starting" | "testing" | "done" | "failed";

export interface Publication {
  id: string;
  kind: string;
  version: string;
  by: string;
  at: string;
  stage: Stage;
  progress: number;
  message: string;
  seconds: number;
  report: TestReport | null;
}

export interface Act {
  act: string;
  text?: string;
  slot?: string;
  keypad?: Record<string, string>;
  queue?: string;
  outcome?: string;
  reason?: string;
}

export interface TraceStep {
  kind: string;
  name: string;
  value: string;
  confidence: number | null;
}

export interface Heard {
  acts: Act[];
  steps: TraceStep[];
  intent: string;
  confidence: number;
  facts: { name: string; value: string; label: string }[];
  service: string;
  need: string;
  queue: string;
}

export type FactKind = "timetable" | "queue" | "place" | "holiday" | "notice" | "contact";

export interface Fact {
  kind: FactKind;
  key: string;
  value: Record<string, unknown>;
  source: "default" | "set";
  changed_at: string | null;
  changed_by: string;
  why: string;
}

export interface FactChange {
  kind: FactKind;
  key: string;
  changed_at: string;
  changed_by: string;
  why: string;
  before: Record<string, unknown> | null;
  after: Record<string, unknown> | null;
}

export interface Phrase {
  text: string;
  times: number;
  confidence: number;
  suggestion: string;
  suggestion_title: string;
}

/** An edit of a draft, as voicebot/flows/commands.py reads it. */
export type Command = { do: string } & Record<string, unknown>;
