import { createRoot } from "react-dom/client";
import { App } from "./App";
import { carryToken } from "./api";
import { Provide } from "./context";
import { Workspace } from "./workspace";
import "./admin.scss";

const root = document.getElementById("admin");
if (root) {
  const { council = "", person = "", roles = "", csrf = "", phone } = root.dataset;
  carryToken(csrf);
  const workspace = new Workspace({ council, person, roles: roles.split(" "), hasPhone: phone === "yes" });
  createRoot(root).render(
    <Provide value={workspace}>
      <App />
    </Provide>,
  );
}
