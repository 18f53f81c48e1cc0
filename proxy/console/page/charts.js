// The pictures: waterfall, latency, renewals. Each says in words what it shows.
import { byId, el, fill, ms, span, svg } from "/console/dom.js";
import { decimal, has, t, told } from "/console/words.js";

export function waterfall(phases, total) {
  const rows = phases.flatMap(({ name, start, end }) => {
    const bar = el("i", { class: `w-${name}` });
    bar.style.left = `${(start / total) * 100}%`;
    bar.style.width = `${((end - start) / total) * 100}%`;
    return [el("span", {}, has(`phase.${name}`) ? t(`phase.${name}`) : name), el("div", { class: "track" }, bar), el("span", { class: "v" }, `${ms(end - start)} ms`)];
  });
  return el("div", { class: "fall" }, ...rows, el("b", {}, t("phase.total")), el("span"), el("b", { class: "v" }, `${ms(total)} ms`));
}

const percentile = (sorted, share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
// From a hundredth of a millisecond to ten seconds, by powers of ten.
const SCALE = [0.01, 0.1, 1, 10, 100, 1000, 10000];
const scaled = (value) => (value < 1000 ? `${decimal(value, Math.max(0, -Math.log10(value)))} ms` : `${value / 1000} s`);
const place = (value) => 2 + Math.min(1, (Math.log10(Math.max(value, SCALE[0])) + 2) / 6) * 96;

export function latency(entries) {
  const timed = entries.filter((entry) => entry.ms !== undefined && entry.attempts && !entry.kind);
  if (!timed.length) {
    byId("latency-words").textContent = t("latency.none");
    fill(byId("latency"));
    return;
  }
  const sides = [
    [t("latency.upstream"), "upstream", (entry) => entry.upstream_ms],
    [t("latency.proxy"), "ours", (entry) => Math.max(0, entry.ms - entry.upstream_ms)],
  ].map(([name, kind, pick]) => {
    const values = timed.map(pick).sort((a, b) => a - b);
    return { name, kind, values, marks: [0.5, 0.9, 0.99].map((share) => percentile(values, share)) };
  });
  byId("latency-words").textContent = sides.map(({ name, marks }) => t("latency.brief", name, ms(marks[0]), ms(marks[2]))).join(" · ");
  if (!byId("latency-box").open) return;
  const strips = sides.flatMap(({ name, kind, values, marks }) => {
    const dots = values.map((value) => svg("circle", { class: `dot-${kind}`, cx: `${place(value)}%`, cy: 12, r: 3.5 }));
    const median = svg("line", { class: "tick", x1: `${place(marks[0])}%`, x2: `${place(marks[0])}%`, y1: 4, y2: 20 });
    const axis = svg("line", { class: "axis", x1: "2%", x2: "98%", y1: 12, y2: 12 });
    const words = t("latency.words", name, ms(marks[0]), ms(marks[2]));
    return [el("span", {}, name), svg("svg", { class: "chart", height: 24, role: "img", "aria-label": words }, axis, ...dots, median),
      ...marks.map((value) => el("span", { class: "v" }, ms(value)))];
  });
  const scale = svg("svg", { class: "chart", height: 13, "aria-hidden": "true" }, ...SCALE.map((value) =>
    Object.assign(svg("text", { class: value === 0.1 || value === 1000 ? "" : "minor", x: `${place(value)}%`, y: 10, "text-anchor": "middle" }),
      { textContent: scaled(value) })));
  fill(byId("latency"), el("p", { class: "soft" }, t("latency.of", timed.length)), el("div", { class: "strip" },
    el("span"), el("span"), ...["p50", "p90", "p99"].map((name) => el("span", { class: "h" }, name)),
    ...strips, el("span"), scale, el("span", { class: "h" }, "ms")));
}

// A renewal's cause, in words.
export const because = (cause) => (has(`cause.${cause}`) ? t(`cause.${cause}`) : cause);

export function renewals(history, height = 34) {
  if (!history.length) return el("p", { class: "soft" }, t("renewals.none"));
  const oldest = Math.max(60, ...history.map((one) => one.ago));
  const failed = history.filter((one) => !one.renewed).length;
  const words = t("renewals.words", history.length - failed, failed, span(oldest));
  const middle = height / 2;
  const marks = history.map((one) => {
    const x = 97 - (one.ago / oldest) * 94;
    const title = svg("title");
    title.textContent = `${t("ago", span(one.ago))}: ${t(one.renewed ? "renewals.renewed" : "renewals.failed")} (${because(one.cause)}), ${told(one.said)}`;
    if (one.renewed) return svg("circle", { class: "ok", cx: `${x}%`, cy: middle, r: 5 }, title);
    const cross = svg("svg", { x: `${x}%`, y: middle - 5, overflow: "visible" }, title);
    cross.append(svg("line", { class: "ko", x1: -5, y1: 0, x2: 5, y2: 10 }), svg("line", { class: "ko", x1: -5, y1: 10, x2: 5, y2: 0 }));
    return cross;
  });
  return el("div", { class: "renewals" }, el("span", { class: "soft" }, t("ago", span(oldest))),
    svg("svg", { class: "chart", height, role: "img", "aria-label": words },
      svg("line", { class: "axis", x1: "2%", x2: "98%", y1: middle, y2: middle }), ...marks),
    el("span", { class: "soft" }, t("now")));
}
