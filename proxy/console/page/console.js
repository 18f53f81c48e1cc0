// The console: hears of exchanges and of the token by server-sent events, paints once a frame.
import { enter, save, tell as tellOfSecret } from "/console/session.js";
import { byId, el, fill, fits, post, toast } from "/console/dom.js";
import { read, write } from "/console/address.js";
import { latency } from "/console/charts.js";
import { openAudit } from "/console/audit.js";
import { Again, openCopy } from "/console/again.js";
import { Detail } from "/console/detail.js";
import { Events } from "/console/events.js";
import { ledgerState, openLedger, openRow } from "/console/ledger.js";
import { exchanges } from "/console/ledger-row.js";
import { FILTERS } from "/console/filters.js";
import { List } from "/console/list.js";
import { lock, unlock } from "/console/locked.js";
import { lost, openPanel, showStatus, tell } from "/console/token.js";
import { TABS } from "/console/views.js";
import { choose, dress, language, t } from "/console/words.js";

dress(document);
const again = new Again((id) => { wanted = id; dirty(); });
const detail = new Detail({
  terms: () => list.search.terms, back: () => closeDetail(), copy: () => openCopy(detail.entry), compare, uncompare: () => open(list.selected),
  first: openRow, replay: () => again.replay(detail.entry), edit: () => again.edit(detail.entry),
});
const list = new List((id, beside) => ((beside || picking) && detail.entry && id !== detail.entry.id ? open(detail.entry.id, id) : open(id)), () => dirty());
exchanges.kept = () => list.entries;
exchanges.open = open;
let run = null;
let wanted = null; // the exchange to show as soon as it is heard of
let picking = false; // the next row chosen is laid beside the one that is shown, see pick()
let source = null;
let last = "";
let asked = false;
let drawing = false; // the latency picture is about to be drawn
const MANY = 50; // new rows in one painting

function dirty() {
  if (asked) return;
  asked = true;
  // If many exchanges come at once, they are painted four times a second: nobody reads faster.
  if (list.built > MANY) setTimeout(paint, 250); else paint();
}

function paint() {
  requestAnimationFrame(() => {
    asked = false;
    list.paint();
    callers();
    draw();
    if (wanted && list.reveal(wanted)) { const id = wanted; wanted = null; list.paint(); list.pick(id, { focus: false }); }
  });
}

// At most four times a second, and once after the last change.
function draw() {
  if (drawing) return;
  drawing = true;
  setTimeout(() => { drawing = false; latency(list.entries); }, 250);
}

function connect() {
  source?.close();
  const heard = (event) => HEARD[event.type]?.(JSON.parse(event.data), event);
  source = new Events(() => `/console/api/events?after=${encodeURIComponent(last)}`, { open: live, lost: silent, heard });
}

function silent(words = "live.lost") {
  byId("live").className = "live lost";
  byId("live").textContent = t(words);
  lost();
}

const HEARD = {
  door,
  hello(hello) {
    list.limit = hello.limit;
    if (run !== null && run !== hello.run) {
      list.clear();
      detail.none();
      write({ x: "", with: "" });
      toast(t("restarted"));
    }
    run = hello.run;
    dirty();
  },
  status(status) {
    showStatus(status);
    ledgerState(status.ledger);
  },
  exchanges(news, event) {
    last = event.lastEventId;
    list.add(news);
    dirty();
  },
};

// Gets in and shows what there is, or says what is needed. What was shown already stays.
async function begin() {
  const why = await enter();
  if (why === "lost") { silent(); setTimeout(begin, 2000); return; }
  if (why) {
    silent("live.locked");
    if (run === null) lock(why);
    return;
  }
  unlock();
  restore();
  connect();
}

function live() {
  byId("live").className = `live ${list.paused ? "paused" : "on"}`;
  byId("live").textContent = t(list.paused ? "live.paused" : "live.on");
}

function door({ example, production }) {
  const warning = byId("warning");
  warning.hidden = !production;
  warning.textContent = production ? t("production") : "";
  fill(byId("empty"), el("p", {}, t("empty")), el("pre", {}, example));
}

