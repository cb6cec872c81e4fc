import { createRoot } from "react-dom/client";
import { Phone } from "../phone/phone";
import { playMoments } from "../shared/play";
import { App } from "./App";
import { type About, Desk } from "./desk";
import "./agent.scss";

const root = document.getElementById("agent");
if (root) {
  const about = JSON.parse(root.dataset.about ?? "{}") as About;
  const { council, person, personKey, iceServers } = about;
  const desk = new Desk(about, new Phone({ council, person, takesCalls: true, personKey, iceServers }));
  playMoments(root);
  createRoot(root).render(<App desk={desk} />);
  void desk.start();
}
