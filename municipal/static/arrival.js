// When a customer has paid by the shop's QR: a word that is spoken too, a mark, and a short sound for who has switched it on.
"use strict";
const KEY = "sound-of-arrivals";
const word = document.getElementById("arrival");
const row = document.getElementById("sound-row");
const sound = document.getElementById("sound");
const hint = document.getElementById("sound-hint");
const MARKED_MS = 10_000;
const seen = new Map(payments().map((line) => [line.dataset.spend, 0])); // until when each is marked
let audio;

function payments() {
  return [...document.querySelectorAll("#latest [data-spend]")];
}

// Two tones, up: 0.3 seconds.
function play() {
  if (audio?.state !== "running") return;
  for (const [index, pitch] of [880, 1318.5].entries()) {
    const start = audio.currentTime + index * 0.14;
    const tone = new OscillatorNode(audio, { frequency: pitch });
    const volume = new GainNode(audio, { gain: 0.0001 });
    volume.gain.setValueAtTime(0.0001, start);
    volume.gain.exponentialRampToValueAtTime(0.3, start + 0.02);
    volume.gain.exponentialRampToValueAtTime(0.0001, start + 0.16);
    tone.connect(volume).connect(audio.destination);
    tone.start(start);
    tone.stop(start + 0.17);
  }
  sound.dataset.played = Number(sound.dataset.played ?? 0) + 1;
}

function kept() {
  try {
    return localStorage.getItem(KEY) === "on";
  } catch {
    return false; // nothing may be kept in this browser: the choice holds for this page
  }
}

function keep() {
  try {
    localStorage.setItem(KEY, sound.checked ? "on" : "off");
  } catch {
    // said above
  }
}

function show() {
  hint.hidden = !sound.checked || audio?.state === "running";
}

// Browsers let a page sound only after a person has touched it.
async function wake() {
  if (!sound.checked) return;
  audio ??= new AudioContext();
  await audio.resume();
  show();
}

function arrived() {
  const now = Date.now();
  const paid = payments().filter((line) => !seen.has(line.dataset.spend) && line.dataset.arrival);
  for (const line of paid) seen.set(line.dataset.spend, now + MARKED_MS);
  for (const line of payments()) {
    if (!seen.has(line.dataset.spend)) seen.set(line.dataset.spend, 0);
    line.classList.toggle("arrived", now < seen.get(line.dataset.spend)); // the list is drawn anew every two seconds
  }
  if (!paid.length) return;
  word.textContent = paid.map((line) => line.dataset.arrival).reverse().join(" ");
  if (sound.checked) play();
}

if ("AudioContext" in window) {
  row.hidden = false;
  sound.checked = kept();
  sound.addEventListener("change", async () => {
    keep();
    show();
    await wake();
    if (sound.checked) play(); // how it will sound
  });
  for (const touch of ["pointerdown", "keydown"]) addEventListener(touch, wake);
  show();
  wake();
}
new MutationObserver(arrived).observe(document.getElementById("latest").parentElement, { childList: true });
