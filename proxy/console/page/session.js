// What the page may ask with. Its address has a link after the #, which a browser sends to nobody;
// the proxy changes it, once, for a secret. That stays in this tab, and goes in a field that no
// browser adds by itself: a cookie would go to every port of this machine.
const NAME = "secret";
const WAIT = 250; // milliseconds: another tab answers at once
const tabs = new BroadcastChannel(NAME); // of this origin alone, port included
let link = taken();
let secret = sessionStorage.getItem(NAME);
let refused = ""; // the last secret that was worth nothing any more
let why = "none";
let waiting = () => {};
let told = { shut() {}, opened() {} };

// Takes the link out of the address: what is shown, copied and kept as a bookmark has none.
function taken() {
  const found = new URLSearchParams(location.hash.slice(1)).get(NAME);
  if (found !== null || location.search) history.replaceState(history.state, "", location.pathname + (found === null ? location.hash : ""));
  return found;
}

const bearer = (value) => (value ? { Authorization: `Bearer ${value}` } : {});

function keep(found) {
  secret = found;
  sessionStorage.setItem(NAME, found);
}

// Gets in by the link, by what this tab has, or by what another tab has. Returns why it did not:
// "none", "used" (the link), "old" (a proxy was started again), "lost"; empty if it did.
export async function enter() {
  const given = link ?? taken();
  link = null;
  try {
    if (given !== null && await exchanged(given)) return "";
  } catch {
    link = given;
    return "lost";
  }
  if (!secret) await asked();
  return secret ? "" : why;
}

async function exchanged(given) {
  const response = await fetch("/console/api/session", { method: "POST", headers: bearer(given) });
  if (!response.ok) { why = "used"; return false; }
  keep((await response.json()).secret);
  tabs.postMessage({ secret, fresh: true });
  return true;
}

const asked = () => new Promise((done) => {
  waiting = done;
  tabs.postMessage({ wanted: true });
  setTimeout(done, WAIT);
});

tabs.addEventListener("message", ({ data }) => {
  if (data.wanted) { if (secret) tabs.postMessage({ secret }); return; }
  if (data.secret === refused || (secret && !data.fresh)) return;
  const shut = !secret;
  keep(data.secret);
  waiting();
  if (shut) told.opened();
});

// Calls `shut` when the proxy takes this secret no more, `opened` when another tab has got one.
export function tell(calls) { told = calls; }

export async function ask(path, { headers, ...options } = {}) {
  const used = secret;
  const response = await fetch(path, { ...options, headers: { ...headers, ...bearer(used) } });
  if (response.status === 401 && used && used === secret) {
    refused = used;
    secret = null;
    why = "old";
    sessionStorage.removeItem(NAME);
    told.shut();
  }
  return response;
}

// Saves what the proxy gives as a file: a link alone would ask for it without the secret.
export async function save(path, name) {
  const response = await ask(path);
  if (!response.ok) throw new Error(response.status);
  const url = URL.createObjectURL(await response.blob());
  Object.assign(document.createElement("a"), { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
