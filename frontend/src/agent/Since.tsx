import { useEffect, useState } from "react";
import { length } from "./words";

/** How long ago something was, counting on. */
export function Since({ moment }: { moment: string }) {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  return <span className="agent-since">{length((now - Date.parse(moment)) / 1000)}</span>;
}
