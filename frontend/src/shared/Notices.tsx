import { type ReactNode, useEffect, useRef } from "react";

/** What went wrong, where it is seen and heard at once. */
export function Problem({ title, children }: { title: string; children?: ReactNode }) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => box.current?.focus(), []);
  return (
    <div ref={box} className="govuk-error-summary" tabIndex={-1}>
      <div role="alert">
        <h2 className="govuk-error-summary__title">{title}</h2>
        <div className="govuk-error-summary__body">{children}</div>
      </div>
    </div>
  );
}

/** What was done. */
export function Done({ children }: { children: ReactNode }) {
  return (
    <p role="status" className="app-done">
      {children}
    </p>
  );
}

/** A word in a coloured box. */
export function Tag({
  colour,
  children,
}: {
  colour?: "grey" | "green" | "red" | "yellow" | "blue";
  children: ReactNode;
}) {
  return <strong className={`govuk-tag${colour ? ` govuk-tag--${colour}` : ""}`}>{children}</strong>;
}
