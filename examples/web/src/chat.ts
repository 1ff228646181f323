/** A session as one of its parties sees it: the clock, the messages with their ticks, who types, who is there. */

import { Refused, Unknown, type Frame } from "../../typescript/src/client.js";
import { minutes, secondsUntil } from "./clock.js";
import { copy, element, often, onPress, onSubmit, part } from "./elements.js";
import type { Phone } from "./phone.js";
import { OTHER, RUNNING, type Party, type Presence, type Session } from "./shapes.js";
import { text, type Key } from "./texts.js";

const TYPING_SECONDS = 3;
/** The server tells the other one at most every two seconds. */
const TELL_TYPING_SECONDS = 2;

export class Chat {
  private session: Session | undefined;
  private readonly lines = new Map<number, HTMLElement>();
  private readonly other: Party;
  private readAs = 0;
  private peerDelivered = 0;
  private peerRead = 0;
  private toldTypingAt = 0;
  private heardPresence: Frame | undefined;
  private typing: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly place: HTMLElement,
    private readonly phone: Phone,
    private readonly me: Party,
  ) {
    this.other = OTHER[me];
    place.append(copy("chat"));
    onSubmit(part<HTMLFormElement>(place, "composer"), () => this.say());
    part(place, "body").addEventListener("input", () => this.tellTyping());
    onPress(part(place, "block"), () => this.block());
    onSubmit(part<HTMLFormElement>(place, "report"), () => this.report());
    const ending = part<HTMLDialogElement>(place, "ending");
    ending.ariaLabel = text("endSession");
    part(place, "end").addEventListener("click", () => this.askToEnd());
    ending.addEventListener("close", () => void this.end(ending.returnValue));
    often(phone.gone, () => this.tick());
    document.addEventListener("visibilitychange", () => this.read(), { signal: phone.gone });
  }

  /** The session that is shown. */
  get sessionId(): string | undefined {
    return this.session?.id;
  }

  /** Shows a session, or what has become of the one that is shown. */
  show(session: Session): void {
    const isAnother = session.id !== this.session?.id;
    this.session = session;
    if (isAnother) this.begin(session.id);
    const peer = session[this.other];
    part(this.place, "peer").textContent = peer?.display_name ?? text(this.other);
    this.showPresence(this.presenceOf(session));
    part(this.place, "state").textContent = RUNNING.includes(session.status)
      ? text(session.status as "active")
      : text("ended");
    const mayWrite = session.status === "active" || session.status === "closing";
    for (const control of part<HTMLFormElement>(this.place, "composer").elements) {
      (control as HTMLInputElement).disabled = !mayWrite;
    }
    part(this.place, "block").textContent = text(session.has_blocked ? "unblock" : "block");
    part(this.place, "report").hidden = session.has_reported === true;
    const mayEnd = RUNNING.includes(session.status);
    part(this.place, "end").hidden = !mayEnd;
    if (!mayEnd) this.stopAsking();
    const { delivered_seq, read_seq } = session.watermarks[this.other];
    this.showTicks(delivered_seq, read_seq);
    this.tick();
  }

  /** Shows no session. */
  close(): void {
    this.session = undefined;
    this.stopAsking();
  }

  /** Takes a frame about the session that is shown. */
  hear(frame: Frame): void {
    if (frame.type === "peer_presence") this.heardPresence = frame; // it may come before its session is shown
    if (this.session === undefined || frame["session_id"] !== this.session.id) return;
    if (frame.type === "message") this.add(frame);
    else if (frame.type === "message_delivered" && frame["party"] === this.other) this.showTicks(frame["seq"], 0);
    else if (frame.type === "message_read" && frame["party"] === this.other) this.showTicks(frame["seq"], frame["seq"]);
    else if (frame.type === "typing") this.showTyping(true);
    else if (frame.type === "peer_presence") this.showPresence(frame["state"]);
    else if (frame.type === "session_timer") this.session.expires_at = frame["expires_at"];
  }

  /** Says again what was read, which a lost socket may not have told. */
  connected(): void {
    this.readAs = 0;
    this.read();
  }

  private begin(sessionId: string): void {
    this.lines.clear();
    part(this.place, "messages").replaceChildren();
    this.readAs = this.peerDelivered = this.peerRead = 0;
    this.showTyping(false);
    void this.phone.attempt(async () => {
      for await (const message of this.phone.client.messages(sessionId)) {
        if (sessionId === this.session?.id) this.add(message);
      }
    });
  }

  /** Adds a message at its place. It may come twice: as a frame, and with the history. */
  private add(message: Frame): void {
    const { seq, sender_type: sender, body, client_message_id: id } = message;
    if (this.lines.has(seq)) return;
    const list = part(this.place, "messages");
    const line = list.querySelector<HTMLElement>(`[data-pending="${CSS.escape(id)}"]`) ?? this.line(sender, body);
    line.removeAttribute("data-pending");
    line.dataset["seq"] = String(seq);
    this.lines.set(seq, line);
    const next = [...list.children].find((one) => Number((one as HTMLElement).dataset["seq"] ?? Infinity) > seq);
    list.insertBefore(line, next ?? null);
    list.scrollTop = list.scrollHeight;
    if (sender === this.other) this.showTyping(false);
    this.showTicks(0, 0);
    this.read();
  }

  private line(sender: Party, body: string): HTMLElement {
    const who = element("span", { class: "unseen" }, `${text(sender === this.me ? "you" : sender)}: `);
    const ticks = sender === this.me ? [element("span", { class: "ticks" })] : [];
    return element("p", { class: sender === this.me ? "mine" : "theirs" }, who, body, ...ticks);
  }

  private askToEnd(): void {
    const ending = part<HTMLDialogElement>(this.place, "ending");
    const peer = part(this.place, "peer").textContent ?? "";
    const { status } = this.session!;
    const asked = text("endAsked", { who: peer, left: minutes(left(this.session!)) });
    const returned = status === "closing" ? "" : text(status === "extending" ? "endReturnsExtension" : "endReturnsNothing");
    part(this.place, "ending-text").textContent = `${asked} ${returned}`;
    ending.returnValue = "";
    ending.showModal();
  }

  private stopAsking(): void {
    part<HTMLDialogElement>(this.place, "ending").close("");
  }

  private async end(answer: string): Promise<void> {
    const { session } = this;
    if (answer !== "end" || session === undefined) return;
    await this.phone.attempt(() => this.phone.client.insist("POST", `/api/chat/${session.id}/end`));
  }

  private async block(): Promise<void> {
    const { session } = this;
    if (session === undefined) return;
    const path = `/api/chat/${session.id}/block`;
    const isBlocked = session.has_blocked === true;
    const done = await this.phone.attempt(() =>
      isBlocked ? this.phone.client.request("DELETE", path) : this.phone.client.insist("POST", path),
    );
    if (!done) return;
    session.has_blocked = !isBlocked;
    part(this.place, "block").textContent = text(isBlocked ? "block" : "unblock");
    this.phone.notice(isBlocked ? "" : text("blocked"));
  }

  private async report(): Promise<void> {
    const form = part<HTMLFormElement>(this.place, "report");
    const given = new FormData(form);
    const comment = String(given.get("comment") ?? "").trim();
    const said = { reason: String(given.get("reason") ?? ""), comment: comment === "" ? null : comment };
    const path = `/api/chat/${this.session?.id}/report`;
    if (await this.phone.attempt(() => this.phone.client.insist("POST", path, said))) {
      form.reset();
      form.hidden = true;
      this.phone.notice(text("reported"));
    }
  }

  private async say(): Promise<void> {
    const field = part<HTMLInputElement>(this.place, "body");
    const body = field.value;
    if (body.trim() === "" || this.session === undefined) return;
    field.value = "";
    this.phone.notice("");
    const list = part(this.place, "messages");
    const line = this.line(this.me, body);
    const id = (line.dataset["pending"] = crypto.randomUUID()); // until its frame comes
    const ticks = line.querySelector(".ticks")!;
    ticks.textContent = text("sending");
    list.append(line);
    list.scrollTop = list.scrollHeight;
    try {
      await this.phone.client.say(this.session.id, body, 30, id);
      if (line.dataset["pending"] !== undefined) ticks.textContent = tickOf("sent");
    } catch (error) {
      if (error instanceof Refused) {
        line.remove();
        field.value ||= body;
        this.phone.notice(text("refused", { why: error.message }));
      } else if (error instanceof Unknown) ticks.textContent = text("notKnown");
      else throw error;
    }
  }

  private showTicks(delivered: number, read: number): void {
    this.peerRead = Math.max(this.peerRead, read);
    this.peerDelivered = Math.max(this.peerDelivered, delivered, this.peerRead);
    for (const [seq, line] of this.lines) {
      const ticks = line.querySelector<HTMLElement>(".ticks");
      if (ticks === null) continue;
      const state = seq <= this.peerRead ? "read" : seq <= this.peerDelivered ? "delivered" : "sent";
      ticks.dataset["state"] = state;
      ticks.textContent = tickOf(state);
    }
  }

  /** Tells that everything was read, when it is in front of somebody. */
  private read(): void {
    const last = Math.max(0, ...this.lines.keys());
    const isSeen = this.session !== undefined && !document.hidden;
    if (!isSeen || last <= this.readAs || !this.phone.client.isReady) return;
    this.readAs = last;
    this.phone.client.send({ type: "read", session_id: this.session!.id, seq: last });
  }

  private tellTyping(): void {
    if (this.session === undefined || Date.now() - this.toldTypingAt < TELL_TYPING_SECONDS * 1000) return;
    this.toldTypingAt = Date.now();
    this.phone.client.send({ type: "typing", session_id: this.session.id });
  }

  private showTyping(isTyping: boolean): void {
    clearTimeout(this.typing);
    part(this.place, "typing").textContent = isTyping ? text("typing", { who: text(this.other) }) : "";
    if (isTyping) this.typing = setTimeout(() => this.showTyping(false), TYPING_SECONDS * 1000);
  }

  /** What a frame said of the other one, when the session was looked at before that. */
  private presenceOf(session: Session): Presence | undefined {
    const heard = this.heardPresence;
    const known = session.presence?.[this.other];
    const isNewer = heard?.["session_id"] === session.id && heard["since"] > (known?.since ?? "");
    return isNewer ? heard["state"] : known?.state;
  }

  private showPresence(state: Presence | undefined): void {
    const presence = part(this.place, "presence");
    presence.dataset["state"] = state ?? "";
    presence.textContent = state === undefined ? "" : text(`peer_${state}` as Key);
  }

  private tick(): void {
    const clock = part(this.place, "clock");
    const now = this.session === undefined ? "" : minutes(left(this.session));
    if (clock.textContent !== now) clock.textContent = now;
  }
}

function left(session: Session): number {
  if (session.status === "active" && session.expires_at !== null) return secondsUntil(session.expires_at);
  if (session.status === "closing" && session.closing_ends_at !== null) return secondsUntil(session.closing_ends_at);
  return session.seconds_left; // an extension stops the clock
}

function tickOf(state: "sent" | "delivered" | "read"): string {
  return `${state === "sent" ? "✓" : "✓✓"} ${text(state)}`;
}
