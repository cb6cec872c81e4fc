import { Checkbox } from "../shared/Field";
import type { Choices } from "./choices";
import { SHORTCUTS } from "./shortcuts";

/** Sound and keyboard shortcuts, each of which can be switched off. */
export function Preferences({ preferences, change }: { preferences: Choices; change: (choices: Choices) => void }) {
  return (
    <details className="govuk-details">
      <summary className="govuk-details__summary">
        <span className="govuk-details__summary-text">Keyboard and sound</span>
      </summary>
      <div className="govuk-details__text">
        <Checkbox
          label="Sound when a call is offered"
          checked={preferences.sound}
          onChange={(sound) => change({ ...preferences, sound })}
        />
        <Checkbox
          label="Keyboard shortcuts"
          checked={preferences.shortcuts}
          onChange={(shortcuts) => change({ ...preferences, shortcuts })}
        />
        <dl className="agent-keys">
          {SHORTCUTS.map(({ key, words }) => (
            <div key={key}>
              <dt>
                <kbd>{key.toUpperCase()}</kbd>
              </dt>
              <dd>{words}</dd>
            </div>
          ))}
        </dl>
      </div>
    </details>
  );
}
