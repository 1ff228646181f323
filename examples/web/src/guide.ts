/** What the page says on a customer's phone: what the mitra's phone is needed for, and where the last session is drawn. */

import type { CustomerApp } from "./customer.js";
import { element } from "./elements.js";
import type { MitraApp } from "./mitra.js";
import { text } from "./texts.js";

interface Line {
  words: string;
  link: HTMLElement;
}

const MITRA = "#mitra";
const BEFORE_A_SESSION = ["shop", "pay", "search"];

/** What a customer should know of the mitras' phones, which may be out of sight. */
export function linesFor(customer: CustomerApp, mitras: MitraApp[], timelineOf: (session: string) => string): Line[] {
  const { screen = "", lastSession } = customer;
  const lines: Line[] = [];
  if (mitras.some((mitra) => mitra.isAsked)) lines.push({ words: text("mitraAsked"), link: linkTo(MITRA, text("toAnswer")) });
  if (screen === "shop" && lastSession !== undefined) {
    lines.push({ words: "", link: linkTo(timelineOf(lastSession), text("afterwards")) });
  }
  if (BEFORE_A_SESSION.includes(screen) && !mitras.some((mitra) => mitra.isOnline)) {
    lines.push({ words: text("mitraFirst"), link: linkTo(MITRA, text("toLogIn")) });
  }
  return lines;
}

/** Shows lines, unless they are shown already: they are said to a screen reader once. */
export function showLines(place: HTMLElement, lines: Line[]): void {
  const shown = element("div", {}, ...lines.map(({ words, link }) => element("p", {}, `${words} `, link)));
  if (place.innerHTML !== shown.innerHTML) place.replaceChildren(...shown.childNodes);
}

/** A link to a place of this page, or to another page in a tab of its own. */
export function linkTo(address: string, words: string): HTMLElement {
  const elsewhere: Record<string, string> = address.startsWith("#") ? {} : { target: "_blank", rel: "noopener noreferrer" };
  return element("a", { href: address, ...elsewhere }, words);
}
