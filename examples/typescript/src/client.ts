/**
 * The reference client: what a customer's or a mitra's app must do to keep its end of the promises.
 *
 * It reconnects with jitter, resumes from the last event and the last message it has, notices gaps, drops repeats,
 * sends a message again until it is acknowledged, beats while the mitra is online, and changes its tokens before they
 * expire. It needs what browsers and Node have, and nothing else: `WebSocket`, `fetch`, `crypto`, timers.
 */

import { ask, Closed, Connection, PLATFORM, pauses, read, refusal, within } from "./wire.js";
import { type Frame, type Network, type Reply, Refused, SignedOut, Unknown } from "./wire.js";

export { type Frame, type Network, Refused, SignedOut, Unknown };

/** How long things take, in seconds. */
export const SECONDS = {
  heartbeat: 30,
  refreshBeforeExpiry: 60,
  firstPause: 0.25,
  longestPause: 5,
  /** How long a socket may take to open, and a request to be answered. */
  open: 10,
  request: 10,
  /** How long a message waits for its acknowledgement before it is sent again. */
  ack: 5,
  /**
   * How often it asks for what it missed: when a session's last message is lost, no gap shows it. Browsers can't ping,
   * so the answer is also what shows that the connection lives.
   */
  look: 30,
};

const FOLLOWED_SESSIONS = 50;
const PAGE_ITEMS = 200;
const UNAUTHENTICATED = 4401;
const FORBIDDEN = 4403;

/** Whose login it is. */
export interface User {
  id: string;
  type: "customer" | "mitra";
  display_name?: string | null;
}

/** The tokens of one login, as every way of logging in answers. */
export interface Login {
  access_token: string;
  refresh_token: string;
  expires_in: number;
  user: User;
}

/** A message that is committed. */
export interface Sent {
  session_id: string;
  client_message_id: string;
  seq: number;
  created_at: string;
}

/** What a client is made with, besides the server and the login. */
export interface Options {
  /** The last event the app has; without it, the client begins with the next. */
  afterSeq?: number;
  /** The sessions whose messages it follows, each with the last message it has. Others are followed as they start. */
  sessions?: Iterable<[string, number]>;
  /**
   * Stores the new tokens whenever they change. They are not used before it is done; when it fails, the old ones are
   * tried again.
   */
  onLogin?: (login: Login) => void | Promise<void>;
  /**
   * Hears of what the client lives with: an error that `onFrame` threw, whose frame counts as handed on, or an answer
   * that can't be read. Without it, they go to the console.
   */
  onError?: (error: unknown) => void;
  /** Hears when the socket is up and has caught up, and when that is over: what it subscribed to is then forgotten. */
  onReady?: (isReady: boolean) => void;
  /** Another way to the server than the platform's own `fetch` and `WebSocket`. */
  network?: Network;
}

/**
 * Asks for a login: anonymously, or for a code to be sent to a phone, or with that code. `token` is that of the
 * anonymous customer to whom the phone then belongs. The reply's JSON. Throws Refused and Unknown.
 */
export async function logIn(
  server: string,
  path: "/api/auth/customer/anonymous" | "/api/auth/otp/request" | "/api/auth/otp/verify",
  body?: unknown,
  { token, network = PLATFORM }: { token?: string | undefined; network?: Network } = {},
): Promise<any> {
  const headers: Record<string, string> = token === undefined ? {} : { Authorization: `Bearer ${token}` };
  return read(await ask(new URL(path, server), "POST", body, headers, SECONDS.request, network));
}

/**
 * One user's device: HTTP with the login's token, and one socket that is kept up.
 *
 * `onFrame` gets every stored event once and in order, every message of each session once and in order, and every
 * other passing frame as it comes. A `resumed` frame with `recovered` false is handed on too: the app must reload
 * through HTTP. Messages are reloaded here.
 */
export class Client {
  login: Login;
  /** The last stored event handed on. */
  seq: number | undefined;
  /** The last message handed on of each session that is followed, the newest session last. */
  readonly sessions: Map<string, number>;
  /** What happened to this client's events, messages and connections. */
  readonly counters = { received: 0, messages: 0, duplicates: 0, gaps: 0, lost: 0, connections: 0, unknown: 0 };

