// One row of the list.
import { clock, el, methodClass, ms, size, statusClass, statusOf, targetOf } from "/console/dom.js";
import { t, told } from "/console/words.js";

const TAIL = 14; // characters at the end of a path that are never cut: they tell one id from another
const LONG = 300; // characters: of a longer path, four lines show nothing that a slash would order
const TONES = { refused: "warn", proxy: "bad", "no-token": "bad", unreached: "bad", upstream: "warn", left: "soft", answered: "soft", unknown: "bad", cut: "bad", "cut-doubt": "bad", token: "soft", webhook: "soft" };
const WHY = { unknown: "trouble.unknown-why", cut: "cut.why", "cut-doubt": "cut.why" };
const risky = ({ in_doubt, outcome }) => in_doubt || outcome === "cut"; // its own mark says more than that the upstream failed
export const cell = (name, ...children) => el("td", { class: name }, ...children);
export const tag = (tone, words, title) => el("span", { class: `tag ${tone}`, title }, words);

export function marks(entry) {
  const found = [];
  if (entry.kind) found.push(entry.kind);
  if (entry.outcome === "cut") found.push(entry.in_doubt ? "cut-doubt" : "cut");
  else if (entry.in_doubt) found.push("unknown");
  if (TONES[entry.mark] && !entry.kind) found.push(entry.mark);
  return found;
}

// `despite`: the filters would hide it.
export function entryRow(entry, despite = false) {
  const tags = marks(entry).filter((mark) => mark !== "unreached" || !risky(entry))
    .map((mark) => tag(TONES[mark], t(`mark.${mark}`), WHY[mark] ? t(WHY[mark]) : told(entry.why)));
  if (entry.replayed) tags.push(tag("good", t("mark.replayed"), t("replayed.why")));
  else if (entry.attempts > 1) tags.push(tag("soft", t("mark.attempts", entry.attempts)));
  if (entry.replay_of) tags.push(tag("soft", t("mark.again"), t("again.why", entry.replay_of)));
  if (despite) tags.unshift(tag("warn", t("mark.despite"), t("despite.why")));
  const row = el("tr", { "data-id": entry.id, "aria-selected": "false", tabindex: -1 },
    cell("c-time", clock(entry.at)),
    cell("c-method", el("span", { class: methodClass(entry.method) }, entry.method)),
    el("td", { title: targetOf(entry) }, el("div", { class: "path" }, path(targetOf(entry)),
      below(clock(entry.at), ...tags, el("span", { class: "said soft cut" }, spoken(entry))))),
    cell("c-status", el("span", { class: statusClass(entry) }, statusOf(entry))),
    cell("c-caller", el("span", { class: "cut" }, entry.caller ?? "")),
    cell("c-ms", ms(entry.ms)), cell("c-size", entry.kind ? "" : size(entry.sent)));
  return Object.assign(row, { despite });
}

const spoken = ({ said, why }) => (said ? [said.code, said.message].filter(Boolean).join(" · ") : told(why));

// Beside the path; below it where there is little room, with what has no column of its own there.
export const below = (when, ...parts) => el("span", { class: "below" }, el("span", { class: "when soft" }, when), parts);

// On a narrow page a path has lines: they end behind a slash, if they can.
const pieces = (text) => (text.length > LONG ? [text] : text.split(/(?<=[/?&])/).flatMap((piece, at) => (at ? [el("wbr"), piece] : [piece])));

// Cut in the middle: the end of a path is what tells. Read aloud it is one word.
export function path(text) {
  const at = Math.max(0, text.length - TAIL);
  return [el("span", { class: "target", "aria-hidden": true }, el("span", { class: "start" }, pieces(text.slice(0, at))), el("span", { class: "end" }, pieces(text.slice(at)))),
    el("span", { class: "hidden" }, text)];
}

export function pendingRow(one) {
  return el("tr", { class: "pending" }, cell("c-time", clock(one.at)), cell("c-method", one.method),
    el("td", {}, el("div", { class: "path" }, path(one.target), below(clock(one.at), tag("soft", t("mark.pending"))))),
    cell("c-status", one.status ? String(one.status) : "…"), cell("c-caller", ""), cell("c-ms", "…"), cell("c-size", ""));
}
