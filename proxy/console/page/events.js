// Server-sent events by fetch: EventSource cannot send the page's secret.
// The format: HTML Living Standard, section 9.2.
import { ask } from "/console/session.js";

const FIRST = 500; // milliseconds until it asks again; twice as many each time
const LONGEST = 8000;

export class Parser {
  constructor(heard) {
    this.heard = heard;
    this.rest = "";
    this.id = "";
    this.next();
  }

  next() {
    this.type = "";
    this.data = [];
  }

  push(text) {
    // A CR at the end may be half of a line's end.
    const lines = (this.rest + text).split(/\r\n|\n|\r(?!$)/);
    this.rest = lines.pop();
    for (const line of lines) this.line(line);
  }

  line(line) {
    if (line === "") {
      if (this.data.length) this.heard({ type: this.type || "message", data: this.data.join("\n"), lastEventId: this.id });
      this.next();
      return;
    }
    const [, field, value] = /^([^:]*):? ?(.*)$/s.exec(line);
    if (field === "event") this.type = value;
    else if (field === "data") this.data.push(value);
    else if (field === "id") this.id = value;
  }
}

// Follows `path()`, and begins again when it breaks off, until it is closed or refused.
export class Events {
  constructor(path, calls) {
    this.path = path;
    this.calls = calls; // open, lost, heard
    this.end = new AbortController();
    this.wait = FIRST;
    this.follow();
  }

  close() { this.end.abort(); }

  async follow() {
    const { signal } = this.end;
    try {
      const response = await ask(this.path(), { signal });
      if (response.status === 401) return;
      if (!response.ok) throw new Error(response.status);
      this.calls.open();
      await this.read(response.body.pipeThrough(new TextDecoderStream()).getReader());
    } catch { /* as where it ends */ }
    if (signal.aborted) return;
    this.calls.lost();
    setTimeout(() => { if (!signal.aborted) this.follow(); }, this.wait);
    this.wait = Math.min(LONGEST, this.wait * 2);
  }

  async read(reader) {
    const parser = new Parser(this.calls.heard);
    for (;;) {
      const { done, value } = await reader.read();
      if (done || this.end.signal.aborted) return;
      this.wait = FIRST;
      parser.push(value);
    }
  }
}
