/** Hours and notices as pages show them: pure, so that they are tested without a service. */
import type { Fact } from "./types";

export const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;
export type Day = (typeof DAYS)[number];
export const DAY_NAMES: Record<Day, string> = {
  mon: "Monday",
  tue: "Tuesday",
  wed: "Wednesday",
  thu: "Thursday",
  fri: "Friday",
  sat: "Saturday",
  sun: "Sunday",
};

/** Hours as they are kept (“mon-fri”: “09:00-17:00”), a day at a time; closed where nothing is told. */
export function byDay(hours: unknown): Record<Day, string> {
  const days = Object.fromEntries(DAYS.map((day) => [day, "closed"])) as Record<Day, string>;
  if (hours === "always") for (const day of DAYS) days[day] = "00:00-24:00";
  if (typeof hours !== "object" || hours === null) return days;
  for (const [span, times] of Object.entries(hours)) {
    const [first = "", last = first] = span.trim().toLowerCase().split("-");
    const [from, to] = [DAYS.indexOf(first as Day), DAYS.indexOf(last as Day)];
    for (const day of from < 0 || to < 0 ? [] : DAYS.slice(from, to + 1)) days[day] = String(times);
  }
  return days;
}

/** The same shortly: neighbours with the same times in one line, closed days left out. */
export function shortly(days: Record<Day, string>): Record<string, string> {
  const hours: Record<string, string> = {};
  let first = 0;
  for (let index = 1; index <= DAYS.length; index++) {
    const [begins, next] = [DAYS[first], DAYS[index]];
    if (!begins || (next && days[next].trim() === days[begins].trim())) continue;
    const ends = DAYS[index - 1];
    const times = days[begins].trim();
    if (times && times !== "closed") hours[begins === ends ? begins : `${begins}-${ends}`] = times;
    first = index;
  }
  return hours;
}

/** Whether a notice is told now, will be, or is over. */
export function standing(notice: Fact, today: string): "now" | "later" | "over" {
  const start = String(notice.value.start).slice(0, 10);
  const end = String(notice.value.end).slice(0, 10);
  if (today < start) return "later";
  return today > end ? "over" : "now";
}

export function of(facts: Fact[], kind: Fact["kind"]): Fact[] {
  return facts.filter((fact) => fact.kind === kind);
}
