// The console: hears of exchanges and of the token by server-sent events, paints once a frame.
import { byId, el, fill, post, toast, UNREACHED } from "/console/dom.js";
import { latency } from "/console/charts.js";
import { Again, openCopy } from "/console/again.js";
import { Detail } from "/console/detail.js";
import { List } from "/console/list.js";
import { lost, openPanel, renew, showStatus, tell } from "/console/token.js";

const again = new Again((id) => { wanted = id; dirty(); });
const detail = new Detail({
  back: () => closeDetail(), copy: () => openCopy(detail.entry),
  replay: () => again.replay(detail.entry), edit: () => again.edit(detail.entry),
});
const list = new List((id) => detail.show(id));
let run = null;
let wanted = null; // the exchange to show as soon as it is heard of
let source = null;
let last = "";
let asked = false;
let drawn = 0;

function dirty() {
  if (asked) return;
  asked = true;
  requestAnimationFrame((now) => {
    asked = false;
    list.paint();
    if (now - drawn > 250) { drawn = now; latency(list.entries); } else setTimeout(dirty, 260);
    if (wanted && list.rows.has(wanted)) { const id = wanted; wanted = null; list.pick(id, false); }
  });
}

function connect() {
  source?.close();
  source = new EventSource(`/console/api/events?after=${encodeURIComponent(last)}`);
  source.addEventListener("open", live);
  source.addEventListener("error", () => {
    byId("live").className = "live lost";
    byId("live").textContent = "connection lost, trying again";
    lost();
    if (source.readyState === EventSource.CLOSED) setTimeout(connect, 2000);
  });
  source.addEventListener("door", (event) => door(JSON.parse(event.data)));
  source.addEventListener("hello", (event) => {
    const hello = JSON.parse(event.data);
    list.limit = hello.limit;
    if (run !== null && run !== hello.run) {
      list.clear();
      detail.none();
      toast("The proxy was started again: what it had kept is gone");
    }
    run = hello.run;
    dirty();
  });
  source.addEventListener("status", (event) => showStatus(JSON.parse(event.data)));
  source.addEventListener("exchanges", (event) => {
    last = event.lastEventId;
    list.add(JSON.parse(event.data));
    dirty();
  });
}

function live() {
  byId("live").className = `live ${list.paused ? "paused" : "on"}`;
  byId("live").textContent = list.paused ? "paused" : "live";
}

function door({ example, production }) {
  const warning = byId("warning");
  warning.hidden = !production;
  warning.textContent = production ? "PRODUCTION: real money moves here. Replay is off." : "";
  fill(byId("empty"), el("p", {}, "No exchange to show. Point a client at the proxy, without any Authorization:"), el("pre", {}, example));
}

function closeDetail() {
  detail.none();
  list.rows.get(list.selected)?.focus();
  list.selected = null;
  list.mark();
}

function pause(on = !list.paused) {
  list.pause(on);
  byId("pause").setAttribute("aria-pressed", on);
  byId("pause").textContent = on ? "Resume" : "Pause";
  live();
  dirty();
}

async function clear() {
  try {
    await post("/console/api/clear");
  } catch {
    toast(UNREACHED);
    return;
  }
  list.clear();
  closeDetail();
  dirty();
}

const withEntry = (act) => () => { if (detail.entry) act(detail.entry); };
const KEYS = {
  j: () => list.step(1), k: () => list.step(-1), "/": () => byId("text").focus(), "?": () => byId("help-dialog").showModal(),
  1: () => detail.choose("overview"), 2: () => detail.choose("request"), 3: () => detail.choose("response"), 4: () => detail.choose("changes"),
  c: withEntry((entry) => openCopy(entry)), r: withEntry((entry) => again.replay(entry)), e: withEntry((entry) => again.edit(entry)),
  p: () => pause(), x: clear, t: openPanel,
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  const typing = event.target.closest("input, select, textarea");
  if (event.key === "Escape") {
    if (typing) typing.blur();
    else if (detail.entry) closeDetail();
    return;
  }
  if (typing) return;
  const row = event.target.closest("#rows tr[data-id]");
  if (row && (event.key === "Enter" || event.key === " ")) { event.preventDefault(); list.pick(row.dataset.id); return; }
  const arrow = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (arrow && !event.target.closest("#detail")) { event.preventDefault(); list.step(arrow); return; }
  if (event.repeat && !"jk".includes(event.key)) return; // a key held down replays once
  if (byId("keys").checked && Object.hasOwn(KEYS, event.key)) { event.preventDefault(); KEYS[event.key](); }
});

for (const name of ["text", "method", "outcome"]) {
  byId(name).addEventListener("input", () => { list.filters[name] = byId(name).value; dirty(); });
}
byId("filters").addEventListener("submit", (event) => event.preventDefault());
byId("pause").addEventListener("click", () => pause());
byId("clear").addEventListener("click", clear);
byId("help-open").addEventListener("click", KEYS["?"]);
byId("token-more").addEventListener("click", openPanel);
byId("token-renew").addEventListener("click", renew);
byId("keys").checked = localStorage.getItem("keys") !== "off";
byId("keys").addEventListener("change", () => localStorage.setItem("keys", byId("keys").checked ? "on" : "off"));
// A hidden page holds no connection: browsers allow six to one host.
document.addEventListener("visibilitychange", () => {
  if (document.hidden) { source?.close(); source = null; } else if (!source) connect();
});
setInterval(tell, 1000);
connect();
dirty();
