import { useEffect } from "react";
import type { Desk } from "./desk";
import type { Screen } from "./state";

export type Deed = "accept" | "decline" | "hold" | "mute" | "notes" | "available";

export interface Shortcut {
  key: string;
  deed: Deed;
  words: string;
  screens: readonly Screen[];
}

export const SHORTCUTS: readonly Shortcut[] = [
  { key: "a", deed: "accept", words: "Accept the call that is offered", screens: ["offer"] },
  { key: "d", deed: "decline", words: "Decline it", screens: ["offer"] },
  { key: "h", deed: "hold", words: "Hold the caller, and take them back", screens: ["call"] },
  { key: "m", deed: "mute", words: "Mute your microphone, and unmute it", screens: ["call"] },
  { key: "n", deed: "notes", words: "Go to the notes", screens: ["call", "wrap_up"] },
  { key: "v", deed: "available", words: "Be available", screens: ["idle"] },
];

/** What a key means now. Keys with Ctrl, Alt or the like belong to the browser; those typed into a field are text. */
export function deedOf(
  event: { key: string; ctrlKey: boolean; altKey: boolean; metaKey: boolean; repeat: boolean },
  intoField: boolean,
  screen: Screen,
): Deed | null {
  if (intoField || event.ctrlKey || event.altKey || event.metaKey || event.repeat) return null;
  const found = SHORTCUTS.find((each) => each.key === event.key.toLowerCase() && each.screens.includes(screen));
  return found?.deed ?? null;
}

function isField(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest("input, textarea, select, [contenteditable]") !== null;
}

/** Single keys do what buttons do, unless the person has switched that off (WCAG 2.1.4). */
export function useShortcuts(desk: Desk, screen: Screen, on: boolean): void {
  useEffect(() => {
    if (!on) return;
    const pressed = (event: KeyboardEvent) => {
      const deed = deedOf(event, isField(event.target), screen);
      if (!deed) return;
      event.preventDefault();
      carryOut(desk, deed);
    };
    window.addEventListener("keydown", pressed);
    return () => window.removeEventListener("keydown", pressed);
  }, [desk, screen, on]);
}

function carryOut(desk: Desk, deed: Deed): void {
  switch (deed) {
    case "accept":
      void desk.accept();
      break;
    case "decline":
      void desk.decline();
      break;
    case "hold":
      void desk.toggleHold();
      break;
    case "mute":
      document.getElementById("mute")?.click();
      break;
    case "notes":
      document.getElementById("notes")?.focus();
      break;
    case "available":
      void desk.available();
      break;
  }
}
