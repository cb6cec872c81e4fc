import { type ReactNode, useId } from "react";

interface Labelled {
  label: ReactNode;
  hint?: ReactNode;
  /** What is wrong with it; the field is then marked. */
  error?: string | undefined;
}

function describedBy(id: string, hint: ReactNode, error: string | undefined): string | undefined {
  const ids = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean);
  return ids.length ? ids.join(" ") : undefined;
}

/** A field of a form in GOV.UK Frontend's markup: label, hint, what is wrong, and whatever is typed or chosen in. */
function Group({ id, label, hint, error, children }: Labelled & { id: string; children: ReactNode }) {
  return (
    <div className={`govuk-form-group${error ? " govuk-form-group--error" : ""}`}>
      <label className="govuk-label" htmlFor={id}>
        {label}
      </label>
      {hint && (
        <div id={`${id}-hint`} className="govuk-hint">
          {hint}
        </div>
      )}
      {error && (
        <p id={`${id}-error`} className="govuk-error-message">
          <span className="govuk-visually-hidden">Error:</span> {error}
        </p>
      )}
      {children}
    </div>
  );
}

export interface TextProps extends Labelled {
  value: string;
  onChange(value: string): void;
  width?: "2" | "5" | "10" | "20" | undefined;
  type?: "text" | "number" | "date" | "search" | undefined;
  lang?: string | undefined;
}

/** One line. */
export function TextField({ value, onChange, width, type = "text", lang, ...about }: TextProps) {
  const id = useId();
  return (
    <Group id={id} {...about}>
      <input
        id={id}
        type={type}
        lang={lang}
        autoComplete="off"
        className={`govuk-input${width ? ` govuk-input--width-${width}` : ""}${about.error ? " govuk-input--error" : ""}`}
        value={value}
        aria-describedby={describedBy(id, about.hint, about.error)}
        onChange={(event) => onChange(event.target.value)}
      />
    </Group>
  );
}

/** Letters that certainly fit into a line of the narrowest field. */
const LINE = 36;

const MOST_LINES = 12;

function linesOf(text: string): number {
  return text.split("\n").reduce((lines, line) => lines + 1 + Math.floor(line.length / LINE), 0);
}

/** Several lines: at least `rows`, and as many as the text needs, lest its beginning be scrolled away. */
export function TextArea({ value, onChange, lang, rows = 3, ...about }: Omit<TextProps, "type"> & { rows?: number }) {
  const id = useId();
  return (
    <Group id={id} {...about}>
      <textarea
        id={id}
        lang={lang}
        rows={Math.min(MOST_LINES, Math.max(rows, linesOf(value)))}
        className={`govuk-textarea${about.error ? " govuk-textarea--error" : ""}`}
        value={value}
        aria-describedby={describedBy(id, about.hint, about.error)}
        onChange={(event) => onChange(event.target.value)}
      />
    </Group>
  );
}

export type Option = readonly [value: string, text: string];

/** One of several. */
export function Select({
  value,
  onChange,
  options,
  ...about
}: Labelled & { value: string; onChange(value: string): void; options: readonly Option[] }) {
  const id = useId();
  return (
    <Group id={id} {...about}>
      <select
        id={id}
        className={`govuk-select${about.error ? " govuk-select--error" : ""}`}
        value={value}
        aria-describedby={describedBy(id, about.hint, about.error)}
        onChange={(event) => onChange(event.target.value)}
      >
        {options.map(([option, text]) => (
          <option key={option} value={option}>
            {text}
          </option>
        ))}
      </select>
    </Group>
  );
}

/** Yes or no. */
export function Checkbox({
  label,
  checked,
  onChange,
}: {
  label: string;
  checked: boolean;
  onChange(checked: boolean): void;
}) {
  const id = useId();
  return (
    <div className="govuk-form-group">
      <div className="govuk-checkboxes govuk-checkboxes--small">
        <div className="govuk-checkboxes__item">
          <input
            id={id}
            type="checkbox"
            className="govuk-checkboxes__input"
            checked={checked}
            onChange={(event) => onChange(event.target.checked)}
          />
          <label className="govuk-label govuk-checkboxes__label" htmlFor={id}>
            {label}
          </label>
        </div>
      </div>
    </div>
  );
}
