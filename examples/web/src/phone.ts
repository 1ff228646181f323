/** A phone: a network of its own, one login, one client, and a place to show an app. */

import { Client, Refused, SignedOut, Unknown, type Frame, type Login } from "../../typescript/src/client.js";
import { learn } from "./clock.js";
import { copy, part } from "./elements.js";
import { store } from "./logins.js";
import { CuttableNetwork, type Passing } from "./network.js";
import { refusal, text } from "./texts.js";

const NEWS_SECONDS = 8;

/** What runs on a phone. */
export interface App {
  /** Shows how things stand: at the start, and after events were lost for good. */
  load(): Promise<void>;
  /** Takes a frame. */
  hear(frame: Frame): void;
  /** Takes that the socket is up. */
  connected(): void;
}

export class Phone {
  readonly element: HTMLElement;
  readonly app: HTMLElement;
  readonly network: CuttableNetwork;
  client!: Client;
  private readonly end = new AbortController();
  private passing: ReturnType<typeof setTimeout> | undefined;

  /** `id` names the device, and what it keeps; `again` starts anew when the login has ended. */
  constructor(
    readonly id: string,
    name: string,
    tell: (phone: string, passing: Passing) => void,
    private readonly again: () => void,
  ) {
    this.network = new CuttableNetwork((passing) => tell(name, passing));
    this.element = copy("phone").querySelector<HTMLElement>(".phone")!;
    this.element.setAttribute("aria-label", name);
    part(this.element, "name").textContent = name;
    this.app = part(this.element, "app");
  }

  /** Keeps a client up with this login, for the app. */
  run(login: Login, app: App): void {
    if (this.gone.aborted) return; // put away while it logged in
    store(this.id, login);
    this.client = new Client(location.origin, login, (frame) => this.hear(frame, app), {
      network: this.network,
      onLogin: (changed) => store(this.id, changed),
      onReady: (isReady) => this.connected(isReady, app),
    });
    this.showConnection("connecting");
    this.client.run().catch((error) => this.ended(error));
    void this.attempt(async () => {
      await this.client.ready();
      await app.load();
    });
  }

  /** Says something once, above the app, and to a screen reader. */
  notice(words: string): void {
    clearTimeout(this.passing);
    part(this.element, "notice").textContent = words;
  }

  /** Says something that is soon no news any more. */
  news(words: string): void {
    this.notice(words);
    this.passing = setTimeout(() => this.notice(""), NEWS_SECONDS * 1000);
  }

  /** Does something that the server may refuse or leave unanswered, and says so then. Whether it was done. */
  async attempt(act: () => Promise<unknown>): Promise<boolean> {
    this.notice("");
    try {
      await act();
      return true;
    } catch (error) {
      if (error instanceof Refused) this.notice(refusal(error.code, error.message));
      else if (error instanceof Unknown) this.notice(text("noAnswer"));
      else if (!(error instanceof SignedOut)) throw error; // run() tells of that one
      return false;
    }
  }

  /** Aborted when the phone is put away: what its app does again and again ends then. */
  get gone(): AbortSignal {
    return this.end.signal;
  }

  /** Puts the phone away. */
  remove(): void {
    this.end.abort();
    this.client?.stop();
    this.element.remove();
    store(this.id, undefined);
  }

  private hear(frame: Frame, app: App): void {
    learn(frame["server_time"]);
    if (frame.type === "resumed") void this.attempt(() => app.load());
    else app.hear(frame);
  }

  private connected(isReady: boolean, app: App): void {
    this.showConnection(isReady ? "connected" : "reconnecting");
    if (isReady) app.connected();
  }

  private showConnection(state: "connecting" | "connected" | "reconnecting"): void {
    this.element.dataset["connection"] = state;
    part(this.element, "connection").textContent = text(state);
  }

  private ended(error: unknown): void {
    if (!(error instanceof SignedOut)) throw error;
    store(this.id, undefined);
    this.again();
  }
}
