// The tabs of one exchange: what was said, fields, timing, attempts, what the proxy changed.
import { el } from "/console/dom.js";
import { body } from "/console/body.js";
import { waterfall } from "/console/charts.js";
import { diff } from "/console/diff.js";
import { lines } from "/console/json.js";
import { t, told } from "/console/words.js";

export const TABS = ["content", "headers", "timing", "attempts", "changes"];

// `other` is the exchange beside it, whose differences are marked.
export function view(tab, entry, other, repaint) {
  return { content, headers, timing, attempts, changes }[tab](entry, other, repaint);
}

function content(entry, other, repaint) {
  const parts = explanation(entry);
  if (entry.kind === "token") return [...parts, el("p", {}, t("token.entry"))];
  const answered = entry.status || entry.response.size;
  return [...parts, el("div", { class: "both" },
    el("section", {}, message(entry.request, other?.request, t("body.request"), repaint)),
    el("section", {}, answered ? message(entry.response, other?.response, t("body.response"), repaint) : el("p", { class: "says" }, el("span", {}, t("no-answer")))))];
}

function message(mine, other, says, repaint) {
  if (!other || mine.text === null || other.text === null) return body(mine, says, repaint);
  const rows = (one) => (one.json && !one.error ? lines(one.text) : (one.text ?? "").split("\n"));
  const [marks] = diff(rows(mine), rows(other));
  const [line] = body(mine, says, repaint);
  line.querySelectorAll("button").forEach((button, at, all) => { if (at < all.length - 1) button.remove(); });
  if (!mine.text) return [line];
  return [line, el("pre", { class: "compared", tabindex: 0 }, rows(mine).map((row, at) => el("span", { class: marks[at] ? "row differs" : "row" }, `${row}\n`)))];
}

function headers(entry, other) {
  const section = (name, mine, theirs) => el("section", {}, el("h3", {}, name), fields(mine.lines, theirs?.lines));
  return [el("div", { class: "both" }, section(t("headers.request"), entry.request, other?.request), section(t("headers.response"), entry.response, other?.response))];
}

function fields(rows, others) {
  if (!rows.length) return el("p", {}, t("none"));
  const known = new Set((others ?? []).map((pair) => pair.join(":").toLowerCase()));
  const table = grid("", [t("headers.name"), t("headers.value")], rows);
  if (others) table.querySelectorAll("tbody tr").forEach((row, at) => row.classList.toggle("differs", !known.has(rows[at].join(":").toLowerCase())));
  return table;
}

function timing(entry) {
  if (!entry.phases.length) return [el("p", {}, t("timing.none"))];
  return [waterfall(entry.phases, Math.max(entry.ms, 0.001)), el("p", { class: "soft" }, t("timing.help"))];
}

function attempts(entry) {
  if (!entry.tries.length) return [el("p", {}, t("attempts.none"))];
  return [grid("tries", [t("attempts.answer"), t("attempts.sent")], entry.tries.map((one) => [one.status ? String(one.status) : t("none"), one.line]))];
}

function changes(entry) {
  const { request, response } = entry.changes;
  if (!request.length) return [el("p", {}, t("changes.none"))];
  return [el("h3", {}, t("headers.request")), sides(request, t("changes.caller-sent"), t("changes.upstream-got")),
    el("h3", {}, t("headers.response")), response.length ? sides(response, t("changes.upstream-sent"), t("changes.caller-got")) : el("p", {}, t("no-answer"))];
}

export function explanation(entry) {
  const { trouble, note, said } = entry;
  const parts = [];
  const say = (words) => parts.push(el("p", { class: "note" }, words));
  const spoken = (words) => el("span", { lang: "en" }, words);
  if (entry.outcome === "cut") parts.push(el("p", { class: "note bad" }, el("b", {}, `${t("mark.cut")}: `), t("cut.why")));
  if (trouble) {
    const box = el("div", { class: "note bad" },
      el("p", {}, el("b", {}, `${t(`trouble.${trouble.kind}`)} `), told(trouble.words)),
      el("p", {}, el("b", {}, `${t("trouble.next")} `), told(trouble.next_step)));
    if (entry.in_doubt) box.append(doubt());
    if (entry.outcome === "not-sent") box.append(el("p", {}, t("trouble.not-sent")));
    parts.push(box);
  } else if (entry.left) {
    say(t("left.why"));
  } else if (said) {
    parts.push(el("div", { class: "note bad" }, el("p", {}, el("b", {}, `${t("upstream.said", entry.status)} `), spoken(said.message || said.code)),
      said.code && said.message ? el("p", {}, `${t("upstream.code")} `, el("code", {}, said.code)) : null));
  } else if (entry.mark === "upstream" && !note) {
    say(t("upstream.answered", entry.status));
  }
  if (!trouble && entry.in_doubt) parts.push(doubt({ class: "note bad" }));
  if (entry.replayed) say(t("replayed.why"));
  if (note) parts.push(el("p", { class: "note" }, entry.kind === "webhook" ? [`${t("webhook.event")} `, el("code", {}, note)] : told(note)));
  if (entry.replay_of) say(t("again.why", entry.replay_of));
  return parts;
}

const doubt = (props = {}) => el("p", props, el("b", {}, `${t("trouble.unknown")} `), t("trouble.unknown-why"));

function grid(kind, heads, rows) {
  return el("table", { class: `fields ${kind}` },
    el("thead", {}, el("tr", {}, heads.map((head) => el("th", { scope: "col" }, head)))),
    el("tbody", {}, rows.map(([first, ...rest]) => el("tr", {}, el("th", { scope: "row" }, first), rest.map((value) => el("td", {}, value))))));
}

function sides(rows, before, after) {
  return el("table", { class: "fields sides" },
    el("thead", {}, el("tr", {}, el("th", { scope: "col" }, before), el("th", { scope: "col" }, after), el("th", { scope: "col", class: "why" }, t("changes.why")))),
    el("tbody", {}, aligned(rows).map(([left, right]) => {
      const kept = left === right;
      return el("tr", {},
        el("td", { class: kept ? "" : "del" }, kept ? line(left) : left && ["− ", el("span", {}, line(left))]),
        el("td", { class: kept ? "" : "add" }, kept ? line(left) : right && `+ ${line(right)}`),
        el("td", { class: "why" }, told((right ?? left).why)));
    })));
}

const line = ({ name, value }) => `${name}: ${value}`;

// What replaces a field stands beside it, unless that would put a column out of order.
function aligned(rows) {
  const pairs = [];
  for (const row of rows) {
    const free = pairs.slice(pairs.findLastIndex((pair) => pair[1]) + 1);
    const beside = free.find(([left]) => left.name.toLowerCase() === row.name.toLowerCase());
    if (row.change === "kept") pairs.push([row, row]);
    else if (row.change === "removed") pairs.push([row, null]);
    else if (beside) beside[1] = row;
    else pairs.push([null, row]);
  }
  return pairs;
}
