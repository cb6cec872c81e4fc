import type { Desk as DeskController } from "./desk";
import type { Desk } from "./protocol";
import { length, SHORT_STATES, WHY } from "./words";

/** Nothing in hand: who waits and why, and who else is there. */
export function Idle({ desk, view }: { desk: DeskController; view: Desk }) {
  const title = (queue: string) => desk.about.queues[queue] ?? queue;
  const { work } = view;
  return (
    <>
      {view.bypass.on && <p className="govuk-inset-text">Calls come straight to people: {view.bypass.reason}</p>}
      <Table caption="Waiting for a person" headings={["Place", "Need", "Queue", "Waits", "Why"]} empty="Nobody waits.">
        {view.waiting.map((one) => (
          <tr key={one.ticket} className="govuk-table__row">
            <td className="govuk-table__cell">{one.place}</td>
            <th scope="row" className="govuk-table__header">
              {one.priority === "urgent" && <strong className="govuk-tag govuk-tag--red">Urgent</strong>} {one.need}
            </th>
            <td className="govuk-table__cell">{title(one.queue)}</td>
            <td className="govuk-table__cell">{length(one.waits_s)}</td>
            <td className="govuk-table__cell">{WHY[one.why] ?? one.why}</td>
          </tr>
        ))}
      </Table>
      <Table
        caption="Queues"
        headings={["Queue", "Waiting", "Longest", "Expected wait", "Call backs", "Available", "Busy"]}
        empty="No queue has been used yet."
      >
        {view.queues.map((queue) => (
          <tr key={queue.queue} className="govuk-table__row">
            <th scope="row" className="govuk-table__header">
              {title(queue.queue)}
              {queue.closed && <span className="govuk-hint agent-closed">Closed: {queue.closed}</span>}
            </th>
            <td className="govuk-table__cell">{queue.waiting}</td>
            <td className="govuk-table__cell">{queue.waiting ? length(queue.longest_s) : "–"}</td>
            <td className="govuk-table__cell">{queue.expected_s === null ? "Not known" : length(queue.expected_s)}</td>
            <td className="govuk-table__cell">{queue.callbacks}</td>
            <td className="govuk-table__cell">{queue.available}</td>
            <td className="govuk-table__cell">{queue.busy}</td>
          </tr>
        ))}
      </Table>
      <Table caption="Agents" headings={["Name", "State"]} empty="Nobody is there.">
        {view.agents.map((agent) => (
          <tr key={agent.agent} className="govuk-table__row">
            <th scope="row" className="govuk-table__header">
              {agent.display_name}
            </th>
            <td className="govuk-table__cell">
              {SHORT_STATES[agent.state]}
              {agent.state === "away" && agent.reason ? ` (${agent.reason})` : ""}
            </td>
          </tr>
        ))}
      </Table>
      <p className="govuk-body">
        <a className="govuk-link" href="/work/">
          Worklist
        </a>
        : {work.open} not taken on, {work.claimed} taken on
        {work.overdue > 0 && (
          <>
            , <strong className="govuk-tag govuk-tag--red">{work.overdue} overdue</strong>
          </>
        )}
      </p>
    </>
  );
}

function Table(props: { caption: string; headings: string[]; empty: string; children: React.ReactNode[] }) {
  const { caption, headings, empty, children } = props;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <section className="app-scroll" aria-label={caption} tabIndex={0}>
      <table className="govuk-table agent-table">
        <caption className="govuk-table__caption govuk-table__caption--m">{caption}</caption>
        {children.length > 0 && (
          <thead className="govuk-table__head">
            <tr className="govuk-table__row">
              {headings.map((heading) => (
                <th key={heading} scope="col" className="govuk-table__header">
                  {heading}
                </th>
              ))}
            </tr>
          </thead>
        )}
        <tbody className="govuk-table__body">
          {children.length > 0 ? (
            children
          ) : (
            <tr className="govuk-table__row">
              <td className="govuk-table__cell">{empty}</td>
            </tr>
          )}
        </tbody>
      </table>
    </section>
  );
}
