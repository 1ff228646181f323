/** What goes by between the phones and the server: the newest first, and not without end. */

import { element } from "./elements.js";
import type { Passing } from "./network.js";
import { text } from "./texts.js";

const SHOWN = 150;
/** The control centre's zone, so that the same moment reads the same in both. */
const ZONE = "Asia/Jakarta";
const OFFER_PATH = /\/offers\/([0-9a-f-]{36})/;
const ID_TAIL = /(?<=[0-9a-f]{8})(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;

export class FrameList {
  /** Whether what is about an offer is shown; it is not known yet of the others. */
  private readonly offers = new Map<string, boolean>();

  constructor(
    private readonly list: HTMLElement,
    private readonly isPaused: () => boolean,
  ) {}

  /** Adds what passed on a phone. */
  add(phone: string, { way, what, content }: Passing): void {
    const offer = offerOf(what, content);
    const isShown = offer === undefined || this.offers.get(offer);
    if (this.isPaused() || isShown === false) return;
    const time = new Date().toLocaleTimeString([], { hourCycle: "h23", timeZone: ZONE });
    const summary = element(
      "summary",
      {},
      element("time", {}, time),
      element("span", { class: "who" }, phone),
      element("span", { class: "way" }, way === "to" ? "→" : "←"),
      element("span", { class: "unseen" }, text(way === "to" ? "toServer" : "fromServer")),
      element("code", {}, ...breakable(what.replace(ID_TAIL, "…"))),
    );
    const line = element("li", { class: way }, element("details", {}, summary));
    if (isShown === undefined) {
      line.dataset["offer"] = offer;
      line.hidden = true;
    }
    // most are never opened
    summary.addEventListener("click", () => open(line, content), { once: true });
    this.list.prepend(line);
    while (this.list.childElementCount > SHOWN) this.list.lastElementChild!.remove();
  }

  /** Says whether an offer is to be seen here: a simulated fleet's customers would push everything else out. */
  decide(offer: string, isShown: boolean): void {
    this.offers.set(offer, isShown);
    for (const line of this.list.querySelectorAll<HTMLElement>(`[data-offer="${CSS.escape(offer)}"]`)) {
      if (isShown) line.hidden = false;
      else line.remove();
    }
  }

  clear(): void {
    this.list.replaceChildren();
  }
}

/** The offer that something is about. */
function offerOf(what: string, content: unknown): string | undefined {
  return OFFER_PATH.exec(what)?.[1] ?? (content as { offer_id?: string } | undefined)?.offer_id;
}

/** A path may be broken at its slashes. */
function breakable(what: string): (Node | string)[] {
  return what.split(/(?<=\/)/).flatMap((piece) => [piece, element("wbr")]);
}

function open(line: HTMLElement, content: unknown): void {
  const words = content === undefined ? text("nothingMore") : JSON.stringify(content, null, 2);
  line.querySelector("details")!.append(element("pre", { tabindex: "0" }, words));
}
