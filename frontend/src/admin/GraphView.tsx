import { Background, Controls, type Edge, Handle, type Node, type NodeProps, Position, ReactFlow } from "@xyflow/react";
import { useMemo, useState } from "react";
import { Link } from "./context";
import { FinishEditor } from "./FinishEditor";
import { BESIDE, layout } from "./layout";
import { QuestionEditor } from "./QuestionEditor";
import { ResponseEditor } from "./ResponseEditor";
import type { Flow, GraphEdge, GraphNode } from "./types";
import { NODES } from "./words";
import "@xyflow/react/dist/style.css";

type StepNode = Node<{ step: GraphNode }, "step">;

function StepBox({ data, selected }: NodeProps<StepNode>) {
  return (
    <div className={`admin-node admin-node--${data.step.kind}${selected ? " admin-node--selected" : ""}`}>
      <Handle type="target" position={Position.Top} isConnectable={false} />
      <strong>{NODES[data.step.kind]}</strong>
      <span>{data.step.title}</span>
      <Handle type="source" position={Position.Bottom} isConnectable={false} />
      <Handle type="target" id="beside" position={Position.Left} isConnectable={false} />
      <Handle type="source" id="aside" position={Position.Right} isConnectable={false} />
      <Handle type="source" id="around" position={Position.Left} isConnectable={false} />
    </div>
  );
}

const KINDS_OF_NODE = { step: StepBox };
const LABELS: Record<GraphEdge["kind"], string> = {
  next: "",
  no: "no",
  cancel: "cancel",
  fallback: "not understood",
  person: "a person",
  out_of_hours: "out of hours",
};

/** The flow as a picture. A step that is chosen is edited below it, with the same forms as in the outline. */
export function GraphView({ flow, languages }: { flow: Flow; languages: string[] }) {
  const [chosen, setChosen] = useState("");
  const { nodes, edges } = useMemo(() => drawn(flow), [flow]);
  const step = flow.graph.nodes.find((node) => node.id === chosen);
  return (
    <>
      <p className="govuk-body">
        Choose a step to change it: with the mouse, or with Tab and Enter. Everything here can be done in the outline
        too.
      </p>
      <section className="admin-graph" aria-label="The flow as a graph">
        <ReactFlow
          nodes={nodes.map((node) => ({ ...node, selected: node.id === chosen }))}
          edges={edges}
          nodeTypes={KINDS_OF_NODE}
          nodesDraggable={false}
          nodesConnectable={false}
          edgesFocusable={false}
          deleteKeyCode={null}
          defaultViewport={{ x: 170, y: 24, zoom: 0.9 }}
          minZoom={0.2}
          preventScrolling={false}
          zoomOnScroll={false}
          onNodesChange={(changes) => {
            for (const change of changes) if (change.type === "select" && change.selected) setChosen(change.id);
          }}
          onNodeClick={(_, node) => setChosen(node.id)}
        >
          <Background />
          <Controls showInteractive={false} position="top-right" />
        </ReactFlow>
      </section>
      <section aria-label="The chosen step" aria-live="polite" className="admin-chosen">
        {step ? (
          <Chosen key={step.id} flow={flow} step={step} languages={languages} />
        ) : (
          <p className="govuk-hint">No step is chosen.</p>
        )}
      </section>
    </>
  );
}

function drawn(flow: Flow): { nodes: StepNode[]; edges: Edge[] } {
  const steps = new Map(flow.graph.nodes.map((node) => [node.id, node]));
  const nodes = layout(flow.graph).flatMap(({ id, x, y }): StepNode[] => {
    const step = steps.get(id);
    if (!step) return [];
    return [{ id, type: "step", position: { x, y }, data: { step }, ariaLabel: `${NODES[step.kind]}: ${step.title}` }];
  });
  const told = new Set<string>();
  const edges = flow.graph.edges.map((edge): Edge => {
    // the same way out of every question is named once
    const way = `${edge.kind} ${edge.target}`;
    const label = told.has(way) ? "" : edge.label || LABELS[edge.kind];
    told.add(way);
    const leavesTheRoad = BESIDE.has(steps.get(edge.target)?.kind ?? "");
    // Straight down it would be hidden behind the steps between.
    const around = !leavesTheRoad && edge.kind !== "next";
    return {
      id: `${edge.source} ${edge.target} ${edge.kind}`,
      type: "smoothstep",
      source: edge.source,
      target: edge.target,
      ...(leavesTheRoad ? { sourceHandle: "aside", targetHandle: "beside" } : {}),
      ...(around
        ? {
            sourceHandle: "around",
            targetHandle: "beside",
            pathOptions: { offset: edge.kind === "cancel" ? 32 : 88, borderRadius: 8 },
          }
        : {}),
      className: `admin-edge admin-edge--${edge.kind}`,
      ...(label ? { label } : {}),
    };
  });
  return { nodes, edges };
}

function Chosen({ flow, step, languages }: { flow: Flow; step: GraphNode; languages: string[] }) {
  const said = [flow.intro, flow.answer, ...flow.also_says].find((response) => response?.name === step.ref);
  const question = flow.questions.find((one) => one.slot === step.ref || one.response === step.ref);
  return (
    <>
      <h2 className="govuk-heading-m">
        {NODES[step.kind]}: {step.title}
      </h2>
      {step.kind === "trigger" && (
        <p className="govuk-body">
          <Link to={{ name: "flow", intent: flow.intent, view: "examples" }}>
            All {flow.examples.length} examples of how callers say it
          </Link>
        </p>
      )}
      {said && <ResponseEditor key={JSON.stringify(said)} response={said} title={step.title} languages={languages} />}
      {question && <QuestionEditor key={JSON.stringify(question)} question={question} languages={languages} />}
      {step.kind === "action" && flow.finish && (
        <FinishEditor key={JSON.stringify(flow.finish)} flow={flow} finish={flow.finish} />
      )}
      {!said && !question && step.kind !== "trigger" && !(step.kind === "action" && flow.finish) && (
        <p className="govuk-body">There is nothing to change in this step.</p>
      )}
    </>
  );
}