  private readonly onLogin: (login: Login) => void | Promise<void>;
  private readonly onError: (error: unknown) => void;
  private readonly onReady: (isReady: boolean) => void;
  private readonly network: Network;
  private readonly unacknowledged = new Map<string, (outcome: Sent | Error) => void>();
  private readonly ended = new Set<string>();
  private readonly over = new Set<string>();
  private isBeating = false;
  private asked: Set<string> | undefined;
  private askAgain = false;
  private lookAt = 0;
  private expiresAt = 0;
  private refreshing: Promise<void> | undefined;
  private connection: Connection | undefined;
  private isCaughtUp = false;
  private waiting: { resolve: () => void; reject: (why: Error) => void }[] = [];
  private stopped = false;
  private running: Promise<void> | undefined;
  private wake: () => void = () => {};

  /** `server` is the API's address, as `https://api.example.com`; in a page, that of the page itself. */
  constructor(
    private readonly server: string,
    login: Login,
    private readonly onFrame: (frame: Frame) => void,
    {
      afterSeq,
      sessions = [],
      onLogin = () => {},
      onError = console.error,
      onReady = () => {},
      network = PLATFORM,
    }: Options = {},
  ) {
    if (network === PLATFORM && typeof WebSocket === "undefined") {
      throw new Error("There is no WebSocket here: this client needs a browser, or Node 22 or newer.");
    }
    this.login = login;
    this.seq = afterSeq;
    this.sessions = new Map(sessions);
    this.onLogin = onLogin;
    this.onError = onError;
    this.onReady = onReady;
    this.network = network;
    this.take(login);
  }

  /** Whether the socket is up and has caught up. */
  get isReady(): boolean {
    return this.caughtUp;
  }

  /** Waits until the socket is up and has caught up. Throws what ended `run`: SignedOut, or Unknown after `stop`. */
  async ready(): Promise<void> {
    if (!this.caughtUp) await new Promise<void>((resolve, reject) => this.waiting.push({ resolve, reject }));
  }

  /** Keeps the socket up until `stop`. Throws SignedOut when the login has ended, and nothing else. */
  run(): Promise<void> {
    this.stopped = false;
    return (this.running ??= this.keepRunning());
  }

  /** Whether to beat: set it when the mitra goes online, and the first beat is sent at once. */
  get beating(): boolean {
    return this.isBeating;
  }

  set beating(beating: boolean) {
    if (beating && !this.isBeating) this.connection?.send({ type: "heartbeat" });
    this.isBeating = beating;
  }

  private get caughtUp(): boolean {
    return this.isCaughtUp;
  }

  private set caughtUp(caughtUp: boolean) {
    if (caughtUp === this.isCaughtUp) return;
    this.isCaughtUp = caughtUp;
    this.guard(() => this.onReady(caughtUp));
  }

  private async keepRunning(): Promise<void> {
    let why: Error = new Unknown("The client was stopped.");
    try {
      await this.connectAgainAndAgain();
    } catch (error) {
      why = error as SignedOut;
      throw error;
    } finally {
      this.running = undefined;
      this.waiting.splice(0).forEach(({ reject }) => reject(why));
    }
  }

  /** The one loop that connects, again and again. */
  private async connectAgainAndAgain(): Promise<void> {
    let waits = pauses(SECONDS);
    while (!this.stopped) {
      try {
        if (this.expiresSoon()) await this.refresh(this.login.access_token);
        if (!this.stopped) await this.converse();
      } catch (error) {
        if (error instanceof Closed) {
          if (error.code === FORBIDDEN) throw new SignedOut(error.message);
          if (error.code === UNAUTHENTICATED) this.expiresAt = 0;
        } else if (error instanceof SignedOut) throw error;
        else if (!(error instanceof Unknown)) this.onError(error); // another connection may fare better
      } finally {
        if (this.caughtUp) waits = pauses(SECONDS);
        this.caughtUp = false;
        this.connection = undefined;
        const lost = new Unknown("The connection ended before the acknowledgement came.");
        for (const settle of this.unacknowledged.values()) settle(lost);
      }
      if (!this.stopped) await this.rest(waits.next().value);
    }
  }

  /** Ends `run`. */
  stop(): void {
    this.stopped = true;
    this.connection?.end(new Unknown("The client was stopped."));
    this.wake();
  }

