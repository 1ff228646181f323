/** What goes by between the phones and the server: the newest first, and not without end. */

import { element } from "./elements.js";
import type { Passing } from "./network.js";
import { text } from "./texts.js";

const SHOWN = 150;
const ID_TAIL = /(?<=[0-9a-f]{8})(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;

export class FrameList {
  constructor(
    private readonly list: HTMLElement,
    private readonly isPaused: () => boolean,
  ) {}

  /** Adds what passed on a phone. */
  add(phone: string, { way, what, content }: Passing): void {
    if (this.isPaused()) return;
    const time = new Date().toLocaleTimeString([], { hour12: false });
    const summary = element(
      "summary",
      {},
      element("time", {}, time),
      element("span", { class: "who" }, phone),
      element("span", { class: "way" }, way === "to" ? "→" : "←"),
      element("span", { class: "unseen" }, text(way === "to" ? "toServer" : "fromServer")),
      element("code", {}, what.replace(ID_TAIL, "…")),
    );
    const line = element("li", { class: way }, element("details", {}, summary));
    // most are never opened
    summary.addEventListener("click", () => open(line, content), { once: true });
    this.list.prepend(line);
    while (this.list.childElementCount > SHOWN) this.list.lastElementChild!.remove();
  }

  clear(): void {
    this.list.replaceChildren();
  }
}

function open(line: HTMLElement, content: unknown): void {
  const words = content === undefined ? text("nothingMore") : JSON.stringify(content, null, 2);
  line.querySelector("details")!.append(element("pre", { tabindex: "0" }, words));
}
