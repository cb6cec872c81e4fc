export interface Text {
  text: string;
  text_to: string;
  text_agreed: boolean;
}

/** A text message to the caller, who must have agreed to it. One for each call. */
export function TextToCaller({ sent, text, change }: { sent: boolean; text: Text; change: (text: Text) => void }) {
  if (sent) return <p className="govuk-body">A text was sent to the caller.</p>;
  return (
    <>
      <div className="govuk-form-group">
        <label className="govuk-label" htmlFor="text">
          Text to the caller (optional)
        </label>
        <textarea
          id="text"
          className="govuk-textarea"
          rows={3}
          maxLength={612}
          value={text.text}
          onChange={(event) => change({ ...text, text: event.target.value })}
        />
      </div>
      {text.text && (
        <>
          <div className="govuk-form-group">
            <label className="govuk-label" htmlFor="text-to">
              Send it to
            </label>
            <input
              id="text-to"
              className="govuk-input govuk-input--width-20"
              type="tel"
              value={text.text_to}
              onChange={(event) => change({ ...text, text_to: event.target.value })}
            />
          </div>
          <div className="govuk-form-group govuk-checkboxes govuk-checkboxes--small">
            <div className="govuk-checkboxes__item">
              <input
                id="text-agreed"
                className="govuk-checkboxes__input"
                type="checkbox"
                checked={text.text_agreed}
                onChange={(event) => change({ ...text, text_agreed: event.target.checked })}
              />
              <label className="govuk-label govuk-checkboxes__label" htmlFor="text-agreed">
                The caller agreed to be sent this
              </label>
            </div>
          </div>
        </>
      )}
    </>
  );
}
