import { useEffect } from "react";
import { chime } from "../shared/chime";

const FLASH_MS = 1000;

/** While a call is offered, the page's title says so by turns, and once a sound is heard: the page may be behind others. */
export function useOfferAlert(offered: boolean, need: string, sound: boolean): void {
  useEffect(() => {
    if (!offered) return;
    if (sound) chime();
  }, [offered, sound]);
  useEffect(() => {
    if (!offered) return;
    const usual = document.title;
    let flashed = false;
    const flash = () => {
      flashed = !flashed;
      document.title = flashed ? `● Call for you: ${need}` : usual;
    };
    flash();
    const timer = setInterval(flash, FLASH_MS);
    return () => {
      clearInterval(timer);
      document.title = usual;
    };
  }, [offered, need]);
}
