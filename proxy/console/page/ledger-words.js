// What the list of the ledger and one row of it have in common.
import { toast } from "/console/dom.js";
import { ask } from "/console/session.js";
import { t, told } from "/console/words.js";

export const API = "/console/api/ledger";

export async function get(path) {
  const response = await ask(path);
  const document = await response.json();
  if (!response.ok) throw new Error(told(document.said ?? document.detail));
  return document;
}

// Runs what asks the proxy; what it says against it is shown, not thrown.
export const asking = (work) => async (...given) => {
  try { await work(...given); } catch (error) { toast(error instanceof TypeError ? t("unreached") : error.message); }
};

export const when = (text) => text.slice(0, 19).replace("T", " ");
export const verdictOf = ({ kind, by_proxy: byProxy }) => (byProxy ? t("ledger.by-proxy", t(`ledger.kind.${kind}`)) : t(`ledger.kind.${kind}`));

// With the upstream's status, where it is the upstream's: a 5xx is an answer, and in doubt.
export function outcomeOf(row) {
  const words = t(`ledger.${row.outcome ?? "open"}`);
  return ["answered", "cut"].includes(row.outcome) && row.status ? `${words} ${row.status}` : words;
}
