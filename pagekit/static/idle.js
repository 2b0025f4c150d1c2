// Warns before an idle session ends, and clears the screen when it has: nobody's points stay on a screen.
"use strict";
const box = document.getElementById("idle");
const limit = Number(box.dataset.limit) * 1000;
const warning = Math.min(120_000, limit / 4);
let since = Date.now();
let said = since;

async function stay() {
  const body = new URLSearchParams({ form_token: box.dataset.token });
  const answer = await fetch("/still-here", { method: "POST", body, redirect: "manual" });
  if (answer.status !== 204) leave();
  since = Date.now();
  box.close();
}

// What was typed and not sent is sealed into the address, for the same person to find after the sign-in.
async function unsent() {
  const form = document.querySelector("main form[data-typed]");
  if (!form || box.dataset.shared) return "";
  const typed = [...new FormData(form)].filter(([, value]) => typeof value === "string");
  const options = { method: "POST", headers: { "X-Keep-Form": "1" }, body: new URLSearchParams(typed), redirect: "manual" };
  try {
    const answer = await fetch(form.getAttribute("action"), { ...options, signal: AbortSignal.timeout(3_000) });
    return answer.status === 200 ? await answer.text() : "";
  } catch {
    return "";
  }
}

// The screen clears also where nobody answers.
async function leave() {
  clearInterval(watch);
  const kept = await unsent();
  const body = new URLSearchParams({ form_token: box.dataset.token });
  // Whoever comes back goes on there; at a shared terminal the next person is somebody else.
  const query = new URLSearchParams(location.search); // the answer to a form opens in its own session only
  const page = kept || (query.has("form") ? query.get("from") ?? location.pathname : location.pathname + location.search);
  const next = box.dataset.shared ? "" : `&next=${encodeURIComponent(page)}`;
  const clear = () => location.replace(`/signed-out?why=idle${next}`);
  fetch("/logout", { method: "POST", body, redirect: "manual", signal: AbortSignal.timeout(3_000) }).then(clear, clear);
}

document.getElementById("idle-stay").addEventListener("click", stay);
box.addEventListener("cancel", (event) => { event.preventDefault(); stay(); });
const watch = setInterval(() => {
  const idle = Date.now() - since;
  if (idle >= limit) leave();
  else if (idle >= limit - warning && !box.open) box.showModal();
}, 1000);
// Whoever fills in a long form is here: typing is use, of which the server hears now and then.
addEventListener("input", (event) => {
  if (event.target.form?.method === "post") event.target.form.dataset.typed = "";
  since = Date.now();
  if (since - said < limit / 4) return;
  said = since;
  stay();
});
// A copy that the back button brought out of the browser's memory is asked for anew.
addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
