// A form that moves points is sent once; the gateway would make one of two in any case.
"use strict";
for (const form of document.querySelectorAll("form[data-once]")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = "yes";
    const said = document.getElementById("sending");
    if (said) said.textContent = said.dataset.text;
    for (const button of form.querySelectorAll("button")) button.setAttribute("aria-busy", "true");
  });
}
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-once]")) {
    delete form.dataset.sent;
    const said = document.getElementById("sending");
    if (said) said.textContent = "";
    for (const button of form.querySelectorAll("button")) button.removeAttribute("aria-busy");
  }
});
