/** Lets a test drive clients that live in another program, told and answered in objects that JSON can carry. */

import { Client, SECONDS, type Login } from "../../examples/typescript/src/client.js";

type Command = { id: number; device: number } & (
  | { do: "open"; server: string; login: Login; beating: boolean; forgets: number; seconds: Partial<typeof SECONDS> }
  | { do: "say"; session: string; body: string; seconds: number }
  | { do: "askWithBadToken" | "beat" | "catchUp" | "state" | "stop" }
);

const GATHER_MILLISECONDS = 10;

/**
 * Makes what takes the test's commands; `tell` is told of answers, by id, and of frames and ends, by device: in order,
 * many at once, for the way from a page to the test is slow.
 */
export function drive(tell: (reports: object[]) => void): (command: Command) => void {
  const clients = new Map<number, Client>();
  const reports: object[] = [];

  function report(line: object): void {
    if (reports.push(line) === 1) setTimeout(() => tell(reports.splice(0)), GATHER_MILLISECONDS);
  }

  async function carryOut(command: Command): Promise<unknown> {
    const { device } = command;
    if (command.do === "open") {
      Object.assign(SECONDS, command.seconds);
      let forgets = command.forgets;
      const made = new Client(command.server, command.login, (frame) => report({ device, frame }), {
        afterSeq: 0,
        onLogin: async (login) => {
          await new Promise((resolve) => setTimeout(resolve, 10));
          if (forgets-- > 0) throw new Error("There is no room.");
          report({ device, stored: login.access_token });
        },
      });
      made.beating = command.beating;
      clients.set(device, made);
      const run = made.run();
      run.then(
        () => report({ device, end: null }),
        (error: Error) => report({ device, end: error.constructor.name }),
      );
      return Promise.race([made.ready(), run]);
    }
    const client = clients.get(device)!;
    if (command.do === "say") return client.say(command.session, command.body, command.seconds);
    if (command.do === "askWithBadToken") {
      client.login = { ...client.login, access_token: "bad" };
      return client.request("GET", "/api/me");
    }
    if (command.do === "beat") return void (client.beating = true);
    if (command.do === "catchUp") return client.catchUp(30);
    if (command.do === "stop") return client.stop();
    return { token: client.login.access_token, counters: client.counters };
  }

  return (command) => {
    carryOut(command).then(
      (value) => report({ id: command.id, value: value ?? null }),
      (error: Error) => report({ id: command.id, error: `${error.constructor.name}: ${error.message}` }),
    );
  };
}
