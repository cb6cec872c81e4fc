import type { ReactNode } from "react";

interface ButtonProps {
  children: ReactNode;
  /** What it is about, for those who hear the button without what stands around it. */
  about?: string | undefined;
  kind?: "primary" | "secondary" | "warning" | undefined;
  onClick?: (() => void) | undefined;
  submit?: boolean | undefined;
  disabled?: boolean | undefined;
  pressed?: boolean | undefined;
  small?: boolean | undefined;
}

/** A button in GOV.UK Frontend's markup. */
export function Button({
  children,
  about,
  kind = "secondary",
  onClick,
  submit,
  disabled,
  pressed,
  small,
}: ButtonProps) {
  const looks = ["govuk-button", kind !== "primary" && `govuk-button--${kind}`, small && "app-button--small"].filter(
    Boolean,
  );
  return (
    <button
      type={submit ? "submit" : "button"}
      className={looks.join(" ")}
      onClick={onClick}
      disabled={disabled}
      aria-pressed={pressed}
    >
      {children}
      {about && <span className="govuk-visually-hidden"> {about}</span>}
    </button>
  );
}
