import type { Queue } from "./protocol";
import { length } from "./words";

/** Who waits where, in as little room as it goes. */
export function Queues({ queues, titles }: { queues: Queue[]; titles: Record<string, string> }) {
  const busy = queues.filter((queue) => queue.waiting + queue.callbacks > 0);
  return (
    <section aria-labelledby="queues" className="agent-panel">
      <h2 id="queues" className="govuk-heading-s">
        Queues
      </h2>
      {busy.length === 0 ? (
        <p className="govuk-body-s">Nobody waits.</p>
      ) : (
        <ul className="govuk-list agent-queues">
          {busy.map((queue) => (
            <li key={queue.queue}>
              {titles[queue.queue] ?? queue.queue}: {queue.waiting} waiting
              {queue.waiting > 0 && `, longest ${length(queue.longest_s)}`}
              {queue.callbacks > 0 && `, ${queue.callbacks} to be rung back`}
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
