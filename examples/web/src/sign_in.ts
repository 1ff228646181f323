/** Logging in with a code that is sent to a phone. */

import { logIn, Refused, Unknown, type Login } from "../../typescript/src/client.js";
import { copy, onPress, onSubmit, part, show } from "./elements.js";
import type { Phone } from "./phone.js";
import type { Party } from "./shapes.js";
import { text } from "./texts.js";

/** What is known before: the number, the code where it is always the same, and the anonymous customer's token. */
export interface Known {
  number: string;
  code: string | null;
  token?: string | undefined;
}

/** Shows the form on a phone, and waits for the login. */
export function signIn(phone: Phone, userType: Party, known: Known): Promise<{ login: Login; number: string }> {
  phone.app.replaceChildren(copy("login"));
  const number = part<HTMLInputElement>(phone.app, "phone");
  const code = part<HTMLInputElement>(phone.app, "code");
  number.value = known.number;
  if (known.code !== null) part(phone.app, "hint").textContent = text("codeHint", { code: known.code });
  const who = () => ({ phone: number.value.replace(/[\s-]/g, ""), user_type: userType });
  const ask = (path: "/api/auth/otp/request" | "/api/auth/otp/verify", body: object) =>
    logIn(location.origin, path, body, { token: known.token, network: phone.network });

  onPress(part(phone.app, "back"), async () => show(phone.app, "login"));
  onSubmit(part<HTMLFormElement>(phone.app, "ask"), async () => {
    if (await phone.attempt(() => ask("/api/auth/otp/request", who()))) {
      show(phone.app, "code");
      code.focus();
    }
  });
  return new Promise((resolve) => {
    onSubmit(part<HTMLFormElement>(phone.app, "verify"), async () => {
      await phone.attempt(async () => {
        const login: Login = await ask("/api/auth/otp/verify", { ...who(), code: code.value });
        resolve({ login, number: who().phone });
      });
    });
  });
}

/** A new customer without a phone number; asked for again until there is an answer. */
export async function signInAnonymously(phone: Phone): Promise<Login> {
  for (;;) {
    try {
      return await logIn(location.origin, "/api/auth/customer/anonymous", undefined, { network: phone.network });
    } catch (error) {
      if (!(error instanceof Refused || error instanceof Unknown)) throw error;
      phone.notice(text("noAnswer"));
    }
    await new Promise((resolve) => setTimeout(resolve, 2000));
  }
}
