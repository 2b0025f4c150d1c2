// The page asks for what is new twice a second and shows texts as texts: nothing that a partner sent becomes markup.
"use strict";
const byId = (id) => document.getElementById(id);
let seen = 0;

function line(event) {
  const item = document.createElement("li");
  item.className = event.trouble ? `${event.kind} troubled` : event.kind;
  const head = document.createElement("strong");
  const body = document.createElement("pre");
  const heads = {
    call: () => `${event.hook}()`,
    end: () => `${event.hook}() → ${event.what}, ${event.ms} ms`,
    request: () => `${event.method} ${event.url} → ${event.status ?? "no answer"}, ${event.ms} ms` + (event.trouble ? ` [${event.trouble}]` : ""),
    refused: () => `refused: ${event.what}`,
  };
  head.textContent = heads[event.kind]();
  const texts = {
    call: () => JSON.stringify(event.arguments, null, 1),
    end: () => JSON.stringify(event.end, null, 1),
    request: () => [event.body && `→ ${event.body}`, `← ${event.answer}`].filter(Boolean).join("\n"),
    refused: () => event.text,
  };
  body.textContent = texts[event.kind]();
  item.append(head, body);
  return item;
}

async function look() {
  const answer = await fetch(`/events?after=${seen}`);
  if (!answer.ok) { byId("said").textContent = await answer.text(); return; }
  const told = await answer.json();
  for (const event of told.events) byId("events").prepend(line(event));
  seen += told.events.length;
  byId("name").textContent = `${told.plugin.name} (${told.plugin.id})`;
  byId("plays").textContent = told.plugin.plays;
  byId("coupon-field").hidden = !told.plugin.coupon;
  byId("units-field").hidden = told.plugin.coupon;
  byId("order").textContent = told.order || "nothing";
  byId("state").textContent = told.now.reason ? `${told.now.state} (${told.now.reason})` : told.now.state || "not started";
  byId("reference").textContent = told.now.reference || "";
  byId("lines").textContent = (told.now.lines || []).map((it) => `${it.amount} ${it.wallet}`).join(" + ") + (told.now.points ? ` → ${told.now.points}` : "");
  byId("reserve").textContent = told.now.reserve;
  byId("municipality").textContent = told.now.municipality;
  byId("story").replaceChildren(...told.now.story.map((step) => {
    const item = document.createElement("li");
    item.textContent = `${step.at.slice(11, 19)} ${step.state}: ${step.what}`;
    return item;
  }));
}

async function step(name, what = {}) {
  byId("said").textContent = "…";
  const answer = await fetch(`/do/${name}`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(what) });
  const told = await answer.json();
  byId("said").textContent = told.refused || "done";
  await look();
  if (told.goes_to) location.href = told.goes_to;
}

for (const button of document.querySelectorAll("[data-step]")) button.addEventListener("click", () => step(button.dataset.step));
for (const button of document.querySelectorAll("[data-trouble]")) button.addEventListener("click", () => step("trouble", { kind: button.dataset.trouble }));
byId("start").addEventListener("submit", (event) => { event.preventDefault(); step("start", Object.fromEntries(new FormData(event.target))); });
byId("quote").addEventListener("submit", (event) => { event.preventDefault();
  const sent = Object.fromEntries(new FormData(event.target));
  if (byId("units-field").hidden) delete sent.units;
  step("quote", sent); });
setInterval(() => look().catch(() => { byId("said").textContent = "the workbench has ended"; }), 500);
look();
