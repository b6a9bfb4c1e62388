// Runs a Go test made for js/wasm in Node with a document, for the tests of the
// components:
//
//   GOOS=js GOARCH=wasm go test -exec "node $PWD/app/e2e/dom.cjs" ./app
"use strict";
const { execFileSync } = require("node:child_process");
const path = require("node:path");
const { Window } = require("happy-dom");

const window = new Window({ url: "http://localhost/" });
window.document.body.innerHTML = "<div></div>";
const names = ["document", "localStorage", "sessionStorage", "location", "history", "Event", "KeyboardEvent", "addEventListener", "removeEventListener", "dispatchEvent", "getComputedStyle"];
for (const name of names) {
  const value = window[name];
  Object.defineProperty(globalThis, name, {
    value: typeof value === "function" && !/^[A-Z]/.test(name) ? value.bind(window) : value,
    configurable: true,
    writable: true,
  });
}
// The loader's part that the components call.
globalThis.profilegen = { theme: () => "", newer: "", volatile: false };

const goroot = execFileSync("go", ["env", "GOROOT"]).toString().trim();
require(path.join(goroot, "lib", "wasm", "wasm_exec_node.js"));
