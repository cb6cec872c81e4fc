import { useState } from "react";

/** What people choose for themselves on this machine. */
export interface Choices {
  shortcuts: boolean;
  sound: boolean;
}

const KEY = "voicebot-desk";
const USUAL: Choices = { shortcuts: true, sound: true };

export function read(storage: Pick<Storage, "getItem">): Choices {
  try {
    const kept: unknown = JSON.parse(storage.getItem(KEY) ?? "{}");
    const choices = typeof kept === "object" && kept !== null ? (kept as Partial<Choices>) : {};
    return { shortcuts: choices.shortcuts !== false, sound: choices.sound !== false };
  } catch {
    return USUAL;
  }
}

export function usePreferences(): [Choices, (choices: Choices) => void] {
  const [choices, setChoices] = useState(() => read(window.localStorage));
  return [
    choices,
    (changed) => {
      window.localStorage.setItem(KEY, JSON.stringify(changed));
      setChoices(changed);
    },
  ];
}
