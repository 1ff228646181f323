/** The customer's app: the beacon, packages, paying, searching, the chat, more minutes, a rating. */

import { Refused, type Frame } from "../../typescript/src/client.js";
import { Chat } from "./chat.js";
import { button, copy, element, onPress, onSubmit, part, show, shown } from "./elements.js";
import { OwnDataDrawer } from "./own_data.js";
import { PaymentPanel } from "./payment.js";
import type { App, Phone } from "./phone.js";
import { FINAL, RUNNING, type Package, type Payment, type Session } from "./shapes.js";
import { reason, rupiah, text } from "./texts.js";

const STARS = [1, 2, 3, 4, 5];

export class CustomerApp implements App {
  private readonly root: HTMLElement;
  private readonly chat: Chat;
  private readonly payment: PaymentPanel;
  private readonly extensionPayment: PaymentPanel;
  private session: Session | undefined;
  private bought: string | undefined;
  private last: Session | undefined;
  private isLoaded = false;
  private looks = 0;

  /** `onSession` hears of the session that this customer has. */
  constructor(
    private readonly phone: Phone,
    private readonly onSession: (id: string) => void = () => {},
  ) {
    this.root = phone.app;
    this.root.replaceChildren(copy("customer"));
    this.chat = new Chat(part(this.root, "chat"), phone, "customer");
    part(this.root, "messages").before(part(this.root, "more"));
    this.payment = new PaymentPanel(
      part(this.root, "payment"),
      phone,
      (paid) => void this.paid(paid),
      () => this.backToShop(text("notPaid")),
    );
    this.extensionPayment = new PaymentPanel(
      part(this.root, "extension-payment"),
      phone,
      (paid) => void this.askForMinutes(paid),
      () => phone.notice(text("notPaid")),
    );
    part(this.root, "rating")
      .querySelector("fieldset")!
      .append(...STARS.map((stars) => star(stars, phone.id)));
    new OwnDataDrawer(part(this.root, "own-data"), phone);
    onPress(part(this.root, "cancel"), () =>
      phone.attempt(() => phone.client.insist("POST", `/api/chat/${this.session?.id ?? this.bought}/cancel`)),
    );
    onSubmit(part<HTMLFormElement>(this.root, "rating"), () => this.rate());
    onPress(part(this.root, "money-back"), () => this.answerSilence("end", { no_reply: true }));
    onPress(part(this.root, "another"), () => this.answerSilence("reroute"));
    onPress(part(this.root, "skip"), async () => this.backToShop(""));
  }

  /** The screen that the customer sees. */
  get screen(): string | undefined {
    return shown(this.root);
  }

  /** The newest session that this customer had with a mitra. */
  get lastSession(): string | undefined {
    return this.last?.id;
  }

  /** Whether a session may have begun that `onSession` has not heard of. */
  get mayBeBuying(): boolean {
    return !this.isLoaded || this.payment.isOpen;
  }

  async load(): Promise<void> {
    await this.showPackages();
    this.showBeacon(await this.phone.client.request("GET", "/api/availability"));
    for await (const session of this.phone.client.ownSessions()) {
      if (!FINAL.includes(session.status)) await this.look(session.id);
      else if (session.mitra !== null) {
        this.last = await this.phone.client.request("GET", `/api/chat/${session.id}/info`);
        break;
      }
    }
    this.showAgain();
    this.isLoaded = true;
  }

  connected(): void {
    this.phone.client.send({ type: "subscribe", topic: "availability" }); // a socket's subscription ends with it
    this.chat.connected();
    if (this.session !== undefined) void this.phone.attempt(() => this.look(this.session!.id));
  }

  hear(frame: Frame): void {
    this.chat.hear(frame);
    if (frame.type === "availability") this.showBeacon(frame as unknown as Beacon);
    else if (frame.type === "payment_updated") this.paymentUpdated(frame);
    else if (frame.type === "search_progress" && frame["session_id"] === this.session?.id) this.showQueue(frame as unknown as Session);
    else if (frame.id !== undefined && frame["session_id"]) this.sessionChanged(frame);
  }