// Lays out one exchange, or two beside each other, and puts them into the address.
function open(id, other = "") {
  pick(false);
  list.selected = id;
  list.mark();
  write({ x: id, with: other });
  return detail.show(id, other);
}

function compare() {
  const { entry } = detail;
  if (entry.replay_of && list.entries.some(({ id }) => id === entry.replay_of)) { open(entry.id, entry.replay_of); return; }
  pick(true);
}

// While a row is to be picked for a comparison, that is said above the list.
function pick(on) {
  picking = on;
  byId("picking").hidden = !on;
  document.body.classList.toggle("picking", on);
}

function closeDetail() {
  detail.none();
  list.rows.get(list.selected)?.focus();
  list.selected = null;
  pick(false);
  list.mark();
  write({ x: "", with: "" });
}

function pause(on = !list.paused) {
  list.pause(on);
  byId("pause").setAttribute("aria-pressed", on);
  byId("pause").textContent = t(on ? "resume" : "pause");
  live();
  dirty();
}

async function clear() {
  const count = list.size; // the news that they are gone may come before the answer
  try {
    await post("/console/api/clear");
  } catch {
    toast(t("unreached"));
    return;
  }
  list.clear();
  toast(t("cleared", count));
  closeDetail();
  dirty();
}

// The callers that are known by name, once there is one.
function callers() {
  const control = byId("caller");
  const names = [...new Set([...list.entries.map((entry) => entry.caller), list.filters.caller].filter(Boolean))].sort();
  if (names.join("\n") === control.dataset.names) return;
  control.dataset.names = names.join("\n");
  control.hidden = !names.length;
  document.body.classList.toggle("callers", names.length > 0);
  fill(control, el("option", { value: "" }, t("filter.callers")), names.map((name) => el("option", {}, name)));
  control.value = list.filters.caller;
}

function archive() {
  const ids = list.shown().map(({ id }) => ["id", id]);
  byId("har-shown").href = `/console/api/har?${new URLSearchParams(ids.length ? ids : [["id", "-"]])}`;
  byId("har-shown").textContent = t("har.shown", ids.length);
}

function sorted(name) {
  // Downwards, upwards, and back to the order of time.
  const order = name === "at" ? ["", name] : ["", `-${name}`, name];
  list.sort = order[(order.indexOf(list.sort) + 1) % order.length];
  write({ sort: list.sort });
  arrows();
  dirty();
}

function arrows() {
  const [name, down] = list.sort ? [list.sort.replace("-", ""), list.sort.startsWith("-")] : ["at", true];
  for (const button of document.querySelectorAll("button.sort")) {
    button.closest("th").setAttribute("aria-sort", button.dataset.sort !== name ? "none" : down ? "descending" : "ascending");
  }
}

function filtered(name, value) {
  list.filter(name, value);
  byId("unfilter").hidden = !list.filtered;
  if (name !== "text" && value) unfold(true);
}

// Where there is little room, the filters are folded away.
function unfold(on) {
  byId("filters").classList.toggle("unfolded", on);
  byId("filters-open").setAttribute("aria-expanded", on);
}

// The address says what is shown: at the start, and when somebody goes back.
function restore() {
  const state = read();
  for (const name of FILTERS) {
    filtered(name, state[name]);
    if (name === "caller") callers();
    byId(name).value = state[name];
  }
  list.sort = state.sort;
  arrows();
  if (state.x) { list.selected = state.x; detail.show(state.x, state.with); } else if (detail.entry) { list.selected = null; detail.none(); }
  dirty();
}

