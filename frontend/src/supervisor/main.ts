/** The supervisors' pages: what happens now is kept fresh, and moments of a recording play where they stand. */
import { playMoments } from "../shared/play";
import { keepFresh } from "./fresh";

const EVERY_MS = 5000;

keepFresh("[data-live]", EVERY_MS);
playMoments(document);
