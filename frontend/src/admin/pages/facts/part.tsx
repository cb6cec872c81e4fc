/** What the parts of the page about facts have in common. */
import { TextField } from "../../../shared/Field";
import type { Fact, FactKind } from "../../types";

/** Change a fact, or remove it (null); true when it was done. */
export type Change = (
  kind: FactKind,
  key: string,
  value: Record<string, unknown> | null,
  why: string,
) => Promise<boolean>;

export interface Part {
  facts: Fact[];
  may: boolean;
  change: Change;
}

/** Why something is changed, without which nothing is. */
export function Why({ value, onChange, tried }: { value: string; onChange(value: string): void; tried: boolean }) {
  return (
    <TextField
      label="Why it is changed"
      hint="Kept with the change"
      width="20"
      value={value}
      onChange={onChange}
      error={tried && !value.trim() ? "Enter in a few words why it is changed" : undefined}
    />
  );
}
