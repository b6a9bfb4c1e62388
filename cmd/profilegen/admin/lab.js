// The lab's page: events as they happen, phones with how far they have come,
// faults. Whatever comes from the network is set as text, never as markup.
"use strict";

const most = 1000; // rows kept
const byId = (id) => document.getElementById(id);
const rows = byId("rows");
const seen = new Map(); // event number to its row
let run = "";

// make is an element with a class and a text.
const make = (tag, name, text) => {
  const e = document.createElement(tag);
  if (name) e.className = name;
  if (text) e.textContent = text;
  return e;
};
const group = (n) => n.toLocaleString("en");
const clock = (text) => new Date(text).toLocaleTimeString("en-GB");
const model = (text) => (text ?? "").replace(/^CP-|-3PCC$/g, "");

// resultOf is an event's outcome in a few words.
const resultOf = (e) => {
  const parts = [e.outcome + (e.status ? ` ${e.status}` : "")];
  if (e.tftp_error !== undefined) parts[0] += `, TFTP error ${e.tftp_error}`;
  if (["sent", "stored", "cut"].includes(e.outcome)) parts.push(`${group(e.bytes)} bytes`, `${e.took_ms} ms`);
  if (e.resent) parts.push(`${e.resent} sent again`);
  if (e.fault) parts.push(`fault ${e.fault}`);
  return parts.join(", ");
};

const phoneCell = (entry) => {
  const cell = make("td", "phone");
  const { mac, model: product, firmware } = entry.event.phone ?? {};
  if (entry.name) cell.append(entry.name);
  const detail = [model(product) + (firmware ? `/${firmware}` : ""), mac].filter(Boolean).join(" ");
  if (detail) cell.append(make("span", "mono", detail));
  return cell;
};

const rowOf = (entry) => {
  const e = entry.event;
  const row = make("tr", entry.level);
  row.append(make("td", "time", clock(e.time)), phoneCell(entry));
  row.append(make("td", "by", e.remote ? `${e.protocol} ${e.remote.replace(/:\d+$/, "")}` : ""));
  const what = make("td", "what");
  if (e.message) {
    if (e.note) what.append(make("span", "why", e.note));
    what.append(make("span", `says ${entry.level}`, `the phone says: ${e.message.text}`));
  } else {
    if (e.method && !["GET", "RRQ"].includes(e.method)) what.append(`${e.method} `);
    if (e.path) what.append(make("code", "", e.path), " ");
    what.append(make("span", "result", resultOf(e)));
    const why = [e.note, e.reason].filter(Boolean).join("; ");
    if (why) what.append(make("span", "why", why));
  }
  row.append(what);
  row.dataset.text = `${entry.name ?? ""} ${entry.text} ${e.phone?.mac ?? ""} ${e.remote ?? ""} ${e.protocol}`.toLowerCase();
  return row;
};

const matches = (row) => {
  const text = byId("filter").value.trim().toLowerCase();
  const trouble = row.classList.contains("bad") || row.classList.contains("alarm");
  return row.dataset.text.includes(text) && (trouble || !byId("only-trouble").checked);
};

const add = (entry) => {
  const row = rowOf(entry);
  row.hidden = !matches(row);
  rows.prepend(row);
  seen.set(entry.seq, row);
  byId("empty").hidden = true;
  // What the phone says stands at its transfer as well.
  const transfer = seen.get(entry.about);
  if (transfer) transfer.querySelector(".what").append(make("span", `says ${entry.level}`, `the phone says: ${entry.event.message.text}`));
  if (seen.size > most) {
    const [oldest] = seen.keys();
    seen.get(oldest).remove();
    seen.delete(oldest);
  }
};

const filter = () => { for (const row of rows.children) row.hidden = !matches(row); };
byId("filter").addEventListener("input", filter);
byId("only-trouble").addEventListener("change", filter);

const listen = () => {
  const source = new EventSource("events");
  const link = byId("link");
  source.onopen = () => {
    link.className = "state live";
    link.textContent = "live";
    soon();
  };
  source.onerror = () => {
    link.className = "state lost";
    link.textContent = source.readyState === EventSource.CLOSED ? "the server refuses this page; reload it" : "the server does not answer; trying again";
  };
  source.onmessage = (message) => {
    const [its] = message.lastEventId.split("-");
    if (its !== run) { // another run of the server numbers anew
      run = its;
      seen.clear();
      rows.replaceChildren();
    }
    const entry = JSON.parse(message.data);
    if (!seen.has(entry.seq)) add(entry);
    soon();
  };
};

