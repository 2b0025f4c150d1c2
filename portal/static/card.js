// Asks the program beside the browser to have the card sign our challenge, then sends the form with its answer.
"use strict";
const form = document.querySelector("form[data-card]");
const state = form?.querySelector(".card-state");

async function signed() {
  const asked = await fetch("/card/challenge", {
    method: "POST",
    body: new URLSearchParams({ purpose: form.dataset.card }),
  });
  if (!asked.ok) throw new Error(state.dataset.failed);
  let answer;
  try {
    answer = await fetch(`${form.dataset.agent}/v1/sign`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(await asked.json()),
    });
  } catch {
    throw new Error(state.dataset.noAgent);
  }
  const told = await answer.json();
  if (!answer.ok) throw new Error(told[document.documentElement.lang] ?? state.dataset.failed);
  return told;
}

form?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = form.querySelector("button");
  if (button.getAttribute("aria-disabled")) return; // not `disabled`: that would throw the focus out
  button.setAttribute("aria-disabled", "true");
  button.setAttribute("aria-busy", "true");
  state.classList.remove("notice", "error");
  state.textContent = state.dataset.reading;
  try {
    for (const [name, value] of Object.entries(await signed())) {
      if (form.elements[name]) form.elements[name].value = value;
    }
    form.submit();
  } catch (fault) {
    state.textContent = fault.message;
    state.classList.add("notice", "error");
  } finally {
    button.removeAttribute("aria-disabled");
    button.removeAttribute("aria-busy");
  }
});
