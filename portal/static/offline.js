// On a home screen a browser's own message would look like a broken app: there a worker keeps the page that says "no network".
"use strict";
if ("serviceWorker" in navigator && matchMedia("(display-mode: standalone)").matches) {
  navigator.serviceWorker.register("/offline-worker.js").catch(() => {});
}