  /**
   * One HTTP request with the login's token; the reply's JSON, undefined when it has none. `key` is sent as
   * Idempotency-Key. Throws Refused; Unknown when no answer came or the server could not give one; SignedOut.
   */
  async request(method: string, path: string, body?: unknown, key?: string): Promise<any> {
    const headers: Record<string, string> = key === undefined ? {} : { "Idempotency-Key": key };
    const token = this.login.access_token;
    let response = await this.ask(method, path, body, headers, token);
    if (response.status === 401) {
      await this.refresh(token);
      response = await this.ask(method, path, body, headers, this.login.access_token);
    }
    return read(response);
  }

  /** The same, asked again with one idempotency key while no answer comes, for so many seconds; then Unknown. */
  async insist(method: string, path: string, body?: unknown, seconds = 30): Promise<any> {
    const key = crypto.randomUUID();
    return this.persist(seconds, () => this.request(method, path, body, key));
  }

  /**
   * Sends a message, through the socket while it is up and through HTTP else, until it is known to be committed.
   * What the socket leaves unanswered is asked of HTTP next, which may lead to another instance.
   * `id` names it, in its frame too. Throws Refused; Unknown when that is not known after so many seconds; SignedOut.
   */
  async say(sessionId: string, body: string, seconds = 30, id: string = crypto.randomUUID()): Promise<Sent> {
    let attempts = 0;
    return this.persist(seconds, () => this.sayOnce(sessionId, id, body, attempts++ % 2 === 0));
  }

  /** Sends a frame if the socket is up; what must not be lost goes through HTTP. */
  send(frame: Frame): void {
    this.connection?.send(frame);
  }

  /** Asks for this session's messages after a number, whenever the socket resumes. */
  follow(sessionId: string, afterSeq = 0): void {
    if (!this.sessions.has(sessionId)) this.sessions.set(sessionId, afterSeq);
    if (this.sessions.size > FOLLOWED_SESSIONS) {
      const known = [...this.sessions.keys()];
      this.forget(known.find((one) => this.over.has(one)) ?? known[0]!);
    }
  }

  /** Asks for whatever was missed; true once the server says that nothing newer is stored for this user. */
  async catchUp(seconds: number): Promise<boolean> {
    this.caughtUp = false;
    this.resume();
    return within(seconds, this.ready()).then(
      () => true,
      () => false,
    );
  }

  /** A session's messages after a number, page by page through HTTP. Throws as `request` does. */
  messages(sessionId: string, afterSeq = 0): AsyncGenerator<Frame> {
    return this.pages(`/api/chat/${sessionId}/messages`, `&after_seq=${afterSeq}`);
  }

  /** The user's sessions, newest first, page by page through HTTP. Throws as `request` does. */
  ownSessions(): AsyncGenerator<any> {
    return this.pages("/api/chat/sessions", "");
  }

  /**
   * What this mitra earned from one time until before another, newest first: a page, with what is owed and what was
   * paid out in all; `cursor` is the `next_cursor` of the page before. Throws as `request` does.
   */
  earnings(asked: { from?: string; to?: string; cursor?: string | null } = {}): Promise<any> {
    const query = new URLSearchParams({ limit: String(PAGE_ITEMS) });
    for (const [name, value] of Object.entries(asked)) if (value != null) query.set(name, value);
    return this.request("GET", `/api/mitra/earnings?${query}`);
  }

  /**
   * Everything that is stored about the user, gathered once a day: asks for it, and waits until it is ready. Throws
   * Unknown when it is not after so many seconds (asking later goes on with the same), and else as `request` does.
   */
  async ownData(seconds = 120): Promise<any> {
    const giveUpAt = Date.now() + seconds * 1000;
    await this.insist("POST", "/api/me/export", undefined, seconds);
    for (const pause of pauses(SECONDS)) {
      const found = await this.insist("GET", "/api/me/export");
      if (found.state === "ready") return found;
      if (Date.now() + pause * 1000 > giveUpAt) throw new Unknown("What is stored is still being gathered.");
      await new Promise((resolve) => setTimeout(resolve, pause * 1000));
    }
    throw new Error("pauses never end");
  }

  private async *pages(path: string, query: string): AsyncGenerator<any> {
    for (;;) {
      const page = await this.request("GET", `${path}?limit=${PAGE_ITEMS}${query}`);
      yield* page.items;
      if (page.next_cursor === null) return;
      query = `&cursor=${encodeURIComponent(page.next_cursor)}`;
    }
  }

