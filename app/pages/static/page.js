"use strict";
// What a page needs beyond HTML: dialogs, filters that act at once, the choice of colours, and how fresh figures are.

// After this many seconds without a message the figures count as old; a stream with nothing new says so every 2 s.
const CUT_SECONDS = 5;
// After so many seconds a first connection that failed is tried again; the extension tries again what was a stream once.
const AGAIN_SECONDS = 3;

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-opens]");
  if (opener) document.getElementById(opener.dataset.opens).showModal();
});

document.addEventListener("change", (event) => {
  if (event.target.name === "way") showWhatTheWayAsks(event.target.form);
  if (event.target.matches("[data-submits]")) event.target.form.requestSubmit();
  if (event.target.matches("[data-theme-choice]")) {
    const theme = event.target.value;
    if (theme) document.documentElement.dataset.theme = theme;
    else delete document.documentElement.dataset.theme;
    localStorage.setItem("theme", theme);
    document.dispatchEvent(new Event("halo:theme"));
  }
});

// What a form asks for one way alone is shown when that way is chosen.
function showWhatTheWayAsks(form) {
  for (const part of form.querySelectorAll("[data-when-way]")) {
    part.hidden = form.elements.way.value !== part.dataset.whenWay;
  }
}

// What a mark of a drawing is, stands below the drawing while one points at it or touches it.
document.addEventListener("pointerover", (event) => {
  const said = event.target.closest?.(".lanes rect, .lanes circle")?.querySelector("title");
  if (said) event.target.closest("figure").querySelector("[data-tip]").textContent = said.textContent;
});

// A form goes once: a second press while the first is under way does nothing. A button that closes a dialog sends none.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || event.submitter?.formMethod === "dialog") return;
  if (form.dataset.sent) event.preventDefault();
  else form.dataset.sent = "yes";
});
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});

function showFreshness(live) {
  const shown = document.querySelector("[data-fresh]");
  let heard = performance.now();
  let lost = false;
  let waited = live.querySelector('[data-figure="pending_requests"]')?.value; // who waits is asked again when it moves
  live.addEventListener("htmx:sse:after:message", () => {
    heard = performance.now();
    lost = false;
    const waiting = live.querySelector('[data-figure="pending_requests"]')?.value;
    if (waiting !== waited) document.getElementById("aside")?.dispatchEvent(new Event("waits"));
    waited = waiting;
  });
  const cut = (status) => {
    lost = true;
    if ([401, 403].includes(status)) location.reload(); // to the login, or to what may be seen still
  };
  for (const end of ["htmx:sse:error", "htmx:sse:close"]) {
    live.addEventListener(end, (event) => cut(event.detail.status));
  }
  const connectAgain = (status) => {
    cut(status);
    const connect = () => htmx.ajax("GET", live.getAttribute("hx-sse:connect"), { source: live });
    setTimeout(connect, 1000 * AGAIN_SECONDS);
  };
  live.addEventListener("htmx:before:response", (event) => {
    const { status } = event.detail.ctx.response;
    if (event.target !== live || status < 400) return;
    event.preventDefault(); // why it failed is no figure
    connectAgain(status);
  });
  live.addEventListener("htmx:error", (event) => {
    if (event.target === live && event.detail.ctx && !event.detail.ctx.response) connectAgain();
  });
  const tell = () => {
    const seconds = Math.floor((performance.now() - heard) / 1000);
    const isCut = lost || seconds > CUT_SECONDS;
    document.body.classList.toggle("cut", isCut);
    const { now, old, cut } = shown.dataset;
    const text = isCut ? cut : seconds > 1 ? old : now;
    const said = text.replace("{seconds}", String(seconds));
    if (shown.firstElementChild.textContent !== said) shown.firstElementChild.textContent = said;
  };
  tell();
  setInterval(tell, 500);
}

document.addEventListener("DOMContentLoaded", () => {
  const refused = document.querySelector("dialog[data-open]");
  if (refused) refused.showModal();
  for (const part of document.querySelectorAll("[data-when-way]")) showWhatTheWayAsks(part.closest("form"));
  const theme = localStorage.getItem("theme") || "";
  for (const choice of document.querySelectorAll("[data-theme-choice]")) choice.checked = choice.value === theme;
  for (const part of document.querySelectorAll("[data-asks]")) {
    // It asks for itself until what it shows has come to an end.
    const asking = setInterval(() => {
      if (part.querySelector("[data-running]")) part.dispatchEvent(new Event("ask"));
      else clearInterval(asking);
    }, 2000);
  }
  const live = document.querySelector("[data-live]");
  if (live) showFreshness(live);
  // The notice is for this once: it does not come again with the address.
  const address = new URL(location.href);
  if (address.searchParams.has("done")) {
    address.searchParams.delete("done");
    history.replaceState(null, "", address);
  }
});