const withEntry = (act) => () => { if (detail.entry) act(detail.entry); };
const KEYS = {
  j: () => list.step(1), k: () => list.step(-1), "/": () => byId("text").focus(), "?": () => byId("help-dialog").showModal(),
  ...Object.fromEntries(TABS.map((tab, at) => [at + 1, () => detail.choose(tab)])),
  c: withEntry((entry) => openCopy(entry)), r: withEntry((entry) => again.replay(entry)), e: withEntry((entry) => again.edit(entry)),
  d: withEntry(() => (detail.other ? open(list.selected) : compare())), p: () => pause(), x: clear, t: openPanel, a: openAudit, l: () => { if (!byId("ledger-open").hidden) openLedger(); },
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  const typing = event.target.closest("input, select, textarea");
  if (event.key === "Escape") {
    if (typing) { event.preventDefault(); typing.blur(); } // the browser would empty a search, and say nothing of it
    else if (byId("har-menu").open) byId("har-menu").open = false;
    else if (picking) pick(false);
    else if (detail.other) open(list.selected);
    else if (document.body.classList.contains("open")) closeDetail();
    return;
  }
  if (typing) return;
  const row = event.target.closest("#rows tr[data-id]");
  if (row && (event.key === "Enter" || event.key === " ")) { event.preventDefault(); list.pick(row.dataset.id, { beside: event.shiftKey }); return; }
  const arrow = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (arrow && !event.target.closest("#detail")) { event.preventDefault(); list.step(arrow); return; }
  if (event.repeat && !"jk".includes(event.key)) return; // a key held down replays once
  if (byId("keys").checked && Object.hasOwn(KEYS, event.key)) { event.preventDefault(); KEYS[event.key](); }
});

for (const name of FILTERS) {
  byId(name).addEventListener("input", () => { filtered(name, byId(name).value); write({ [name]: byId(name).value }); if (name === "text") detail.look(); dirty(); });
}
for (const button of document.querySelectorAll("button.sort")) button.addEventListener("click", () => sorted(button.dataset.sort));
byId("unfilter").addEventListener("click", () => { write(Object.fromEntries(FILTERS.map((name) => [name, ""]))); restore(); byId("text").focus(); });
byId("filters").addEventListener("submit", (event) => event.preventDefault());
byId("pause").addEventListener("click", () => pause());
byId("clear").addEventListener("click", clear);
byId("har-menu").addEventListener("toggle", archive);
byId("har-menu").addEventListener("click", (event) => { if (event.target.matches("a")) setTimeout(() => { byId("har-menu").open = false; }); });
document.addEventListener("click", async (event) => {
  const file = event.target.closest("a[download][href^='/']");
  if (!file) return;
  event.preventDefault();
  try { await save(file.getAttribute("href"), file.download); } catch { toast(t("unreached")); }
});
document.addEventListener("click", (event) => { if (!event.target.closest("#har-menu")) byId("har-menu").open = false; });
byId("filters-open").addEventListener("click", () => unfold(!byId("filters").classList.contains("unfolded")));
new ResizeObserver(([{ target }]) => { target.placeholder = t(fits(t("search.hint"), target) ? "search.hint" : "search.short"); }).observe(byId("text"));
byId("unpick").addEventListener("click", () => pick(false));
byId("help-open").addEventListener("click", KEYS["?"]);
byId("token-more").addEventListener("click", openPanel);
byId("ledger-open").addEventListener("click", openLedger);
byId("audit-open").addEventListener("click", openAudit);
byId("latency-box").addEventListener("toggle", () => latency(list.entries));
byId("language").value = language;
byId("language").addEventListener("change", () => choose(byId("language").value));
byId("keys").checked = localStorage.getItem("keys") !== "off";
byId("keys").addEventListener("change", () => localStorage.setItem("keys", byId("keys").checked ? "on" : "off"));
addEventListener("popstate", restore);
// Another link in the address of a page that is open does not load it again.
addEventListener("hashchange", () => { if (location.hash.includes("secret=")) begin(); });
tellOfSecret({ shut: begin, opened: begin });
// A hidden page holds no connection: browsers allow six to one host.
document.addEventListener("visibilitychange", () => {
  if (document.hidden) { source?.close(); source = null; } else if (!source) connect();
});
setInterval(tell, 1000);
begin();
dirty();
