import { useEffect, useRef, useState, useSyncExternalStore } from "react";
import type { Desk } from "./desk";

const SAVE_AFTER_MS = 800;

/** Notes on a call, kept while they are typed. */
export function Notes({ desk, offer, kept, onChange }: NotesProps) {
  const [text, setText] = useState(desk.drafts.get(offer) ?? kept);
  const saved = useRef(kept);
  const latest = useRef(text);
  latest.current = text;
  const open = useSyncExternalStore(desk.watch, () => desk.state().link === "open");
  useEffect(() => {
    // without a connection nothing is lost: what was typed is sent when it is back
    if (!open || text === saved.current) return;
    const timer = setTimeout(() => {
      const before = saved.current;
      saved.current = text;
      void desk.ask({ do: "note", offer, notes: text }).then((answer) => {
        if (answer === undefined && saved.current === text) saved.current = before;
      });
    }, SAVE_AFTER_MS);
    return () => clearTimeout(timer);
  }, [desk, offer, text, open]);
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
