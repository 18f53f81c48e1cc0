// The list: at most as many rows as the journal keeps, painted once a frame.
import { byId, clock, el, ms, size, targetOf } from "/console/dom.js";

const TAGS = { refused: ["refused", "warn"], proxy: ["proxy error", "bad"], upstream: ["upstream", "warn"], left: ["caller left", "soft"], answered: ["answered here", "soft"] };

export class List {
  constructor(select) {
    this.limit = 200;
    this.entries = [];
    this.waiting = [];
    this.held = null;
    this.missed = 0;
    this.selected = null;
    this.rows = new Map();
    this.select = select;
    this.body = byId("rows");
    this.body.addEventListener("click", (event) => {
      const row = event.target.closest("tr[data-id]");
      if (row) this.pick(row.dataset.id);
    });
    this.filters = { text: "", method: "", outcome: "" };
  }

  get paused() { return this.held !== null; }

  add(news) {
    const into = this.held ?? this.entries;
    into.unshift(...news.new.reverse());
    into.length = Math.min(into.length, this.limit);
    this.missed += news.missed;
    this.waiting = news.pending;
  }

  pause(on) {
    if (on) {
      this.held = [];
    } else if (this.held) {
      this.entries.unshift(...this.held);
      this.entries.length = Math.min(this.entries.length, this.limit);
      this.held = null;
    }
  }

  clear() {
    this.entries = [];
    this.missed = 0;
    if (this.held) this.held = [];
  }

  shown() {
    const { text, method, outcome } = this.filters;
    const terms = text.toLowerCase().split(/\s+/).filter(Boolean);
    return this.entries.filter((entry) => {
      if (method && entry.method !== method) return false;
      if (outcome && !matches(entry, outcome)) return false;
      const all = `${entry.method} ${entry.target} ${entry.status ?? ""} ${entry.id} ${entry.why}`.toLowerCase();
      return terms.every((term) => all.includes(term));
    });
  }

  paint() {
    const shown = this.shown();
    const rows = [];
    const filtered = this.filters.text || this.filters.method || this.filters.outcome;
    if (!this.paused && !filtered) for (const one of this.waiting) rows.push(pendingRow(one));
    const ids = new Set();
    for (const entry of shown) {
      ids.add(entry.id);
      if (!this.rows.has(entry.id)) this.rows.set(entry.id, entryRow(entry));
      rows.push(this.rows.get(entry.id));
    }
    for (const id of this.rows.keys()) if (!ids.has(id)) this.rows.delete(id);
    this.place(rows);
    this.mark();
    this.count(shown.length);
    byId("empty").hidden = rows.length > 0 || this.entries.length > 0;
    byId("unmatched").hidden = rows.length > 0 || this.entries.length === 0;
  }

  place(rows) {
    const body = this.body;
    let here = body.firstChild;
    const wanted = new Set(rows);
    for (const row of rows) {
      while (here && !wanted.has(here)) { const gone = here; here = here.nextSibling; gone.remove(); }
      if (row === here) here = here.nextSibling;
      else body.insertBefore(row, here);
    }
    while (here) { const gone = here; here = here.nextSibling; gone.remove(); }
  }

  count(shown) {
    const parts = [`${shown} of ${this.entries.length} shown`];
    if (this.held?.length) parts.push(`${this.held.length}${this.held.length >= this.limit ? "+" : ""} new while paused`);
    if (this.missed) parts.push(`${this.missed} went by too fast to be kept`);
    byId("count").textContent = parts.join(" · ");
  }

  mark() {
    let reachable = null;
    for (const [id, row] of this.rows) {
      const picked = id === this.selected;
      row.setAttribute("aria-selected", picked);
      row.tabIndex = picked ? 0 : -1;
      if (picked) reachable = row;
    }
    const first = this.body.querySelector("tr[data-id]");
    if (!reachable && first) first.tabIndex = 0;
  }

  pick(id, focus = true) {
    this.selected = id;
    this.mark();
    const row = this.rows.get(id);
    if (row && focus) row.focus({ preventScroll: true });
    row?.scrollIntoView({ block: "nearest" });
    this.select(id);
  }

  step(by) {
    const ids = this.shown().map((entry) => entry.id);
    if (!ids.length) return;
    const at = ids.indexOf(this.selected);
    this.pick(ids[at < 0 ? 0 : Math.min(ids.length - 1, Math.max(0, at + by))]);
  }
}

function matches(entry, outcome) {
  if (outcome === "replayed") return entry.replayed;
  if (/^\d$/.test(outcome)) return String(entry.status ?? "").startsWith(outcome);
  return entry.mark === outcome;
}

function entryRow(entry) {
  const tags = [];
  if (TAGS[entry.mark]) tags.push(el("span", { class: `tag ${TAGS[entry.mark][1]}`, title: entry.why }, TAGS[entry.mark][0]));
  if (entry.replayed) tags.push(el("span", { class: "tag good", title: "sent again with a new token after a 401" }, "replayed"));
  else if (entry.attempts > 1) tags.push(el("span", { class: "tag soft" }, `${entry.attempts} attempts`));
  if (entry.replay_of) tags.push(el("span", { class: "tag soft", title: `again: ${entry.replay_of}` }, "again"));
  return el("tr", { "data-id": entry.id, class: "new", "aria-selected": "false", tabindex: -1 },
    cell("c-time", clock(entry.at)),
    cell("c-method", el("span", { class: `m ${/^[A-Z]+$/.test(entry.method) ? entry.method : ""}` }, entry.method)),
    el("td", { title: entry.target }, el("div", { class: "path" }, el("span", { class: "cut" }, ...target(targetOf(entry))), ...tags)),
    cell("c-status", el("span", { class: `s s${Math.floor((entry.status ?? 0) / 100)}` }, String(entry.status ?? "cut"))),
    cell("c-ms", ms(entry.ms)), cell("c-size", size(entry.sent)));
}

const cell = (name, child) => el("td", { class: name }, child);

function target(text) {
  const at = text.indexOf("?");
  return at < 0 ? [text] : [text.slice(0, at), el("span", { class: "soft" }, text.slice(at))];
}

function pendingRow(one) {
  return el("tr", { class: "pending" }, cell("c-time", clock(one.at)), cell("c-method", one.method),
    el("td", {}, one.target), cell("c-status", one.status ? String(one.status) : "…"), cell("c-ms", "…"), cell("c-size", ""));
}
