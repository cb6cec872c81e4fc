import type { ReactNode } from "react";

/** What is wider than a narrow screen scrolls by itself; whoever uses the keyboard must be able to reach it for that. */
export function Scroll({ label, children }: { label: string; children: ReactNode }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must have the focus to be scrolled by keyboard
    <section className="app-scroll" aria-label={label} tabIndex={0}>
      {children}
    </section>
  );
}