  /** One connection, until it ends, which it does by throwing. */
  private async converse(): Promise<never> {
    const token = this.login.access_token;
    const connection = (this.connection = new Connection(this.server, token, SECONDS.open, this.network));
    let upkeep: ReturnType<typeof setInterval> | undefined;
    try {
      const ready = await connection.next();
      this.counters.connections += 1;
      if (this.login.access_token !== token) this.prolong(); // changed while it connected
      this.asked = undefined;
      await this.receive(ready);
      this.keepUp(connection);
      upkeep = setInterval(() => this.keepUp(connection), SECONDS.heartbeat * 1000);
      for (;;) await this.receive(await connection.next());
    } finally {
      clearInterval(upkeep);
      connection.end(new Unknown("It is of no use any more."));
    }
  }

  private async receive(frame: Frame): Promise<void> {
    const { type, seq, session_id: sessionId, client_message_id: messageId } = frame;
    if (type === "ready") {
      if (this.caughtUp) return; // the answer to a prolonging auth
      this.seq ??= seq;
      this.resume();
    } else if (type === "resumed") {
      await this.resumed(frame);
    } else if (frame.id !== undefined) {
      this.takeEvent(frame);
    } else if (type === "message") {
      this.takeMessage(frame);
    } else if (type === "message_ack") {
      this.unacknowledged.get(messageId)?.(frame as unknown as Sent);
    } else if (type === "error" && messageId !== undefined) {
      this.unacknowledged.get(messageId)?.(refusal(frame));
    } else {
      if (type === "error" && frame.code === "NOT_FOUND") this.forget(sessionId); // it is not this user's any more
      this.handOn(frame);
    }
  }

  /** The app's error, whatever it is, must not cost it the frames after. */
  private handOn(frame: Frame): void {
    this.guard(() => this.onFrame(frame));
  }

  private guard(tell: () => void): void {
    try {
      tell();
    } catch (error) {
      this.onError(error);
    }
  }

  private async resumed(frame: Frame): Promise<void> {
    if (frame.seq !== this.seq) {
      this.counters.lost += Math.max(0, frame.seq - (this.seq ?? 0)); // what lies between will never come
      this.seq = frame.seq;
    }
    if (!frame.recovered) {
      this.handOn(frame);
      await this.reload();
    }
    this.asked?.forEach((one) => this.over.add(one));
    this.asked = undefined;
    if (this.askAgain) this.resume();
    else {
      this.caughtUp = true;
      this.waiting.splice(0).forEach(({ resolve }) => resolve());
    }
  }

  private takeEvent(frame: Frame): void {
    const expected = (this.seq ?? 0) + 1;
    if (frame.seq < expected) this.counters.duplicates += 1;
    else if (frame.seq > expected) this.repair();
    else {
      this.seq = frame.seq;
      this.counters.received += 1;
      this.handOn(frame);
      if (frame.type === "session_started") this.follow(frame.session_id);
      else if (frame.type === "session_ended" && this.sessions.has(frame.session_id)) {
        this.ended.add(frame.session_id);
        this.resume(); // for its last words, and never again
      }
    }
  }

  private takeMessage(frame: Frame): void {
    this.follow(frame.session_id);
    const expected = this.sessions.get(frame.session_id)! + 1;
    if (frame.seq < expected) this.counters.duplicates += 1;
    else if (frame.seq > expected) this.repair();
    else {
      this.sessions.set(frame.session_id, frame.seq);
      this.counters.messages += 1;
      this.handOn(frame);
    }
  }

  /** There is a gap. */
  private repair(): void {
    this.counters.gaps += 1;
    this.caughtUp = false;
    this.resume();
  }

  /** Asks for whatever was missed; while an answer is awaited, asks again after it. */
  private resume(): void {
    this.askAgain = this.asked !== undefined;
    if (this.askAgain) return;
    this.asked = new Set(this.ended);
    this.lookAt = Date.now() + SECONDS.look * 1000;
    const followed = [...this.sessions].filter(([one]) => !this.over.has(one));
    this.send({ type: "resume", after_seq: this.seq ?? 0, sessions: Object.fromEntries(followed) });
  }

