// Warns before an idle session ends, and clears the screen when it has: nobody's points stay on a screen.
"use strict";
const box = document.getElementById("idle");
const limit = Number(box.dataset.limit) * 1000;
const warning = Math.min(60_000, limit / 4);
let since = Date.now();

async function stay() {
  const body = new URLSearchParams({ form_token: box.dataset.token });
  const answer = await fetch("/still-here", { method: "POST", body, redirect: "manual" });
  if (answer.status !== 204) leave();
  since = Date.now();
  box.close();
}

// The screen clears also where nobody answers.
function leave() {
  clearInterval(watch);
  const body = new URLSearchParams({ form_token: box.dataset.token });
  const clear = () => location.replace("/signed-out?why=idle");
  fetch("/logout", { method: "POST", body, redirect: "manual", signal: AbortSignal.timeout(3_000) }).then(clear, clear);
}

document.getElementById("idle-stay").addEventListener("click", stay);
box.addEventListener("cancel", (event) => { event.preventDefault(); stay(); });
const watch = setInterval(() => {
  const idle = Date.now() - since;
  if (idle >= limit) leave();
  else if (idle >= limit - warning && !box.open) box.showModal();
}, 1000);
// A copy that the back button brought out of the browser's memory is asked for anew.
addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
