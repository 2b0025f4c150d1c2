// At the counter without a network: says what is certain, and sends the very same payment again when asked to.
"use strict";
const WAIT_MS = 15_000;
const note = document.getElementById("offline");
const form = document.querySelector("form[data-take]");
const dialog = document.getElementById("no-answer");
let sent = false; // whether anything of this payment may have reached the server

function show() {
  note.hidden = navigator.onLine;
}

function tell(when) {
  for (const part of dialog.querySelectorAll("[data-when]")) part.hidden = part.dataset.when !== when;
  busy(false);
  if (!dialog.open) dialog.showModal();
}

function busy(is) {
  for (const button of [...form.querySelectorAll("button"), ...dialog.querySelectorAll("button")]) button.disabled = is;
}

async function send() {
  if (!navigator.onLine) {
    tell(sent ? "lost" : "offline");
    return;
  }
  busy(true);
  sent = true;
  let answer;
  try {
    answer = await fetch(form.action, {
      method: "POST",
      body: new URLSearchParams(new FormData(form)),
      signal: AbortSignal.timeout(WAIT_MS),
    });
  } catch {
    tell("lost");
    return;
  }
  // Yes and no have addresses of their own. What has none is asked for again as a page: it is the same payment.
  if (answer.redirected) location.replace(answer.url);
  else form.submit();
}

addEventListener("online", show);
addEventListener("offline", show);
show();
if (form) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!form.querySelector("button").disabled) send();
  });
  document.getElementById("again").addEventListener("click", send);
  addEventListener("pageshow", (event) => { if (event.persisted) busy(false); });
}
