// The list: at most as many entries as the journal keeps, filtered, sorted, painted once a frame. Of many it has only
// those rows that one comes to by scrolling or stepping: two thousand would take the browser seconds to lay out.
import { byId, grouped } from "/console/dom.js";
import { FILTERS, passes } from "/console/filters.js";
import { entryRow, pendingRow } from "/console/rows.js";
import { Search } from "/console/search.js";
import { t } from "/console/words.js";

const SORTS = {
  at: (entry) => entry.at, method: (entry) => entry.method, target: (entry) => entry.target, status: (entry) => entry.status ?? 0,
  caller: (entry) => entry.caller ?? "", ms: (entry) => entry.ms, size: (entry) => entry.sent,
};

const PAGE = 200; // rows
const NEAR = 600; // px from the end
const FEW = 3; // rows
const PAUSE = 1500; // ms
const DRAG = 8; // px; who has moved the pointer farther has marked text

export class List {
  constructor(select, changed) {
    this.limit = 200;
    this.entries = [];
    this.waiting = [];
    this.held = null;
    this.missed = 0; // what this page never saw
    this.oldest = 0; // the number of the oldest entry that the proxy keeps
    this.gone = 0; // how many it kept and keeps no longer
    this.built = 0; // rows that the last painting had to make
    this.arrived = 0; // when there was one that made any
    this.selected = null;
    this.sent = ""; // the exchange that was sent from this page: it is shown, whatever the filters
    this.rows = new Map();
    this.select = select;
    this.body = byId("rows");
    // The row that was pressed is meant, though a new one above may have moved it away from under the hand.
    let pressed = null;
    this.body.addEventListener("pointerdown", (event) => { pressed = event; });
    this.body.addEventListener("click", (event) => {
      const dragged = pressed && Math.hypot(event.clientX - pressed.clientX, event.clientY - pressed.clientY) > DRAG;
      const row = (pressed && !dragged ? pressed : event).target.closest("tr[data-id]");
      pressed = null;
      if (row) this.pick(row.dataset.id, { beside: event.shiftKey });
    });
    this.most = PAGE; // rows
    byId("scroll").addEventListener("scroll", ({ target }) => {
      if (target.scrollTop + target.clientHeight < target.scrollHeight - NEAR || this.rows.size < this.most) return;
      this.most += PAGE;
      changed();
    });
    this.filters = Object.fromEntries(FILTERS.map((name) => [name, ""]));
    this.sort = "";
    this.search = new Search(changed);
  }

  get paused() { return this.held !== null; }
  get size() { return this.entries.length + (this.held?.length ?? 0); }
  get filtered() { return FILTERS.some((name) => this.filters[name]); }

  filter(name, value) {
    this.filters[name] = value;
    this.sent = "";
    this.most = PAGE;
    if (name === "text") this.search.set(value);
  }

  add(news) {
    const into = this.held ?? this.entries;
    into.unshift(...news.new.reverse());
    into.length = Math.min(into.length, this.limit);
    this.missed += news.missed;
    this.oldest = news.oldest;
    this.gone = news.gone;
    this.drop();
    this.waiting = news.pending;
    if (news.new.length) this.search.ask();
  }

  // What the proxy keeps no longer cannot be opened. A list that is paused stays as it is.
  drop() {
    const into = this.held ?? this.entries;
    while (into.length && into.at(-1).n < this.oldest) into.pop();
  }

  pause(on) {
    if (on) {
      this.held = [];
    } else if (this.held) {
      this.entries.unshift(...this.held);
      this.entries.length = Math.min(this.entries.length, this.limit);
      this.held = null;
      this.drop();
    }
  }

  clear() {
    this.entries = [];
    this.missed = this.gone = 0;
    if (this.held) this.held = [];
  }

  // Shows an exchange though the filters or a pause would hide it; false while nothing was heard of it.
  reveal(id) {
    const held = this.held?.find((entry) => entry.id === id);
    if (held) {
      this.held.splice(this.held.indexOf(held), 1);
      this.entries.unshift(held);
    }
    if (!this.entries.some((entry) => entry.id === id)) return false;
    this.sent = id;
    return true;
  }

  passes(entry) { return passes(entry, this.filters, this.search); }

  shown() {
    const found = this.entries.filter((entry) => entry.id === this.sent || this.passes(entry));
    const sort = this.sort || "-at";
    const [name, down] = [sort.replace("-", ""), sort.startsWith("-") ? -1 : 1];
    const by = SORTS[name] ?? SORTS.at;
    return found.sort((a, b) => down * (by(a) < by(b) ? -1 : by(a) > by(b) ? 1 : 0) || b.n - a.n);
  }

  paint() {
    const shown = this.shown();
    const rows = [];
    const fresh = [];
    if (!this.paused && !this.filtered && !this.sort) for (const one of this.waiting) rows.push(pendingRow(one));
    const ids = new Set();
    for (const entry of shown.slice(0, this.most)) {
      ids.add(entry.id);
      const despite = !this.passes(entry);
      const row = this.rows.get(entry.id);
      if (row?.despite !== despite) {
        this.rows.set(entry.id, entryRow(entry, despite));
        if (!row) fresh.push(this.rows.get(entry.id));
      }
      rows.push(this.rows.get(entry.id));
    }
    for (const id of this.rows.keys()) if (!ids.has(id)) this.rows.delete(id);
    this.built = fresh.length;
    this.arrive(fresh);
    this.place(rows);
    this.mark();
    this.count(shown.length);
    byId("empty").hidden = rows.length > 0 || this.entries.length > 0;
    byId("unmatched").hidden = rows.length > 0 || this.entries.length === 0;
  }

  // What comes after a pause is pointed at. In a stream it would say nothing, and have the page drawn sixty times a second.
  arrive(fresh) {
    if (!fresh.length) return;
    const now = performance.now();
    if (fresh.length <= FEW && now - this.arrived > PAUSE) for (const row of fresh) row.className = "new";
    this.arrived = now;
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
    const parts = [t("count.shown", grouped(shown), grouped(this.entries.length))];
    if (this.held?.length) parts.push(t("count.paused", `${this.held.length}${this.held.length >= this.limit ? "+" : ""}`));
    if (this.gone) parts.push(t("count.gone", grouped(this.gone), grouped(this.limit)));
    if (this.missed) parts.push(t("count.missed", grouped(this.missed)));
    byId("count").textContent = parts.join(" · ");
  }

  mark() {
    let reachable = null;
    for (const [id, row] of this.rows) {
      const picked = id === this.selected;
      if (row.ariaSelected !== String(picked)) row.ariaSelected = picked;
      if (row.tabIndex !== (picked ? 0 : -1)) row.tabIndex = picked ? 0 : -1;
      if (picked) reachable = row;
    }
    const first = this.body.querySelector("tr[data-id]");
    if (!reachable && first) first.tabIndex = 0;
  }

  pick(id, { focus = true, beside = false } = {}) {
    if (!beside) this.selected = id;
    this.mark();
    const row = this.rows.get(id);
    if (row && focus) row.focus({ preventScroll: true });
    row?.scrollIntoView({ block: "nearest" });
    this.select(id, beside);
  }

  step(by) {
    const ids = this.shown().map((entry) => entry.id);
    if (!ids.length) return;
    const at = ids.indexOf(this.selected);
    const to = at < 0 ? 0 : Math.min(ids.length - 1, Math.max(0, at + by));
    if (to >= this.most) { this.most = to + PAGE; this.paint(); }
    this.pick(ids[to]);
  }
}
