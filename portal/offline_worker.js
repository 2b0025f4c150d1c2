// Answers a page that cannot be fetched with the one that says so. Keeps that page and its style, and nothing of anybody's.
"use strict";
const CACHE = "offline-__VERSION__";
const PAGE = "/offline";
const STYLE = "__STYLE__";

// Without credentials: what is kept is what a stranger sees.
const kept = [PAGE, STYLE].map((path) => new Request(path, { credentials: "omit", cache: "reload" }));
addEventListener("install", (event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(kept)).then(() => skipWaiting()));
});

addEventListener("activate", (event) => {
  const others = caches.keys().then((names) => Promise.all(names.filter((name) => name !== CACHE).map((name) => caches.delete(name))));
  event.waitUntil(others.then(() => clients.claim()));
});

addEventListener("fetch", (event) => {
  const { request } = event;
  if (new URL(request.url).pathname === STYLE) {
    event.respondWith(caches.match(STYLE).then((found) => found ?? fetch(request)));
  } else if (request.mode === "navigate" && request.method === "GET") {
    event.respondWith(fetch(request).catch(() => caches.match(PAGE)));
  }
});
