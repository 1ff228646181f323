/** What the platform gives, in the form the client wants it: a socket as a queue of frames, a request as a reply. */

const SUBPROTOCOL = "halobestie.v1";
const UNDECIDED = ["RATE_LIMITED", "SERVICE_UNAVAILABLE", "INTERNAL_ERROR"];

/** What passes through the socket, told apart by `type`. Stored events have an `id`. */
export interface Frame {
  type: string;
  [field: string]: any;
}

/** The server said no, with a problem's code; `status` is HTTP's, undefined when the socket said it. */
export class Refused extends Error {
  constructor(
    readonly code: string,
    detail: string,
    readonly status?: number,
    /** All that the problem says, such as `package_id` of PACKAGE_REPLACED. */
    readonly problem: Readonly<Record<string, any>> = {},
  ) {
    super(`${code}: ${detail}`);
  }
}

/** Neither done nor refused: no answer came. Asking again with the same key is safe. */
export class Unknown extends Error {}

/** The login has ended; only a new one helps. */
export class SignedOut extends Error {}

/** The other side closed the socket. */
export class Closed extends Error {
  constructor(
    readonly code: number,
    reason: string,
  ) {
    super(reason);
  }
}

/** What a client reaches the server through: the platform's own, or an app's that shows what passes, or cuts it. */
export interface Network {
  /** As the platform's `fetch`. */
  fetch(url: URL, init: RequestInit): Promise<Response>;
  /** Opens a socket. May throw Unknown: then there is no network. */
  open(url: string, protocols: string[]): WebSocket;
}

export const PLATFORM: Network = {
  fetch: (url, init) => fetch(url, init),
  open: (url, protocols) => new WebSocket(url, protocols),
};

/** One socket, from its opening to its end. */
export class Connection {
  /** When the last frame came. */
  heardAt = 0;
  private readonly socket: WebSocket;
  private readonly arrived: (Frame | Error)[] = [];
  private isOver = false;
  private readonly late: ReturnType<typeof setTimeout>;
  private wake = () => {};

  /** It is given up when nothing comes within so many seconds. */
  constructor(server: string, token: string, seconds: number, network: Network) {
    this.socket = network.open(`${server.replace(/^http/, "ws")}/ws`, [SUBPROTOCOL, `bearer.${token}`]);
    this.late = setTimeout(() => this.end(new Unknown("The socket did not open in time.")), seconds * 1000);
    this.socket.onmessage = ({ data }) => {
      clearTimeout(this.late);
      this.heardAt = Date.now();
      try {
        this.arrived.push(JSON.parse(data));
        this.wake();
      } catch (error) {
        this.end(new Unknown(`A frame could not be read: ${error}`));
      }
    };
    this.socket.onclose = ({ code, reason }) => this.end(new Closed(code, reason));
    // Not every Node 22 tells of the close of a socket that never opened.
    this.socket.onerror = () => this.end(new Unknown("The connection failed."));
  }

  /** The next frame. Throws why the connection ended, once every frame that came before was given out. */
  async next(): Promise<Frame> {
    while (this.arrived.length === 0) await new Promise<void>((resolve) => (this.wake = resolve));
    const frame = this.arrived.shift()!;
    if (frame instanceof Error) throw frame;
    return frame;
  }

  /** Sends a frame, if the socket is open. */
  send(frame: Frame): void {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(frame));
  }

  /** Ends it here and now: a lost connection would not answer a closing handshake. */
  end(reason: Error): void {
    if (this.isOver) return;
    this.isOver = true;
    clearTimeout(this.late);
    this.socket.onmessage = this.socket.onclose = this.socket.onerror = null;
    this.socket.close();
    this.arrived.push(reason);
    this.wake();
  }
}

/** The answer to a request. */
export interface Reply {
  path: string;
  status: number;
  text: string;
}

/** One request with a JSON body. Throws Unknown when no answer came within so many seconds. */
export async function ask(
  url: URL,
  method: string,
  body: unknown,
  headers: Record<string, string>,
  seconds: number,
  network: Network,
): Promise<Reply> {
  if (body !== undefined) headers = { ...headers, "Content-Type": "application/json" };
  const signal = AbortSignal.timeout(seconds * 1000);
  try {
    const content = body === undefined ? {} : { body: JSON.stringify(body) };
    const response = await network.fetch(url, { method, headers, signal, ...content });
    return { path: url.pathname, status: response.status, text: await response.text() };
  } catch (error) {
    throw new Unknown(`${method} ${url.pathname}: ${error}`);
  }
}

/** The JSON of a reply, undefined when it has none. Throws Refused; Unknown for 429 and 5xx. */
export function read({ path, status, text }: Reply): any {
  if (status < 300) return text === "" ? undefined : JSON.parse(text);
  if (status === 429 || status >= 500) throw new Unknown(`${path}: ${status}`);
  try {
    const problem = JSON.parse(text);
    throw new Refused(problem.code, problem.detail, status, problem);
  } catch (error) {
    throw error instanceof SyntaxError ? new Refused("UNREADABLE", "", status) : error;
  }
}

/** What an error frame says; where the server could not decide, asking again is the answer. */
export function refusal({ code, detail }: Frame): Refused | Unknown {
  return UNDECIDED.includes(code) ? new Unknown(`${code}: ${detail}`) : new Refused(code, detail);
}

/** Seconds to wait before each further attempt, without end: half to one and a half of a doubling, capped pause. */
export function* pauses(of: { firstPause: number; longestPause: number }): Generator<number, never> {
  for (let pause = of.firstPause; ; pause = Math.min(2 * pause, of.longestPause)) yield pause * (0.5 + Math.random());
}

/** What was promised, if it comes within so many seconds; then Unknown. */
export async function within<T>(seconds: number, promised: Promise<T>): Promise<T> {
  let late: ReturnType<typeof setTimeout> | undefined;
  const silence = new Promise<never>((_, reject) => {
    late = setTimeout(() => reject(new Unknown("No answer came in time.")), seconds * 1000);
  });
  try {
    return await Promise.race([promised, silence]);
  } finally {
    clearTimeout(late);
  }
}
