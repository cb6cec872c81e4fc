"""A flow's steps and the ways between them."""

from collections.abc import Sequence

from voicebot.flows.content import Content
from voicebot.flows.model import Edge, Finish, FlowKind, Graph, Node, Question

_OUT_OF_HOURS = "Out of hours: as the queue's hours say"


def graph_of(
    content: Content, intent: str, kind: FlowKind, questions: Sequence[Question], queue: str, finish: Finish | None
) -> Graph:
    """The steps in the order of a call that goes well; then where it may leave that road at any time."""
    nodes = [Node(id="start", kind="trigger", title="Caller asks", ref=intent)]
    edges: list[Edge] = []

    def then(node: Node) -> None:
        edges.append(Edge(source=nodes[-1].id, target=node.id))
        nodes.append(node)

    intro = f"utter_{intent}_intro"
    if kind is FlowKind.FORM and intro in content.responses:
        then(Node(id="intro", kind="say", title=_text(content, intro), ref=intro))
    elif kind is not FlowKind.FORM and f"utter_{intent}" in content.responses:
        then(Node(id="answer", kind="say", title=_text(content, f"utter_{intent}"), ref=f"utter_{intent}"))
    for question in questions:
        title = question.variants[0].text if question.variants else question.slot
        confirm = question.slot == "confirm"
        then(Node(id=f"q-{question.slot}", kind="confirm" if confirm else "question", title=title, ref=question.slot))
    to_person = kind is FlowKind.PERSON or (finish is not None and finish.action == "person")
    if kind is FlowKind.FORM:
        then(Node(id="action", kind="action", title="What was asked for is done", ref=f"action_{intent}"))
        done = f"utter_{intent}_done"
        if done in content.responses:
            then(Node(id="done", kind="say", title=_text(content, done), ref=done))
    person = Node(id="person", kind="person", title="A person takes over", ref=queue)
    if to_person:
        then(person)
    else:
        then(Node(id="end", kind="end", title="Is there anything else?", ref="utter_ask_anything_else"))
        nodes.append(person)
    _side_ways(questions, to_person, edges, nodes)
    if to_person or finish is not None:
        nodes.append(Node(id="hours", kind="out_of_hours", title=_OUT_OF_HOURS, ref=queue))
        edges.append(Edge(source="person", target="hours", kind="out_of_hours", label="nobody there"))
    return Graph(nodes=tuple(nodes), edges=tuple(edges))


def _side_ways(questions: Sequence[Question], to_person: bool, edges: list[Edge], nodes: list[Node]) -> None:
    for question in questions:
        here = f"q-{question.slot}"
        edges.append(Edge(source=here, target="person", kind="person", label="0 or “agent”"))
        edges.append(Edge(source=here, target="person", kind="fallback", label="not understood three times"))
        if question.slot == "confirm":
            first = f"q-{questions[0].slot}"
            edges.append(Edge(source=here, target=first, kind="no", label="no: which part is wrong?"))
        if not to_person:
            edges.append(Edge(source=here, target="end", kind="cancel", label="cancel"))


def _text(content: Content, response: str) -> str:
    variants = content.responses[response].data or [{}]
    return str(variants[0].get("text") or response)