  /** What was missed is not coming through the socket: fetches the messages of every session that is followed. */
  private async reload(): Promise<void> {
    for (const [sessionId, after] of [...this.sessions].filter(([one]) => !this.over.has(one))) {
      try {
        for await (const message of this.messages(sessionId, after)) this.takeMessage({ ...message, type: "message" });
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        this.forget(sessionId);
      }
    }
  }

  private forget(sessionId: string): void {
    this.sessions.delete(sessionId);
    this.ended.delete(sessionId);
    this.over.delete(sessionId);
  }

  private async sayOnce(sessionId: string, id: string, body: string, bySocket: boolean): Promise<Sent> {
    const said = { client_message_id: id, body };
    if (!(bySocket && this.caughtUp)) return this.request("POST", `/api/chat/${sessionId}/messages`, said);
    const answer = new Promise<Sent>((resolve, reject) => {
      this.unacknowledged.set(id, (outcome) => (outcome instanceof Error ? reject(outcome) : resolve(outcome)));
    });
    this.send({ type: "message", session_id: sessionId, ...said });
    return within(SECONDS.ack, answer).finally(() => this.unacknowledged.delete(id));
  }

  /** Tries until it is known what came of it, for so many seconds. */
  private async persist<T>(seconds: number, attempt: () => Promise<T>): Promise<T> {
    const giveUpAt = Date.now() + seconds * 1000;
    for (const pause of pauses(SECONDS)) {
      try {
        return await attempt();
      } catch (error) {
        const isRunning = error instanceof Refused && error.code === "IDEMPOTENCY_IN_PROGRESS";
        if (!isRunning && !(error instanceof Unknown)) throw error;
        if (Date.now() + pause * 1000 > giveUpAt) throw isRunning ? new Unknown(error.message) : error;
        this.counters.unknown += 1;
      }
      await new Promise((resolve) => setTimeout(resolve, pause * 1000));
    }
    throw new Error("pauses never end");
  }

  /** Beats, looks for what was missed, and changes tokens before they expire; called again and again. */
  private async keepUp(connection: Connection): Promise<void> {
    if (this.beating) connection.send({ type: "heartbeat" });
    const late = Date.now() - this.lookAt;
    if (late > 0) {
      const isSilent = connection.heardAt < this.lookAt - SECONDS.look * 1000;
      const isDead = this.asked !== undefined && (isSilent || late > SECONDS.look * 1000);
      if (isDead) connection.end(new Unknown("Nothing was answered."));
      else this.resume();
    }
    if (!this.expiresSoon()) return;
    try {
      await this.refresh(this.login.access_token);
    } catch (error) {
      if (error instanceof SignedOut) connection.end(error); // else there is time for another try
    }
  }

  private expiresSoon(): boolean {
    return Date.now() > this.expiresAt - SECONDS.refreshBeforeExpiry * 1000;
  }

  /**
   * Changes the tokens, unless that was done since `token` was used; all who ask at once share one change. Without an
   * answer the old token stays: asked again with it, the server gives the same answer, or another one.
   */
  private refresh(token: string): Promise<void> {
    if (this.login.access_token !== token) return Promise.resolve();
    this.refreshing ??= this.refreshOnce().finally(() => (this.refreshing = undefined));
    return this.refreshing;
  }

  private async refreshOnce(): Promise<void> {
    const reply = await this.ask("POST", "/api/auth/refresh", { refresh_token: this.login.refresh_token }, {});
    if (reply.status === 401 || reply.status === 403) throw new SignedOut("The login has ended.");
    const login: Login = read(reply);
    try {
      await this.onLogin(login); // stored before it is used: once it was, the old one is of no use any more
    } catch (error) {
      throw new Unknown(`The new tokens could not be stored: ${error}`);
    }
    this.take(login);
    this.prolong();
  }

  /** Has the socket live as long as the present token. */
  private prolong(): void {
    this.send({ type: "auth", token: this.login.access_token });
  }

  private take(login: Login): void {
    this.login = login;
    this.expiresAt = Date.now() + login.expires_in * 1000;
  }

  private ask(
    method: string,
    path: string,
    body: unknown,
    headers: Record<string, string>,
    token?: string,
  ): Promise<Reply> {
    if (token !== undefined) headers = { ...headers, Authorization: `Bearer ${token}` };
    return ask(new URL(path, this.server), method, body, headers, SECONDS.request, this.network);
  }

  /** Waits so many seconds, or until `stop`. */
  private async rest(seconds: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, seconds * 1000);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
