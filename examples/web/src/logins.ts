/** Where a device keeps its login. An app would keep it in the phone's safe; this page keeps it as long as its tab. */

import type { Login } from "../../typescript/src/client.js";

/** The login of a device; undefined when it has none. */
export function stored(device: string): Login | undefined {
  const login = sessionStorage.getItem(`login:${device}`);
  return login === null ? undefined : JSON.parse(login);
}

/** Keeps a login in place of the one before; undefined forgets it. */
export function store(device: string, login: Login | undefined): void {
  if (login === undefined) sessionStorage.removeItem(`login:${device}`);
  else sessionStorage.setItem(`login:${device}`, JSON.stringify(login));
}
