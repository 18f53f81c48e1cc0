// Which exchanges the filters let through.
import { targetOf } from "/console/dom.js";
import { plain } from "/console/plain.js";
import { marks } from "/console/rows.js";
import { t, told } from "/console/words.js";

export const FILTERS = ["text", "method", "outcome", "caller", "slow"];

export function passes(entry, { method, outcome, caller, slow }, search) {
  return (!method || entry.method === method) && (!outcome || matches(entry, outcome)) && (!caller || entry.caller === caller)
    && (!slow || entry.ms >= Number(slow)) && search.matches(entry, text(entry));
}

const text = (entry) => plain(`${entry.method} ${targetOf(entry)} ${entry.status ?? ""} ${entry.id} ${entry.caller ?? ""} ${told(entry.why)} ${marks(entry).map((mark) => `${mark} ${t(`mark.${mark}`)}`).join(" ")}`);

function matches(entry, outcome) {
  if (outcome === "replayed") return entry.replayed;
  if (outcome === "unknown") return entry.in_doubt;
  if (outcome === "callers") return !entry.kind;
  if (outcome === "token" || outcome === "webhook") return entry.kind === outcome;
  if (/^\d$/.test(outcome)) return String(entry.status ?? "").startsWith(outcome);
  return entry.mark === outcome;
}
