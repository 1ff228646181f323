/** One phone's way to the server: it shows what passes, and it can be cut. */

import { Unknown, type Network } from "../../typescript/src/client.js";

/** Something that passed: `to` or `from` the server, what it was in a few words, and all of it. */
export interface Passing {
  way: "to" | "from";
  what: string;
  content: unknown;
}

const SECRETS = new Set(["token", "access_token", "refresh_token"]);

/** A network that a switch cuts: open sockets end, requests fail, and nothing new goes through. */
export class CuttableNetwork implements Network {
  private cut = false;
  private cutting = new AbortController();
  private readonly sockets = new Set<WebSocket>();

  constructor(private readonly tell: (passing: Passing) => void) {}

  get isCut(): boolean {
    return this.cut;
  }

  set isCut(cut: boolean) {
    this.cut = cut;
    if (!cut) return;
    this.cutting.abort();
    this.cutting = new AbortController();
    for (const socket of this.sockets) {
      socket.close();
      socket.dispatchEvent(new CloseEvent("close", { code: 1006 })); // a lost network waits for no handshake
    }
    this.sockets.clear();
  }

  async fetch(url: URL, init: RequestInit): Promise<Response> {
    if (this.cut) throw new Unknown("There is no network.");
    const what = `${init.method} ${url.pathname}`;
    this.note("to", what, typeof init.body === "string" ? JSON.parse(init.body) : undefined);
    const signals = [this.cutting.signal, ...(init.signal ? [init.signal] : [])];
    const response = await fetch(url, { ...init, signal: AbortSignal.any(signals) });
    const answer = await response.clone().text();
    this.note("from", `${response.status} ${what}`, answer === "" ? undefined : JSON.parse(answer));
    return response;
  }

  open(url: string, protocols: string[]): WebSocket {
    if (this.cut) throw new Unknown("There is no network.");
    const socket = new WebSocket(url, protocols);
    this.sockets.add(socket);
    socket.addEventListener("close", () => this.sockets.delete(socket));
    socket.addEventListener("message", ({ data }) => {
      if (this.sockets.has(socket)) this.noteFrame("from", JSON.parse(data));
    });
    const send = socket.send.bind(socket);
    socket.send = (data: string) => {
      this.noteFrame("to", JSON.parse(data));
      send(data);
    };
    return socket;
  }

  private noteFrame(way: Passing["way"], frame: { type: string }): void {
    this.note(way, frame.type, frame);
  }

  /** Logins pass here, too: what gives access is not shown. */
  private note(way: Passing["way"], what: string, content: unknown): void {
    const shown = JSON.stringify(content, (key, value) => (SECRETS.has(key) ? "…" : value));
    this.tell({ way, what, content: shown === undefined ? undefined : JSON.parse(shown) });
  }
}