  private paymentUpdated(frame: Frame): void {
    const payment = { ...frame, id: frame["payment_request_id"] } as unknown as Payment;
    this.payment.hear(payment);
    this.extensionPayment.hear(payment);
    // paid on another device
    if (payment.status === "confirmed" && payment.session_id !== null && this.session === undefined) {
      void this.phone.attempt(() => this.look(payment.session_id!));
    }
  }

  /** Whatever an event says, the session itself says it best. */
  private sessionChanged(frame: Frame): void {
    void this.phone.attempt(() => this.look(frame["session_id"])).then((done) => done && this.tell(frame));
  }

  private tell(frame: Frame): void {
    const { type, accepted, via_timeout: byTimeout, seconds_left: seconds } = frame;
    if (type === "session_started") this.phone.news(text("mitraAccepted"));
    else if (type === "session_warning") this.phone.news(text("warning", { seconds: Math.round(seconds) }));
    else if (type === "session_rerouted") this.phone.notice(text("rerouted"));
    else if (type === "pairing_failed") this.phone.notice(text("nobodyCame"));
    else if (type === "extension_response") {
      if (accepted) this.phone.news(text("extensionAccepted"));
      else this.phone.notice(text(byTimeout ? "extensionTimedOut" : "extensionRefused"));
    }
  }

  private async look(sessionId: string): Promise<void> {
    const look = ++this.looks;
    const session: Session = await this.phone.client.request("GET", `/api/chat/${sessionId}/info`);
    if (look === this.looks) this.show(session); // else a later look knows better
  }

  private show(session: Session): void {
    const wasRunning = this.session?.id === session.id && RUNNING.includes(this.session.status);
    this.session = session;
    this.onSession(session.id);
    if (RUNNING.includes(session.status)) {
      this.chat.show(session);
      part(this.root, "more").hidden = session.status === "extending";
      part(this.root, "overdue").hidden = !session.no_reply_options;
      part(this.root, "another").hidden = !session.no_reply_options?.includes("reroute");
      show(this.root, "chat");
      this.last = session;
    } else if (!FINAL.includes(session.status)) {
      show(this.root, "search");
      this.showQueue(session);
    } else if (wasRunning) {
      this.chat.close();
      part<HTMLFormElement>(this.root, "rating").reset();
      show(this.root, "rate");
      this.phone.notice(text("endedBecause", { why: reason(session.end_reason, "customer") }));
    } else this.backToShop(text("endedBecause", { why: reason(session.end_reason, "customer") }));
  }

  private showQueue(about: Pick<Session, "position" | "estimated_wait_seconds">): void {
    const { position, estimated_wait_seconds: seconds } = about;
    const place = position == null ? "" : position === 1 ? text("queueNext") : text("queuePlace", { position });
    const wait = seconds == null ? "" : text("queueWait", { seconds });
    part(this.root, "queue").textContent = `${place} ${wait}`.trim();
  }

  private async answerSilence(verb: "end" | "reroute", body?: object): Promise<void> {
    const sessionId = this.session!.id;
    await this.phone.attempt(async () => {
      await this.phone.client.insist("POST", `/api/chat/${sessionId}/${verb}`, body);
      await this.look(sessionId);
    });
  }

  private backToShop(why: string): void {
    if (this.session !== undefined && FINAL.includes(this.session.status)) this.session = undefined;
    show(this.root, "shop");
    this.showAgain();
    this.phone.notice(why);
    void this.showPackages(); // the first session's price may be gone
  }

  /** The last mitra may be asked first, unless they are never to meet again. */
  private showAgain(): void {
    const { mitra = null, has_blocked: hasBlocked } = this.last ?? {};
    part(this.root, "again").hidden = mitra === null || hasBlocked === true;
    part(this.root, "again-text").textContent = text("askAgain", { name: mitra?.display_name ?? text("mitra") });
  }

