/** What the mitra earned, session by session, what is owed, and what was paid out. */

import { minutes } from "./clock.js";
import { element, part } from "./elements.js";
import type { Phone } from "./phone.js";
import type { Earnings } from "./shapes.js";
import { rupiah, text, when, type Key } from "./texts.js";

const LATEST = 10;

export class EarningsDrawer {
  private looks = 0;

  constructor(
    private readonly place: HTMLDetailsElement,
    private readonly phone: Phone,
  ) {
    place.addEventListener("toggle", () => void this.refresh());
  }

  /** Looks again, while somebody can see it: no frame says that an operator has paid. */
  async refresh(): Promise<void> {
    if (!this.place.open) return;
    await this.phone.attempt(async () => {
      const look = ++this.looks;
      const found = (await this.phone.client.earnings()) as Earnings;
      if (look === this.looks) this.show(found); // else a later look knows better
    });
  }

  private show(found: Earnings): void {
    part(this.place, "sums").replaceChildren(
      sum("owed", rupiah(found.owed)),
      sum("paidOut", rupiah(found.paid_out)),
      sum("earnedInAll", rupiah(found.earnings)),
      sum("yourShare", `${found.mitra_share_percent} %`),
    );
    rows(part(this.place, "payouts"), "noPayouts", found.payouts, ({ amount, status, reference, created_at, settled_at }) => [
      rupiah(amount),
      text(`payout_${status}` as Key),
      [when(settled_at ?? created_at), ...(reference === null ? [] : [text("reference", { reference })])].join(" · "),
    ]);
    rows(part(this.place, "earned"), "noEarnings", found.items.slice(0, LATEST), ({ amount, seconds, at }) => [
      rupiah(amount),
      text("served", { time: minutes(seconds) }),
      when(at),
    ]);
  }
}

function sum(name: Key, words: string): HTMLElement {
  return element("div", {}, element("dt", {}, text(name)), element("dd", {}, words));
}

/** A list, each row with two words and a line about them. */
function rows<T>(list: HTMLElement, nothing: Key, items: T[], words: (item: T) => [string, string, string]): void {
  const shown = items.map((item) => {
    const [first, second, about] = words(item);
    return element("li", {}, element("strong", {}, first), element("span", {}, second), element("span", { class: "hint" }, about));
  });
  list.replaceChildren(...(shown.length > 0 ? shown : [element("li", { class: "hint" }, text(nothing))]));
}
