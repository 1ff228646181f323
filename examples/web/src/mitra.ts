/** The mitra's app: online with heartbeats, offers with a countdown, sessions, extensions asked, earnings. */

import { Refused, type Frame } from "../../typescript/src/client.js";
import { Chat } from "./chat.js";
import { minutes, secondsUntil } from "./clock.js";
import { EarningsDrawer } from "./earnings.js";
import { button, copy, element, leave, often, onPress, part, show } from "./elements.js";
import { OwnDataDrawer } from "./own_data.js";
import type { App, Phone } from "./phone.js";
import { FINAL, type Extension, type Offer, type Session } from "./shapes.js";
import { offlineBecause, reason, rupiah, text } from "./texts.js";

const OFFER_OVER: Record<string, string> = {
  offer_rescinded: "offerTaken",
  offer_cancelled: "offerCancelled",
  offer_expired: "offerExpired",
};

export class MitraApp implements App {
  private readonly root: HTMLElement;
  private readonly chat: Chat;
  private readonly earnings: EarningsDrawer;
  private readonly offers = new Map<string, { offer: Offer; card: HTMLElement }>();
  private readonly sessions = new Map<string, Session>();
  private extension: Extension | undefined;
  /** Whether the mitra receives offers. */
  isOnline = false;

  /** `wants` says whether to show an offer; the others are declined at once. */
  constructor(
    private readonly phone: Phone,
    private readonly wants: (offer: Offer) => Promise<boolean> = async () => true,
  ) {
    this.root = phone.app;
    this.root.replaceChildren(copy("mitra"));
    part(this.root, "greeting").textContent = phone.client?.login.user.display_name ?? text("mitra");
    this.chat = new Chat(part(this.root, "chat"), phone, "mitra");
    this.earnings = new EarningsDrawer(part<HTMLDetailsElement>(this.root, "earnings"), phone);
    new OwnDataDrawer(part(this.root, "own-data"), phone);
    onPress(part(this.root, "online"), () => this.phone.attempt(() => this.setOnline(!this.isOnline)));
    onPress(part(this.root, "back"), async () => this.goHome());
    onPress(part(this.root, "approve"), () => this.respond(true));
    onPress(part(this.root, "reject"), () => this.respond(false));
    often(phone.gone, () => this.tick());
  }

  /** Whether an offer or an extension waits for the mitra's answer. */
  get isAsked(): boolean {
    return this.extension !== undefined || [...this.offers.values()].some(({ card }) => card.isConnected);
  }

  async load(): Promise<void> {
    const { client } = this.phone;
    part(this.root, "greeting").textContent = client.login.user.display_name ?? text("mitra");
    this.showStatus((await client.request("GET", "/api/mitra/status")).is_online);
    const { items } = (await client.request("GET", "/api/mitra/offers")) as { items: Offer[] };
    for (const offer of items) void this.offered(offer);
    for await (const session of client.ownSessions()) {
      if (FINAL.includes(session.status)) break; // newest first; those before are over, too
      await this.look(session.id);
    }
    const [running] = this.sessions.values();
    if (running !== undefined) this.open(running);
  }

  connected(): void {
    this.chat.connected();
    for (const id of this.sessions.keys()) void this.phone.attempt(() => this.look(id));
  }

  hear(frame: Frame): void {
    this.chat.hear(frame);
    const over = OFFER_OVER[frame.type];
    if (frame.type === "pairing_offer") void this.offered({ ...(frame as unknown as Offer), id: frame["offer_id"] });
    else if (over !== undefined) this.offerIsOver(frame["offer_id"], text(over as "offerTaken"));
    else if (frame.type === "status_changed") this.statusChanged(frame);
    else if (frame.id !== undefined && frame["session_id"]) {
      if (frame.type === "session_started") this.acceptedElsewhere(frame["session_id"]);
      void this.sessionChanged(frame);
    }
  }

  /** Another device of this mitra may have accepted. */
  private acceptedElsewhere(sessionId: string): void {
    for (const { offer } of this.offers.values()) if (offer.session_id === sessionId) this.offerIsOver(offer.id);
  }

  private async setOnline(isOnline: boolean): Promise<void> {
    const path = `/api/mitra/status/${isOnline ? "online" : "offline"}`;
    this.showStatus((await this.phone.client.request("POST", path)).is_online);
  }

  private statusChanged(frame: Frame): void {
    const { is_online: isOnline, cause } = frame;
    this.showStatus(isOnline);
    if (!isOnline && cause !== "mitra") this.phone.notice(offlineBecause(cause));
  }

  /** While the mitra is online, the client beats: without a heartbeat nobody is offered to a mitra for long. */
  private showStatus(isOnline: boolean): void {
    this.isOnline = isOnline;
    this.phone.client.beating = isOnline;
    const status = part(this.root, "status");
    status.dataset["state"] = isOnline ? "on" : "off";
    status.textContent = text(isOnline ? "youAreOnline" : "youAreOffline");
    part(this.root, "online").textContent = text(isOnline ? "goOffline" : "goOnline");
  }

