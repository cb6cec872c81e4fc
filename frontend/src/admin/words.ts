/** The words in which pages speak of what the service names technically. */
import type { FlowKind, GraphNode, Profile, QuestionKind, Stage } from "./types";

export const KINDS: Record<FlowKind, string> = {
  answer: "Answers",
  form: "Asks and does",
  person: "Goes to a person",
  other: "Rules of its own",
};

export const PROFILES: readonly (readonly [Profile, string])[] = [
  ["normal", "A few words"],
  ["yes_no", "Yes or no, quickly"],
  ["spelling", "Spelled or read out: a code, a number"],
  ["patient", "A story: wait through long pauses"],
];

export const QUESTION_KINDS: readonly (readonly [QuestionKind, string])[] = [
  ["text", "Any words"],
  ["yes_no", "Yes or no"],
  ["choice", "One of several choices"],
  ["number", "A whole number"],
  ["date", "A day"],
  ["code", "A code or reference"],
];

export const KNOWN_QUESTIONS: readonly (readonly [string, string])[] = [
  ["address", "Their home address"],
  ["name", "Their name"],
  ["phone", "Their phone number"],
  ["email", "Their email address"],
  ["date_of_birth", "Their date of birth"],
];

/** What questions ask whose answer is no fact, and so has no name of its own. */
export const QUESTIONS: Readonly<Record<string, string>> = { address_ok: "Whether that is the address" };

export const NODES: Record<GraphNode["kind"], string> = {
  trigger: "Callers say",
  say: "Says",
  question: "Asks",
  confirm: "Reads back",
  action: "Does",
  person: "A person",
  end: "End",
  out_of_hours: "Out of hours",
};

export const FINISHES = [
  ["report", "Write a report and tell its reference"],
  ["person", "Hand over to a person"],
  ["say", "Only say something"],
] as const;

export const STAGES: Record<Stage, string> = {
  waiting: "Waiting its turn",
  training: "Learning the examples",
  starting: "Starting beside the live version",
  testing: "Holding the scripted calls",
  done: "Done",
  failed: "Failed. Callers notice nothing.",
};

export const LANGUAGES: Record<string, string> = { en: "English", cy: "Welsh" };

export function language(code: string): string {
  return LANGUAGES[code] ?? code;
}

export function day(text: string | null): string {
  if (!text) return "never";
  return new Date(text).toLocaleDateString("en-GB", { day: "numeric", month: "long", year: "numeric" });
}

export function moment(text: string): string {
  return new Date(text).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" });
}

/** The same with a capital letter, for a heading. */
export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** A slot's name as words. */
export function plain(name: string): string {
  return name.replaceAll("_", " ");
}

/** Days after which somebody should look again whether what is said still holds. */
const REVIEW_DAYS = 365;

export function reviewDue(reviewed: string | null, now: Date): boolean {
  return !reviewed || now.getTime() - new Date(reviewed).getTime() > REVIEW_DAYS * 86_400_000;
}
