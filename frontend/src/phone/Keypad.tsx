import type { Phone } from "./phone";
import type { Key } from "./protocol";

const KEYS: readonly Key[] = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "0", "#"];
const NAMES: Partial<Record<Key, string>> = { "*": "star", "#": "hash" };

function isKey(text: string): text is Key {
  return (KEYS as readonly string[]).includes(text);
}

/** The keypad. While it has the focus, the keys of the keyboard press it too. */
export function Keypad({ phone }: { phone: Phone }) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset would be announced again at every key
    <div
      className="phone-keypad"
      role="group"
      aria-label="Keypad"
      onKeyDown={(event) => {
        if (isKey(event.key) && !event.ctrlKey && !event.metaKey && !event.altKey) {
          event.preventDefault();
          phone.press(event.key);
        }
      }}
    >
      {KEYS.map((key) => (
        <button
          key={key}
          type="button"
          className="govuk-button govuk-button--secondary phone-keypad__key"
          aria-label={NAMES[key] ?? key}
          onClick={() => phone.press(key)}
        >
          {key}
        </button>
      ))}
    </div>
  );
}