  private showBeacon({ available, available_mitras: mitras }: Beacon): void {
    const beacon = part(this.root, "beacon");
    beacon.dataset["state"] = available ? "on" : "off";
    beacon.textContent = available ? text("available", { mitras }) : text("nobodyAvailable");
  }

  /** Shows what can be bought now; the packages. */
  private async showPackages(): Promise<Package[]> {
    const { items } = (await this.phone.client.request("GET", "/api/packages")) as { items: Package[] };
    const list = (extensions: boolean, buy: (one: Package) => Promise<unknown>) =>
      items
        .filter((one) => one.is_extension === extensions)
        .map((one) => choiceOf(one, () => this.phone.attempt(() => this.sell(one, buy))));
    part(this.root, "packages").replaceChildren(...list(false, (one) => this.buy(one)));
    part(this.root, "extensions").replaceChildren(
      ...list(true, (one) => this.extensionPayment.open(one, { is_extension: true, session_id: this.session!.id })),
    );
    return items;
  }

  /** A package may have a new price, or be sold no more, since it was shown: then the customer chooses again. */
  private async sell(shown: Package, buy: (one: Package) => Promise<unknown>): Promise<void> {
    try {
      await buy(shown);
    } catch (error) {
      if (!(error instanceof Refused) || !["PACKAGE_REPLACED", "NOT_FOUND"].includes(error.code)) throw error;
      const packages = await this.showPackages();
      if (packages.some((one) => one.id === shown.id)) throw error; // something else was not found
      const newest = packages.find((one) => one.id === error.problem["package_id"]);
      if (newest === undefined) return this.phone.notice(text("notSold", { name: shown.name }));
      this.phone.notice(text("priceChanged", { name: newest.name, price: rupiah(newest.price) }));
      this.root.querySelector<HTMLElement>(`[data-package="${newest.id}"] button`)?.focus();
    }
  }

  private async buy(wanted: Package): Promise<void> {
    const isAgain = !part(this.root, "again").hidden && part<HTMLInputElement>(this.root, "again-box").checked;
    await this.payment.open(wanted, isAgain ? { preferred_mitra_id: this.last?.mitra?.id } : {});
    show(this.root, "pay");
  }

  private async paid({ session_id: sessionId }: Payment): Promise<void> {
    if (sessionId === null) return;
    this.bought = sessionId;
    this.onSession(sessionId);
    show(this.root, "search");
    await this.phone.attempt(() => this.look(sessionId));
  }

  private async askForMinutes(paid: Payment): Promise<void> {
    part<HTMLDetailsElement>(this.root, "more").removeAttribute("open");
    const sessionId = this.session!.id;
    await this.phone.attempt(async () => {
      await this.phone.client.insist("POST", `/api/chat/${sessionId}/extensions`, {
        duration_minutes: paid.duration_minutes,
        price: paid.amount,
        extension_payment_request_id: paid.id,
      });
      await this.look(sessionId);
    });
  }

  private async rate(): Promise<void> {
    const given = new FormData(part<HTMLFormElement>(this.root, "rating"));
    const comment = String(given.get("comment") ?? "").trim();
    const rating = { rating: Number(given.get("rating")), comment: comment === "" ? null : comment };
    const path = `/api/chat/${this.session!.id}/rating`;
    if (await this.phone.attempt(() => this.phone.client.insist("POST", path, rating))) {
      this.backToShop(text("thanks"));
    }
  }
}

interface Beacon {
  available: boolean;
  available_mitras: number;
}

function choiceOf(one: Package, buy: () => Promise<unknown>): HTMLElement {
  const price = `${rupiah(one.price)}${one.is_first_session_discount ? ` · ${text("firstPrice")}` : ""}`;
  const choice = button("", buy);
  choice.append(element("strong", {}, one.name), element("span", {}, price));
  return element("li", { "data-package": one.id }, choice);
}

function star(stars: number, phone: string): HTMLElement {
  const choice = element("input", { type: "radio", name: "rating", value: String(stars), required: "" });
  choice.id = `${phone}-stars-${stars}`;
  return element("label", { for: choice.id }, choice, ` ${stars} ★`);
}
