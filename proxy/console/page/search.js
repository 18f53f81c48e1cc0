// Finds what is not in the list's own rows: fields and bodies, asked of the proxy, which has them.
import { plain } from "/console/plain.js";
import { ask } from "/console/session.js";

const PACE = 400; // milliseconds between two questions while exchanges go on arriving

export class Search {
  constructor(changed) {
    this.changed = changed;
    this.terms = [];
    this.found = new Map();
    this.upTo = 0;
    this.busy = this.again = false;
  }

  set(text) {
    this.terms = [...new Set(plain(text).split(/\s+/).filter(Boolean))];
    this.found = new Map(this.terms.map((term) => [term, new Set()]));
    this.upTo = 0;
    this.ask();
  }

  // Every word must be somewhere: in the row as it is shown, or in what the proxy keeps of it.
  matches(entry, shown) {
    return this.terms.every((term) => shown.includes(term) || this.found.get(term).has(entry.id));
  }

  async ask() {
    if (!this.terms.length) return;
    if (this.busy) { this.again = true; return; }
    this.busy = true;
    const { found } = this;
    const query = new URLSearchParams([["after", this.upTo], ...this.terms.map((term) => ["term", term])]);
    try {
      const answer = await (await ask(`/console/api/find?${query}`)).json();
      if (found === this.found) {
        for (const [term, ids] of Object.entries(answer.terms)) for (const id of ids) found.get(term)?.add(id);
        this.upTo = answer.last;
        this.changed();
      }
    } catch { /* what the rows show is found all the same */ }
    setTimeout(() => {
      this.busy = false;
      if (this.again) { this.again = false; this.ask(); }
    }, found === this.found ? PACE : 0);
  }
}
