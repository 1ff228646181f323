/** The few things this page does with elements. Text is always set as text: what people write is never markup. */

import { text, type Key } from "./texts.js";

/** A copy of a template of index.html, with its texts. */
export function copy(template: string): DocumentFragment {
  const made = document.querySelector<HTMLTemplateElement>(`#${template}-template`)!.content.cloneNode(true);
  translate(made as DocumentFragment);
  return made as DocumentFragment;
}

/** Gives each element with `data-text` its text, and each field with `data-placeholder` what it shows while empty. */
export function translate(root: ParentNode): void {
  for (const element of root.querySelectorAll<HTMLElement>("[data-text]")) {
    element.textContent = text(element.dataset["text"] as Key);
  }
  for (const field of root.querySelectorAll<HTMLInputElement>("[data-placeholder]")) {
    field.placeholder = text(field.dataset["placeholder"] as Key);
  }
}

/** The element of this name (`data-part`) inside another. */
export function part<E extends HTMLElement = HTMLElement>(root: ParentNode, name: string): E {
  return root.querySelector<E>(`[data-part="${name}"]`)!;
}

/** A new element with attributes and content. */
export function element<K extends keyof HTMLElementTagNameMap>(
  name: K,
  attributes: Record<string, string> = {},
  ...content: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(name);
  for (const [attribute, value] of Object.entries(attributes)) made.setAttribute(attribute, value);
  made.append(...content);
  return made;
}

/** A button that does something; it can't be pressed again while that is under way. */
export function button(label: string, act: () => Promise<unknown>, attributes: Record<string, string> = {}) {
  const made = element("button", { type: "button", ...attributes }, label);
  onPress(made, act);
  return made;
}

/** What a button does. It stays focusable meanwhile, so that nobody's place on the page is lost. */
export function onPress(pressed: HTMLElement, act: () => Promise<unknown>): void {
  pressed.addEventListener("click", () => void once(pressed, act));
}

/** What a form does. */
export function onSubmit(form: HTMLFormElement, act: () => Promise<unknown>): void {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void once(form, act);
  });
}

async function once(busy: HTMLElement, act: () => Promise<unknown>): Promise<void> {
  if (busy.ariaBusy === "true") return;
  busy.ariaBusy = "true";
  try {
    await act();
  } finally {
    busy.ariaBusy = null;
  }
}

/** Shows one screen of an app. Focus goes along when it was on the screen that goes away. */
export function show(root: HTMLElement, screen: string): void {
  const next = root.querySelector<HTMLElement>(`[data-screen="${screen}"]`)!;
  if (!next.hidden) return;
  const hadFocus = root.contains(document.activeElement);
  for (const other of root.querySelectorAll<HTMLElement>("[data-screen]")) other.hidden = other !== next;
  if (hadFocus) next.querySelector<HTMLElement>("h3")?.focus();
}

/** The name of the screen of an app that is shown. */
export function shown(root: HTMLElement): string | undefined {
  return root.querySelector<HTMLElement>("[data-screen]:not([hidden])")?.dataset["screen"];
}

/** Does something four times a second, until the signal is aborted. */
export function often(signal: AbortSignal, act: () => void): void {
  const timer = setInterval(act, 250);
  signal.addEventListener("abort", () => clearInterval(timer));
}

/** Before something goes away: focus that is in it goes to the heading of the screen that is shown. */
export function leave(going: HTMLElement, root: HTMLElement): void {
  if (going.contains(document.activeElement)) {
    root.querySelector<HTMLElement>("[data-screen]:not([hidden]) h3")?.focus();
  }
}
