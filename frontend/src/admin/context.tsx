import { createContext, type ReactNode, useContext, useEffect, useRef, useState, useSyncExternalStore } from "react";
import { address, type Page } from "./route";
import type { Command, Finding } from "./types";
import { message, type Shown, type Workspace } from "./workspace";

const Here = createContext<Workspace | null>(null);

export const Provide = Here.Provider;

export function useWorkspace(): Workspace {
  const workspace = useContext(Here);
  if (!workspace) throw new Error("there is no workspace around this");
  return workspace;
}

export function useShown(): Shown {
  const workspace = useWorkspace();
  return useSyncExternalStore(workspace.watch, workspace.shown);
}

/** Whether the person may edit what is shown: a draft, with the role. */
export function useMayEdit(): boolean {
  const { draft } = useShown();
  const workspace = useWorkspace();
  return draft !== null && !["published", "discarded"].includes(draft.state) && workspace.may("author");
}

/** A link to another page of this application; the draft goes with it. */
export function Link({
  to,
  draft,
  current,
  className = "govuk-link",
  children,
}: {
  to: Page;
  draft?: string | undefined;
  current?: boolean | undefined;
  className?: string | undefined;
  children: ReactNode;
}) {
  const workspace = useWorkspace();
  const { route } = useShown();
  const kept = draft ?? route.draft;
  return (
    <a
      className={className}
      href={address(to, kept)}
      aria-current={current ? "page" : undefined}
      onClick={(event) => {
        if (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
        event.preventDefault();
        workspace.go(to, kept);
      }}
    >
      {children}
    </a>
  );
}

interface Loaded<T> {
  value: T | null;
  problem: string | null;
}

/** What `load` gives, again whenever `key` changes; what was there is shown until the new is. */
export function useLoaded<T>(key: string, load: () => Promise<T>): Loaded<T> & { again(): void } {
  const [loaded, setLoaded] = useState<Loaded<T> & { key: string }>({ key: "", value: null, problem: null });
  const [times, setTimes] = useState(0);
  const latest = useRef(load);
  latest.current = load;
  const wanted = `${key} ${times}`;
  useEffect(() => {
    let over = false;
    latest.current().then(
      (value) => !over && setLoaded({ key: wanted, value, problem: null }),
      (error: unknown) => !over && setLoaded({ key: wanted, value: null, problem: message(error) }),
    );
    return () => {
      over = true;
    };
  }, [wanted]);
  return { value: loaded.value, problem: loaded.problem, again: () => setTimes((count) => count + 1) };
}

const CHECK_AFTER_MS = 400;

/** What would be found about `name` after `command`, a moment after it has changed; null: nothing to check. */
export function useCheckWhileTyping(command: Command | null, name: string): Finding[] {
  const workspace = useWorkspace();
  const [found, setFound] = useState<Finding[]>([]);
  const wanted = command ? JSON.stringify(command) : "";
  useEffect(() => {
    if (!wanted) {
      setFound([]);
      return;
    }
    let over = false;
    const timer = setTimeout(() => {
      workspace.preview(JSON.parse(wanted) as Command).then(
        (findings) => !over && setFound(findings.filter((finding) => finding.place.name === name)),
        // what is typed may not be a whole command yet; saving it tells
        () => !over && setFound([]),
      );
    }, CHECK_AFTER_MS);
    return () => {
      over = true;
      clearTimeout(timer);
    };
  }, [workspace, wanted, name]);
  return found;
}

/** A page's heading, which has the focus when the page is opened, and its title. */
export function Heading({ children, caption }: { children: string; caption?: string | undefined }) {
  const heading = useRef<HTMLHeadingElement>(null);
  const { visitor } = useWorkspace();
  useEffect(() => {
    document.title = `${children} – Phone service – ${visitor.council}`;
    heading.current?.focus({ preventScroll: true });
  }, [children, visitor.council]);
  return (
    <>
      {caption && <span className="govuk-caption-l">{caption}</span>}
      <h1 ref={heading} tabIndex={-1} className="govuk-heading-l admin-heading">
        {children}
      </h1>
    </>
  );
}
