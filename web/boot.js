// The part of the builder that is not Go: it starts the program, and holds the
// few browser functions Go calls (window.profilegen). No profile data leaves
// the browser: the only requests are for the files of this site, and, where
// profilegen serve is the host, for what its lab tells.
"use strict";
(() => {
  const boot = document.getElementById("boot").dataset;
  const root = document.documentElement;

  // go-app does not start without a localStorage; cookies may be blocked.
  let volatile = false;
  try {
    localStorage.getItem("");
  } catch {
    volatile = true;
  }
  if (volatile || !window.localStorage) {
    volatile = true;
    const stand = () => {
      const m = new Map();
      return {
        getItem: (k) => m.get(String(k)) ?? null,
        setItem: (k, v) => void m.set(String(k), String(v)),
        removeItem: (k) => void m.delete(String(k)),
        clear: () => m.clear(),
        key: (i) => [...m.keys()][i] ?? null,
        get length() { return m.size; },
      };
    };
    for (const name of ["localStorage", "sessionStorage"]) {
      Object.defineProperty(window, name, { value: stand(), configurable: true });
    }
  }

  const theme = () => localStorage.getItem("profilegen-theme") || "";
  const showTheme = () => {
    if (theme()) root.dataset.theme = theme();
    else delete root.dataset.theme;
  };
  showTheme();

  // The draft: two generations in IndexedDB, which survives a killed browser
  // where localStorage loses seconds. seq tells tabs apart.
  let database;
  const open = () => database ??= new Promise((resolve, reject) => {
    const request = indexedDB.open("profilegen", 1);
    request.onupgradeneeded = () => request.result.createObjectStore("drafts");
    request.onerror = () => reject(request.error);
    request.onsuccess = () => resolve(request.result);
  });
  const done = (request) => new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  let seq = 0;
  const load = () => Promise.race([read(), new Promise((_, no) => setTimeout(() => no(new Error("the database does not answer")), 3000))]);
  const read = async () => {
    const store = (await open()).transaction("drafts").objectStore("drafts");
    const [current, previous] = await Promise.all([done(store.get("current")), done(store.get("previous"))]);
    seq = current?.seq ?? 0;
    return JSON.stringify([current?.text ?? "", previous?.text ?? ""]);
  };
  // save answers "" or, when another tab has written since, "other tab".
  const save = async (text, force) => {
    const transaction = (await open()).transaction("drafts", "readwrite");
    const store = transaction.objectStore("drafts");
    const current = await done(store.get("current"));
    if (current && current.seq !== seq && !force) return "other tab";
    if (current) store.put(current, "previous");
    const next = { seq: (current?.seq ?? 0) + 1, text };
    store.put(next, "current");
    await new Promise((resolve, reject) => {
      transaction.oncomplete = resolve;
      transaction.onabort = transaction.onerror = () => reject(transaction.error);
    });
    seq = next.seq;
    return "";
  };

  const copy = async (text) => {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      // Plain HTTP in a LAN has no clipboard object.
      const area = document.createElement("textarea");
      area.value = text;
      area.className = "offscreen";
      const focused = document.activeElement;
      (document.querySelector("dialog[open]") ?? document.body).append(area);
      area.select();
      const ok = document.execCommand("copy");
      area.remove();
      focused?.focus();
      return ok;
    }
  };

  const download = (name, type, parts) => {
    const a = document.createElement("a");
    a.href = URL.createObjectURL(new Blob(parts, { type }));
    a.download = name;
    document.body.append(a);
    a.click();
    a.remove();
    setTimeout(() => URL.revokeObjectURL(a.href), 60000);
  };

  // Long work goes on after the browser had its turn: clicks, keys and frames
  // come before a task of the lowest priority. Where there are no priorities, a
  // message does, without the 4 ms of a timer.
  const channel = new MessageChannel();
  const waiting = [];
  channel.port1.onmessage = () => waiting.shift()?.();
  const turn = (then) => {
    if (window.scheduler?.postTask) {
      scheduler.postTask(then, { priority: "background" });
      return;
    }
    waiting.push(then);
    channel.port2.postMessage(0);
  };

  // New versions announce themselves; nothing is replaced under an edit.
  let newer = "";
  const look = async () => {
    if (!boot.version || newer || document.visibilityState === "hidden") return;
    try {
      const answer = await fetch("version.json", { cache: "no-store" });
      const { version } = await answer.json();
      if (version && version !== boot.version) {
        newer = version;
        dispatchEvent(new Event("profilegen-version"));
      }
    } catch {
      // Offline: the version at hand stays.
    }
  };
  const update = async () => {
    const registration = await navigator.serviceWorker?.getRegistration();
    if (registration) {
      await registration.update().catch(() => {});
      const coming = registration.installing ?? registration.waiting;
      if (coming) {
        await new Promise((resolve) => {
          const ready = () => {
            if (coming.state === "installed") coming.postMessage("activate");
            if (coming.state === "activated" || coming.state === "redundant") resolve();
          };
          coming.addEventListener("statechange", ready);
          ready();
        });
      }
    }
    location.reload();
  };

  // The simulator is a program of its own, fetched when it is first asked.
  let simulator;
  const startSimulator = async () => {
    const data = await program("simulator", boot.simulator, 0, () => {});
    const go = new Go();
    const { instance } = await WebAssembly.instantiate(data, go.importObject);
    return new Promise((resolve, reject) => {
      window.profilegenSimulatorReady = resolve;
      go.run(instance).then(() => { simulator = undefined; }, reject);
    });
  };
  const simulate = async (request) => {
    simulator ??= startSimulator();
    try {
      return (await simulator)(request);
    } catch (e) {
      simulator = undefined; // the next question starts it anew
      throw e;
    }
  };

  // The lab of profilegen serve, which marks the page it hands out.
  const ask = async (method, path, body) => {
    // What the user did wrong is told by a header: the console is for faults.
    const headers = { "Profilegen-Status": "in-header" };
    if (body) headers["Content-Type"] = "application/json";
    const answer = await fetch(path, { method, headers, body: body || undefined, cache: "no-store" });
    return { ok: answer.ok && !answer.headers.has("Profilegen-Status"), text: await answer.text() };
  };
  // listen tells the state of the connection and, gathered for a moment, the
  // events of a run of the server; it answers what ends it.
  const listen = (path, told) => {
    const source = new EventSource(path);
    let run = "", batch = [], timer = 0;
    const flush = () => {
      clearTimeout(timer);
      timer = 0;
      if (batch.length) told("live", run, `[${batch.join()}]`);
      batch = [];
    };
    source.onopen = () => told("live", "", "");
    source.onerror = () => told(source.readyState === EventSource.CLOSED ? "refused" : "lost", "", "");
    source.onmessage = (message) => {
      const [its] = message.lastEventId.split("-");
      if (its !== run) flush();
      run = its;
      batch.push(message.data);
      timer ||= setTimeout(flush, 100);
    };
    return () => { clearTimeout(timer); source.close(); };
  };

  window.profilegen = {
    lab: "lab" in boot,
    ask, listen,
    version: boot.version ?? "",
    portable: "portable" in boot,
    get volatile() { return volatile; },
    get newer() { return newer; },
    load, save, copy, download, turn, update, simulate,
    theme,
    setTheme(name) {
      localStorage.setItem("profilegen-theme", name);
      showTheme();
    },
    // ready is called by the first screen.
    ready() {
      root.dataset.ready = "yes";
      performance.mark("usable");
      const idle = window.requestIdleCallback ?? ((f) => setTimeout(f, 500));
      idle(async () => {
        if ("portable" in boot) return;
        addEventListener("focus", look);
        addEventListener("visibilitychange", look);
        look();
        if (!navigator.serviceWorker) return;
        try {
          await navigator.serviceWorker.register("sw.js");
        } catch {
          // Without a worker the builder works, only not offline.
        }
      });
    },
    fail,
  };

  function fail(text) {
    root.dataset.ready = "failed";
    document.getElementById("crash-text").textContent = text ?? "";
    const banner = document.getElementById("crash");
    if (!banner.hidden) return;
    banner.hidden = false;
    document.getElementById("crash-reload").onclick = () => location.reload();
    document.getElementById("crash-copy").onclick = async (event) => {
      const [current] = JSON.parse(await load().catch(() => '[""]'));
      if (await copy(current)) {
        event.target.textContent = current ? "Copied" : "There is no draft";
      } else {
        const area = document.getElementById("crash-draft");
        area.value = current;
        area.hidden = false;
        area.select();
      }
    };
    document.getElementById("crash-reload").focus();
  }

  // program is the WebAssembly of one of the two programs.
  const program = async (id, file, total, progress) => unpack(await bytes(id, file, total, progress));
  const bytes = async (id, file, total, progress) => {
    if ("portable" in boot) {
      const text = atob(document.getElementById(id).textContent);
      const data = new Uint8Array(text.length);
      for (let i = 0; i < text.length; i++) data[i] = text.charCodeAt(i);
      return data;
    }
    const names = window.DecompressionStream ? [file + ".gz", file] : [file];
    let trouble;
    for (const name of names) {
      try {
        const answer = await fetch(name);
        if (!answer.ok) throw new Error(`${name}: status ${answer.status}`);
        return await collect(answer, name.endsWith(".gz") ? total : 0, progress);
      } catch (e) {
        trouble = e;
      }
    }
    throw new Error(`The program could not be fetched (${trouble.message}).`);
  };
  const collect = async (answer, total, progress) => {
    const reader = answer.body.getReader();
    const parts = [];
    let size = 0;
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      parts.push(value);
      size += value.length;
      if (total) progress(Math.min(100, Math.round((100 * size) / total)));
    }
    return new Uint8Array(await new Blob(parts).arrayBuffer());
  };
  // A server may have undone the compression already: the first bytes tell.
  const unpack = async (data) => {
    if (data[0] !== 0x1f || data[1] !== 0x8b) return data.buffer;
    const stream = new Blob([data]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Response(stream).arrayBuffer();
  };

  const start = async () => {
    const label = document.getElementById("app-wasm-loader-label");
    const bar = document.getElementById("app-wasm-loader-bar");
    if (!window.WebAssembly) {
      label.textContent = "This browser has no WebAssembly, which the builder is made of. A current Chromium, Firefox or Safari has it.";
      bar.remove();
      return;
    }
    try {
      const data = await program("wasm", boot.wasm, Number(boot.bytes), (percent) => { bar.value = percent; });
      bar.value = 100;
      const go = new Go();
      const { instance } = await WebAssembly.instantiate(data, go.importObject);
      await go.run(instance);
      fail("Its program has ended."); // it never does by itself
    } catch (e) {
      if (document.body.contains(label)) label.textContent = `The builder could not start. ${e.message}`;
      fail(e.message);
    }
  };
  if (document.readyState === "loading") addEventListener("DOMContentLoaded", start);
  else start();
})();
