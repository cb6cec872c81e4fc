import { useEffect, useRef, useState } from "react";
import type { Desk } from "./desk";

const SAVE_AFTER_MS = 800;

/** Notes on a call, kept while they are typed. */
export function Notes({ desk, offer, kept, onChange }: NotesProps) {
  const [text, setText] = useState(desk.drafts.get(offer) ?? kept);
  const saved = useRef(kept);
  const latest = useRef(text);
  latest.current = text;
  useEffect(() => {
    if (text === saved.current) return;
    const timer = setTimeout(() => {
      saved.current = text;
      void desk.ask({ do: "note", offer, notes: text });
    }, SAVE_AFTER_MS);
    return () => clearTimeout(timer);
  }, [desk, offer, text]);
  useEffect(
    () => () => {
      // the call ended while something was being typed
      if (latest.current !== saved.current) void desk.ask({ do: "note", offer, notes: latest.current });
    },
    [desk, offer],
  );
  return (
    <div className="govuk-form-group">
      <label className="govuk-label" htmlFor="notes">
        Notes
      </label>
      <textarea
        id="notes"
        className="govuk-textarea"
        rows={4}
        maxLength={8000}
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          desk.drafts.set(offer, event.target.value);
          onChange?.(event.target.value);
        }}
      />
    </div>
  );
}

interface NotesProps {
  desk: Desk;
  offer: string;
  kept: string;
  onChange?: (text: string) => void;
}
