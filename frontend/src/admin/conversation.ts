/** A typed conversation with a version, and the scripted call that it becomes. */
import type { Act, Heard, TraceStep } from "./types";

type Answer = string | { keys: string };

export interface Exchange {
  /** What was typed; empty for the greeting. */
  said: string;
  heard: Heard;
}

/** What the bot said, in order. */
export function spoken(heard: Heard): string[] {
  return heard.acts.flatMap((act) => (act.text ? [act.text] : []));
}

/** What the last act asked for; empty when nothing was. */
export function asked(heard: Heard): string {
  return heard.acts.findLast((act) => act.act === "ask")?.slot ?? "";
}

/** The keys that a line such as “/key 1” presses; none for words. */
export function keysOf(said: string): string | undefined {
  return /^\/key ([0-9*#]+)$/.exec(said)?.[1];
}

/** What keys mean to the last question, as in a call: what it says they stand for, a person, or digits. */
export function meant(keys: string, heard: Heard | undefined): string {
  const question = heard?.acts.findLast((act) => act.act === "ask");
  const stands = question?.keypad?.[keys];
  if (stands) return stands;
  return keys === "0" ? "agent" : keys.replace(/[*#]/g, "");
}

/** The steps in the words of the pages: what is asked next is no fact, and a rule is no more than what it does. */
export function told(steps: TraceStep[]): TraceStep[] {
  return steps.flatMap((step) => {
    if (step.kind === "rule") return [];
    if (step.name === "nlu_fallback") return [{ ...step, name: "nothing that it knows" }];
    if (step.name === "requested_slot") return [{ ...step, kind: "asks", name: step.value, value: "" }];
    return [step];
  });
}

const ENDS: Record<string, string> = {
  transfer: "transferred",
  callback: "callback",
  message: "message",
  emergency: "emergency",
};

/** How the conversation ended, as records call it. */
export function outcomeOf(exchanges: Exchange[]): string {
  const acts: Act[] = exchanges.flatMap((exchange) => exchange.heard.acts);
  for (const act of acts) if (ENDS[act.act]) return ENDS[act.act] ?? "answered";
  const hangup = acts.find((act) => act.act === "hangup");
  return hangup?.outcome ?? "answered";
}

/** The command that keeps the conversation as a scripted call; null before anything was said. */
export function scriptOf(
  exchanges: Exchange[],
  name: string,
  file: string,
): ({ do: "save_call" } & Record<string, unknown>) | null {
  const opening = exchanges.find((exchange) => exchange.said);
  if (!opening) return null;
  const answers: Record<string, Answer[]> = {};
  exchanges.forEach((exchange, index) => {
    const before = exchanges[index - 1];
    const slot = before ? asked(before.heard) : "";
    if (exchange === opening || !exchange.said || !slot) return;
    const keys = keysOf(exchange.said);
    answers[slot] = [...(answers[slot] ?? []), keys ? { keys } : exchange.said];
  });
  const services = exchanges.map((exchange) => exchange.heard.service);
  const service = services.findLast((known) => known && known !== "none") ?? "none";
  return {
    do: "save_call",
    service,
    file,
    name,
    opening: opening.said,
    answers: Object.fromEntries(
      Object.entries(answers).map(([slot, said]) => [slot, said.length === 1 ? (said[0] ?? "") : said]),
    ),
    expect: { service, outcome: outcomeOf(exchanges) },
  };
}
