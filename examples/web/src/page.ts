/** The page of the two phones: what is around them. The apps themselves know nothing of it. */

import type { Login } from "../../typescript/src/client.js";
import { CustomerApp } from "./customer.js";
import { element, often, onPress, part, translate } from "./elements.js";
import { FrameList } from "./frames.js";
import { linesFor, linkTo, showLines } from "./guide.js";
import { stored } from "./logins.js";
import { MitraApp } from "./mitra.js";
import type { Passing } from "./network.js";
import { Phone } from "./phone.js";
import type { Offer, Party } from "./shapes.js";
import { signIn, signInAnonymously } from "./sign_in.js";
import { chooseLanguage, language, text } from "./texts.js";

/** What the server says of itself: where the control centre is, and the code where it is always the same. */
interface Settings {
  control_centre: string;
  code: string | null;
  mitra_phone: string;
}

const OURS_WAIT_SECONDS = 1;
const CUSTOMER_NUMBER = "customer-number";
const MITRA_NUMBER = "mitra-number";
const LAST_SESSION = "last-session";

const settings: Settings = await (await fetch("/demo/settings.json")).json();
const frames = new FrameList(document.querySelector<HTMLElement>("#frames")!, () => switched("#paused"));
const ours = new Set<string>();
const customers = new Map<Phone, CustomerApp>();
const mitras = new Map<Phone, MitraApp>();
const devices: Record<Party, Phone[]> = { customer: [], mitra: [] };

function switched(selector: string): boolean {
  return document.querySelector<HTMLInputElement>(selector)!.checked;
}

/** Makes a phone and puts it at its place; `start` is called again when its login has ended. */
function place(party: Party, number: number, start: (phone: Phone) => Promise<void>): void {
  const begin = () => {
    const name = `${text(party)} ${number}`;
    const phone: Phone = new Phone(`${party}-${number}`, name, tell, () => {
      phone.remove();
      begin();
    });
    devices[party][number - 1] = phone;
    document.querySelector(`#${party} .devices`)!.append(phone.element);
    phone.network.isCut = number === 1 && !switched(`#${party} [data-part="network"]`);
    start(phone).catch((error) => phone.notice(String(error)));
  };
  begin();
}

function tell(phone: string, passing: Passing): void {
  frames.add(phone, passing);
}

async function startCustomer(phone: Phone): Promise<void> {
  const login = stored(phone.id) ?? (await signInAnonymously(phone));
  runCustomer(phone, login);
}

function runCustomer(phone: Phone, login: Login): void {
  const app = new CustomerApp(phone, showTimeline);
  customers.set(phone, app);
  phone.run(login, app);
}

/** Nobody can log in as an anonymous customer twice, so the customer gets a phone number with the second device. */
async function startSecondCustomer(phone: Phone): Promise<void> {
  let login = stored(phone.id);
  if (login === undefined) {
    const number = sessionStorage.getItem(CUSTOMER_NUMBER) ?? `+62899${String(Date.now()).slice(-8)}`;
    const token = devices.customer[0]?.client?.login.access_token;
    const signed = await signIn(phone, "customer", { number, code: settings.code, token });
    sessionStorage.setItem(CUSTOMER_NUMBER, signed.number);
    login = signed.login;
  }
  runCustomer(phone, login);
}

async function startMitra(phone: Phone): Promise<void> {
  let login = stored(phone.id);
  if (login === undefined) {
    const number = sessionStorage.getItem(MITRA_NUMBER) ?? settings.mitra_phone;
    const signed = await signIn(phone, "mitra", { number, code: settings.code });
    sessionStorage.setItem(MITRA_NUMBER, signed.number);
    login = signed.login;
  }
  const app = new MitraApp(phone, wants);
  mitras.set(phone, app);
  phone.run(login, app);
}

/** Beside a simulated fleet, its customers are offered too: the switch leaves them to the fleet's mitras. */
async function wants(offer: Offer): Promise<boolean> {
  const isWanted = await isOurs(offer);
  frames.decide(offer.id, isWanted);
  return isWanted;
}

async function isOurs(offer: Offer): Promise<boolean> {
  for (let waited = 0; waited < OURS_WAIT_SECONDS; waited += 0.1) {
    if (ours.has(offer.session_id) || !switched('#mitra [data-part="only-ours"]')) return true;
    if (customers.size > 0 && !inUse(customers).some((customer) => customer.mayBeBuying)) return false;
    await new Promise((resolve) => setTimeout(resolve, 100)); // the customer may hear of the search later
  }
  return false;
}

function showTimeline(sessionId: string): void {
  ours.add(sessionId);
  sessionStorage.setItem(LAST_SESSION, sessionId);
  const link = linkTo(timelineOf(sessionId), timelineOf(sessionId));
  document.querySelector("#timeline")!.replaceChildren(`${text("timeline")} `, link);
}

function timelineOf(sessionId: string): string {
  return `${settings.control_centre}/sessions/${sessionId}`;
}

/** Each customer's phone says what the mitra's phone beside it is needed for. */
function guide(): void {
  for (const [phone, customer] of customers) {
    showLines(part(phone.element, "aside"), linesFor(customer, inUse(mitras), timelineOf));
  }
}

/** The apps on the phones that are not put away. */
function inUse<A>(apps: Map<Phone, A>): A[] {
  return [...apps].filter(([phone]) => !phone.gone.aborted).map(([, app]) => app);
}

function arrange(party: Party, startSecond: (phone: Phone) => Promise<void>): void {
  const room = document.querySelector<HTMLElement>(`#${party}`)!;
  const second = part<HTMLInputElement>(room, "second");
  const network = part<HTMLInputElement>(room, "network");
  network.addEventListener("change", () => {
    devices[party][0]!.network.isCut = !network.checked;
  });
  second.addEventListener("change", () => {
    if (second.checked) place(party, 2, startSecond);
    else devices[party].pop()!.remove();
  });
  second.checked = stored(`${party}-2`) !== undefined;
  if (second.checked) place(party, 2, startSecond);
}

document.documentElement.lang = language;
document.title = text("title");
translate(document);
document.querySelector("#steps")!.append(...text("steps").split("\n").map((step) => element("li", {}, step)));
const last = sessionStorage.getItem(LAST_SESSION);
if (last !== null) showTimeline(last);
else document.querySelector("#timeline")!.textContent = text("noTimeline", { address: settings.control_centre });
const languages = document.querySelector<HTMLSelectElement>("#language")!;
languages.value = language;
languages.addEventListener("change", () => chooseLanguage(languages.value));
onPress(document.querySelector<HTMLElement>("#clear")!, async () => frames.clear());

place("customer", 1, startCustomer);
place("mitra", 1, startMitra);
arrange("customer", startSecondCustomer);
arrange("mitra", startMitra);
often(new AbortController().signal, guide);
