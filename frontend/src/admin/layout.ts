/** Where the steps of a flow stand in the graph: the main road from top to bottom, what may happen at any time beside it. */
import type { FlowGraph } from "./types";

export interface Placed {
  id: string;
  x: number;
  y: number;
}

const DOWN = 130;
const ASIDE = 480;
export const BESIDE: ReadonlySet<string> = new Set(["person", "out_of_hours"]);

export function layout(graph: FlowGraph): Placed[] {
  const main = graph.nodes.filter((node) => !BESIDE.has(node.kind));
  const beside = graph.nodes.filter((node) => BESIDE.has(node.kind));
  const middle = Math.max(0, (main.length - beside.length) / 2);
  return [
    ...main.map((node, row) => ({ id: node.id, x: 0, y: row * DOWN })),
    ...beside.map((node, row) => ({ id: node.id, x: ASIDE, y: (middle + row) * DOWN })),
  ];
}
