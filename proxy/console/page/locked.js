// What who has no secret is told, and how to get one.
import { byId, el, fill } from "/console/dom.js";
import { t } from "/console/words.js";

const PORT = "8081"; // the one that the command asks by itself
const command = () => `breb-proxy console${location.port === PORT ? "" : ` --admin-listen ${location.host}`}`;

export function lock(why) {
  document.body.classList.add("locked");
  fill(byId("locked"), el("h2", { id: "locked-title" }, t(`locked.${why}`)),
    el("p", {}, t("locked.do")), el("pre", { tabindex: 0 }, command()), el("p", { class: "soft" }, t("locked.why")));
  byId("locked").hidden = false;
}

export function unlock() {
  document.body.classList.remove("locked");
  byId("locked").hidden = true;
}
