// Reads a QR with the camera and sends the form as if it had been typed; without a camera the form is there alone.
"use strict";
const box = document.getElementById("scanner");
const video = box.querySelector("video");
const state = box.querySelector("[role=status]");
const form = document.querySelector("form[data-scanned]");
const MOST_PIXELS_A_SIDE = 800;
let stream;

// The browser's own reader where it has one, else the one that lies beside this file.
async function reader() {
  if ("BarcodeDetector" in globalThis && (await BarcodeDetector.getSupportedFormats()).includes("qr_code")) {
    const detector = new BarcodeDetector({ formats: ["qr_code"] });
    return async () => (await detector.detect(video))[0]?.rawValue;
  }
  const { decodeQR } = await import(box.dataset.decoder);
  const canvas = document.createElement("canvas");
  const drawing = canvas.getContext("2d", { willReadFrequently: true });
  return async () => {
    const scale = Math.min(1, MOST_PIXELS_A_SIDE / Math.max(video.videoWidth, video.videoHeight));
    canvas.width = Math.round(video.videoWidth * scale);
    canvas.height = Math.round(video.videoHeight * scale);
    drawing.drawImage(video, 0, 0, canvas.width, canvas.height);
    try {
      return decodeQR(drawing.getImageData(0, 0, canvas.width, canvas.height));
    } catch {
      return undefined; // no code in this picture; the next one is looked at
    }
  };
}

function stop() {
  for (const track of stream?.getTracks() ?? []) track.stop();
  stream = undefined;
}

async function start() {
  state.textContent = box.dataset.starting;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ audio: false, video: { facingMode: "environment" } });
  } catch (fault) {
    state.textContent = fault.name === "NotAllowedError" ? box.dataset.refused : box.dataset.none;
    return;
  }
  video.srcObject = stream;
  await video.play();
  state.textContent = box.dataset.looking;
  const read = await reader();
  const look = async () => {
    if (stream === undefined) return;
    const text = video.readyState >= video.HAVE_CURRENT_DATA ? await read() : undefined;
    if (text === undefined || form.dataset.sent) {
      setTimeout(look, 100);
      return;
    }
    stop();
    state.textContent = box.dataset.found;
    form.elements.code.value = text;
    form.requestSubmit();
  };
  look();
}

addEventListener("pagehide", stop);
addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
if (navigator.mediaDevices?.getUserMedia) start();
else state.textContent = box.dataset.none;
