import { describe, expect, it } from "vitest";
import { layout } from "./layout";
import type { FlowGraph, GraphNode } from "./types";

function node(id: string, kind: GraphNode["kind"]): GraphNode {
  return { id, kind, title: id, ref: "" };
}

describe("the graph", () => {
  it("has the main road in order, from top to bottom, and people beside it", () => {
    const nodes = [node("a", "trigger"), node("b", "question"), node("p", "person"), node("c", "action")];
    const graph: FlowGraph = { nodes, edges: [] };
    const at = new Map(layout(graph).map((placed) => [placed.id, placed]));
    const road = ["a", "b", "c"].map((id) => at.get(id));
    expect(road.map((placed) => placed?.x)).toEqual([0, 0, 0]);
    expect(road.map((placed) => placed?.y)).toEqual(
      [...road.map((placed) => placed?.y)].sort((a, b) => (a ?? 0) - (b ?? 0)),
    );
    expect(at.get("p")?.x).toBeGreaterThan(0);
  });

  it("puts no two steps on the same place", () => {
    const nodes = Array.from({ length: 12 }, (_, row) => node(String(row), row % 3 ? "question" : "person"));
    const places = layout({ nodes, edges: [] }).map(({ x, y }) => `${x},${y}`);
    expect(new Set(places).size).toBe(12);
  });
});
