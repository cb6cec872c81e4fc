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
        <div className="govuk-checkboxes govuk-checkboxes--small">
          <Choice
            id="sound"
            label="Sound when a call is offered"
            checked={preferences.sound}
            change={(sound) => change({ ...preferences, sound })}
          />
          <Choice
            id="shortcuts"
            label="Keyboard shortcuts"
            checked={preferences.shortcuts}
            change={(shortcuts) => change({ ...preferences, shortcuts })}
          />
        </div>
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

function Choice(props: { id: string; label: string; checked: boolean; change: (checked: boolean) => void }) {
  const { id, label, checked, change } = props;
  return (
    <div className="govuk-checkboxes__item">
      <input
        id={id}
        className="govuk-checkboxes__input"
        type="checkbox"
        checked={checked}
        onChange={(event) => change(event.target.checked)}
      />
      <label className="govuk-label govuk-checkboxes__label" htmlFor={id}>
        {label}
      </label>
    </div>
  );
}