  private async offered(offer: Offer): Promise<void> {
    if (this.offers.has(offer.id)) return;
    const card = element("li", { class: "card" });
    this.offers.set(offer.id, { offer, card });
    const isWanted = await this.wants(offer);
    if (!this.offers.has(offer.id)) return; // it is over meanwhile
    if (!isWanted) return this.leaveToOthers(offer);
    card.append(
      element("p", {}, element("strong", {}, text("offer", { minutes: offer.duration_minutes }))),
      element("p", { class: "clock", role: "timer" }),
      button(text("accept"), () => this.answer(offer, "accept")),
      button(text("decline"), () => this.answer(offer, "decline"), { class: "quiet" }),
    );
    part(this.root, "offers").append(card);
    part(this.root, "offers-news").textContent = text("offer", { minutes: offer.duration_minutes });
  }

  /** Declines quietly; an offer that this does not reach expires by itself. */
  private leaveToOthers(offer: Offer): void {
    this.offers.delete(offer.id);
    this.phone.client.request("POST", `/api/mitra/offers/${offer.id}/decline`).catch(() => {});
  }

  private async answer(offer: Offer, verb: "accept" | "decline"): Promise<void> {
    await this.phone.attempt(async () => {
      try {
        const answered = await this.phone.client.insist("POST", `/api/mitra/offers/${offer.id}/${verb}`);
        if (verb === "accept") this.open(answered);
      } finally {
        this.offerIsOver(offer.id);
      }
    });
  }

  private offerIsOver(offerId: string, why?: string): void {
    const known = this.offers.get(offerId);
    if (known === undefined) return;
    if (why !== undefined && known.card.isConnected) this.phone.notice(why);
    leave(known.card, this.root);
    known.card.remove();
    this.offers.delete(offerId);
  }

  private async sessionChanged(frame: Frame): Promise<void> {
    if (!(await this.phone.attempt(() => this.look(frame["session_id"])))) return;
    if (frame.type === "session_started" && this.chat.sessionId === undefined) {
      const started = this.sessions.get(frame["session_id"]);
      if (started !== undefined) this.open(started);
    }
    if (frame.type === "first_reply_reminder") this.phone.news(text("writeNow"));
    if (frame.type === "session_warning") {
      this.phone.news(text("warning", { seconds: Math.round(frame["seconds_left"]) }));
    }
  }

  /** Whatever an event says, the session itself says it best. It is gone once another mitra has it. */
  private async look(sessionId: string): Promise<void> {
    try {
      this.keep(await this.phone.client.request("GET", `/api/chat/${sessionId}/info`));
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      this.drop(sessionId, "rerouted");
    }
  }

  private keep(session: Session): void {
    if (FINAL.includes(session.status)) return this.drop(session.id, session.end_reason);
    this.sessions.set(session.id, session);
    if (this.chat.sessionId === session.id) {
      this.chat.show(session);
      this.showExtension(session.pending_extension ?? undefined);
    }
    this.showSessions();
  }

  private drop(sessionId: string, why: string | null): void {
    this.sessions.delete(sessionId);
    void this.earnings.refresh(); // before the notice, which it would clear
    if (this.chat.sessionId === sessionId) {
      this.goHome();
      this.phone.notice(text("endedBecause", { why: reason(why, "mitra") }));
    }
    this.showSessions();
  }

  private open(session: Session): void {
    this.sessions.set(session.id, session);
    this.chat.show(session);
    this.showExtension(session.pending_extension ?? undefined);
    this.showSessions();
    show(this.root, "chat");
  }

  private goHome(): void {
    this.chat.close();
    this.showExtension(undefined);
    show(this.root, "home");
  }

  private showSessions(): void {
    const choices = [...this.sessions.values()].map((session) => {
      const name = session.customer.display_name ?? text("customer");
      return element("li", {}, button(text("openSession", { name }), async () => this.open(session)));
    });
    part(this.root, "sessions").replaceChildren(...choices);
  }

  private showExtension(extension: Extension | undefined): void {
    this.extension = extension;
    if (extension === undefined) leave(part(this.root, "extension"), this.root);
    part(this.root, "extension").hidden = extension === undefined;
    this.tick();
  }

  private async respond(accepted: boolean): Promise<void> {
    const { extension } = this;
    const sessionId = this.chat.sessionId;
    if (extension === undefined || sessionId === undefined) return;
    const path = `/api/chat/${sessionId}/extensions/${extension.id}/respond`;
    await this.phone.attempt(async () => {
      await this.phone.client.insist("POST", path, { accepted });
      await this.look(sessionId);
    });
  }

  /** Counts offers and the extension down. */
  private tick(): void {
    for (const { offer, card } of this.offers.values()) {
      const left = secondsUntil(offer.expires_at);
      const clock = card.querySelector(".clock");
      if (clock !== null) set(clock, minutes(left));
      // No event says that another device declined it; an answer that is under way removes it itself.
      if (left === 0 && card.querySelector("[aria-busy]") === null) this.offerIsOver(offer.id, text("offerExpired"));
    }
    if (this.extension === undefined) return;
    const { requested_duration_minutes: more, requested_price: price, expires_at: until } = this.extension;
    const words = text("extensionAsked", { minutes: more, price: rupiah(price) });
    set(part(this.root, "extension-text"), words);
    set(part(this.root, "extension-clock"), minutes(secondsUntil(until)));
  }
}

function set(element: Element, words: string): void {
  if (element.textContent !== words) element.textContent = words;
}
