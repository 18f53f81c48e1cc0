// What is chosen and filtered, kept in the address: a reload or a link comes back to it.
// It stands after the #, which a browser sends to nobody.
const NAMES = ["x", "with", "text", "method", "outcome", "caller", "slow", "sort"];

export function read() {
  const found = new URLSearchParams(location.hash.slice(1));
  return Object.fromEntries(NAMES.map((name) => [name, found.get(name) ?? ""]));
}

export function write(changes) {
  const before = read();
  const after = { ...before, ...changes };
  const kept = new URLSearchParams(NAMES.filter((name) => after[name]).map((name) => [name, after[name]]));
  const url = `${location.pathname}${String(kept) && `#${kept}`}`;
  // Back leads from an exchange to the list, and not through each of the exchanges looked at.
  const opened = !before.x && after.x;
  history[opened ? "pushState" : "replaceState"](null, "", url);
}
