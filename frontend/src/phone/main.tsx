import { createRoot } from "react-dom/client";
import { App } from "./App";
import { Phone } from "./phone";
import "./phone.scss";

const root = document.getElementById("phone");
if (root) {
  const { council = "", person = "", takesCalls, personKey = "0", iceServers = "", version = "" } = root.dataset;
  const phone = new Phone({
    council,
    person,
    takesCalls: takesCalls === "yes",
    personKey,
    version,
    iceServers: iceServers.split(" ").filter(Boolean),
  });
  createRoot(root).render(<App phone={phone} />);
}
