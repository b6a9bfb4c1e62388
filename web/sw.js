// Keeps one version of the site for use without a network. A version is
// fetched whole into a cache of its own and takes over when the page says so,
// or when no page of an older one is open: versions never mix.
"use strict";
const version = "{{version}}";
const files = ["{{files}}"];
// Other apps of the same host have caches too: ours bear this prefix.
const prefix = `profilegen ${registration.scope} `;

addEventListener("install", (event) => {
  event.waitUntil((async () => {
    const cache = await caches.open(prefix + version);
    await Promise.all(files.map(async (file) => {
      // Hosts let browsers keep files for minutes; ask for the present ones.
      const answer = await fetch(file, { cache: "no-cache" });
      if (!answer.ok) throw new Error(`${file}: status ${answer.status}`);
      await cache.put(file, answer);
    }));
  })());
});

addEventListener("activate", (event) => {
  event.waitUntil((async () => {
    for (const name of await caches.keys()) {
      if (name.startsWith(prefix) && name !== prefix + version) await caches.delete(name);
    }
  })());
});

addEventListener("message", (event) => {
  if (event.data === "activate") skipWaiting();
});

addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || !url.href.startsWith(registration.scope)) return;
  const file = url.origin + url.pathname === registration.scope || url.pathname.endsWith("/index.html")
    ? "./"
    : (url.origin + url.pathname).slice(registration.scope.length);
  // Profiles, the lab's pages and version.json are the network's.
  if (!files.includes(file)) return;
  event.respondWith((async () => {
    const cache = await caches.open(prefix + version);
    return await cache.match(file, { ignoreSearch: true }) ?? fetch(event.request);
  })());
});