// soon reads the rest again, once for many events.
let waiting = 0;
const soon = () => { waiting ||= setTimeout(() => { waiting = 0; refresh(); }, 300); };
const refresh = () => Promise.all([showPhones(), showFleet(), showFaults()]).catch(() => {});
const get = async (path) => {
  const answer = await fetch(path);
  if (!answer.ok) throw new Error(await answer.text());
  return answer.json();
};

const showFleet = async () => {
  const { trouble, phones, states } = await get("summary");
  byId("trouble").hidden = !trouble;
  byId("trouble").textContent = trouble ?? "";
  const served = (states.answered ?? 0) + (states.succeeded ?? 0);
  const more = phones > shownPhones ? `; the latest ${shownPhones} are shown` : "";
  byId("phones-count").textContent = `${group(served)} of ${group(phones)} got a file${more}`;
};

const shownPhones = 100;
const showPhones = async () => {
  const phones = await get(`phones?limit=${shownPhones}`);
  const open = new Set([...document.querySelectorAll("#phones details[open]")].map((d) => d.dataset.key));
  byId("phones").replaceChildren(...phones.map((p) => phoneItem(p, open)));
};

const phoneItem = (p, open) => {
  const item = make("li");
  const who = make("p", "who");
  if (p.name) who.append(make("strong", "", p.name));
  who.append(make("span", "mono", p.key), make("span", "soft", [model(p.model), p.address, p.place].filter(Boolean).join(" · ")));
  const ladder = make("ol", "ladder");
  for (const r of p.rungs) {
    const step = make("li", r.at ? "yes" : "", r.name);
    if (r.at) step.title = clock(r.at);
    else step.append(make("span", "offscreen", ": not yet"));
    ladder.append(step);
  }
  item.append(who, ladder);
  if (p.missing) item.append(make("p", "missing", p.missing));
  if (p.report) item.append(reportOf(p, open));
  return item;
};

const reportOf = (p, open) => {
  const r = p.report;
  const box = make("details");
  box.dataset.key = p.key;
  box.open = open.has(p.key);
  const count = r.differences.length + (r.more ?? 0);
  box.append(make("summary", "", r.problem ? "Its report cannot be read" : `Its report: ${count ? `${group(count)} ${count === 1 ? "value differs" : "values differ"}` : "nothing differs"} from what it was sent`));
  if (r.problem) box.append(make("p", "", r.problem));
  else box.append(make("p", "soft", `${group(r.values)} values in the report, ${group(r.same)} as sent, ${group(r.absent)} sent but not in it`));
  const list = make("dl");
  for (const d of r.differences) {
    list.append(make("dt", "", d.element), make("dd", "", `sent ${d.sent || "(empty)"}, has ${d.reported || "(empty)"}`));
  }
  box.append(list);
  return box;
};

const showFaults = async () => {
  const faults = await get("faults");
  byId("faults").replaceChildren(...faults.map((f) => {
    const item = make("li");
    const parts = [f.kind, f.path ? `of ${f.path}` : "of all files", f.mac && `of ${f.mac}`, f.from && `from ${f.from}`,
      f.delay && `delay ${f.delay}`, f.kind === "cut" && `after ${f.after} bytes`, f.loss && `${f.loss} %`, f.times && `${f.times} times`];
    const remove = make("button", "", "Take away");
    remove.type = "button";
    remove.setAttribute("aria-label", `Take away ${f.kind}`);
    remove.addEventListener("click", async () => {
      await fetch(`faults/${f.id}`, { method: "DELETE" });
      await showFaults();
      byId("fault").elements.kind.focus();
    });
    item.append(make("span", "grow", parts.filter(Boolean).join(", ")), remove);
    return item;
  }));
};

const form = byId("fault");
const kindChanged = () => {
  for (const label of form.querySelectorAll("[data-kind]")) {
    label.hidden = label.dataset.kind !== "any" && label.dataset.kind !== form.elements.kind.value;
  }
  form.elements.delay.required = form.elements.kind.value === "delay";
};
form.elements.kind.addEventListener("change", kindChanged);
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const { kind, path, mac, delay, after, loss, times } = form.elements;
  const fault = { kind: kind.value, path: path.value.trim(), mac: mac.value.trim(), delay: delay.value.trim(), times: Number(times.value) };
  if (kind.value === "cut") fault.after = Number(after.value);
  if (kind.value === "lost-blocks") fault.loss = Number(loss.value);
  const problem = byId("fault-problem");
  try {
    const answer = await fetch("faults", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(fault) });
    problem.textContent = answer.ok ? "" : await answer.text();
  } catch {
    problem.textContent = "the server does not answer";
  }
  problem.hidden = !problem.textContent;
  await showFaults();
});

kindChanged();
refresh();
listen();
