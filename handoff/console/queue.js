// The live queue: the server sends its list whenever it changes, with the ids that wait.
import { beep, choice, count, stream, notify, permitted } from "./live.js";
import { keys } from "./keys.js";

const box = document.getElementById("queue");
const alerts = document.getElementById("alerts");
const offline = document.getElementById("offline");
const said = document.getElementById("said");
const title = document.title;
let known = new Set([...box.querySelectorAll("[data-ticket]")].map((e) => Number(e.dataset.ticket)));
let unanswered = 0;
let asked = box.querySelectorAll(".asked").length;

function show(event) {
  const active = document.activeElement;
  const within = box.contains(active) ? active.closest("[data-ticket]")?.dataset.ticket : null;
  const label = active?.getAttribute?.("aria-label");
  const waited = new Map([...box.querySelectorAll("[data-waiting]")].map((e) => [e.dataset.ticket, e.dataset.waiting]));
  box.innerHTML = event.html;
  count(box);
  if (within) {
    // Keep the keyboard where it was; where that ticket is gone, at the head of the list.
    const card = box.querySelector(`[data-ticket="${within}"]`);
    const same = [...(card?.querySelectorAll("a, button") ?? [])].find((e) => e.getAttribute("aria-label") === label);
    (same ?? card?.querySelector("a, button") ?? document.getElementById("main")).focus();
  }
  const fresh = event.waiting.filter((id) => !known.has(id));
  known = new Set([...box.querySelectorAll("[data-ticket]")].map((e) => Number(e.dataset.ticket)));
  badge(event.waiting.length);
  for (const card of box.querySelectorAll("[data-holder]")) {
    if (!waited.has(card.dataset.ticket)) continue;
    card.classList.add("news");
    said.textContent = alerts.dataset.taken.replace("{who}", card.dataset.holder).replace("{whom}", waited.get(card.dataset.ticket));
  }
  if (fresh.length) alarm(alerts.dataset.new);
  else if (event.unanswered > unanswered || event.asked > asked) alarm(alerts.dataset.message);
  [unanswered, asked] = [event.unanswered, event.asked];
}

// Who was quicker is said at once; the whole list follows when the queue has settled.
function taken({ ticket, who }) {
  const card = box.querySelector(`[data-ticket="${ticket}"][data-waiting]`);
  if (!card) return;
  said.textContent = alerts.dataset.taken.replace("{who}", who).replace("{whom}", card.dataset.waiting);
  card.classList.add("news");
  for (const button of card.querySelectorAll("form button")) button.disabled = true;
}

function badge(n) {
  document.title = n ? `(${n}) ${title}` : title;
}

function alarm(words) {
  said.textContent = words;
  if (choice("sound")) beep();
  notify(words, "queue", "/console/queue");
}

function button(id, turn) {
  const b = document.getElementById(id);
  const set = () => b.setAttribute("aria-pressed", String(choice(id) && (id !== "notify" || permitted())));
  b.addEventListener("click", async () => {
    choice(id, !choice(id));
    if (choice(id)) await turn();
    set();
  });
  set();
}

alerts.hidden = false;
button("sound", beep);
if ("Notification" in window) {
  button("notify", async () => {
    if ((await Notification.requestPermission()) !== "granted") choice("notify", false);
  });
} else {
  document.getElementById("notify").hidden = true;
}

const people = () => [...box.querySelectorAll("a.person")];
const chosen = () => people().findIndex((a) => a.closest("[data-ticket]").contains(document.activeElement));
const move = (by) => {
  const all = people();
  const at = chosen();
  all[at < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, at + by))]?.focus();
};
keys({
  j: () => move(1),
  k: () => move(-1),
  c: () => {
    const card = people()[chosen()]?.closest("[data-ticket]") ?? box;
    card.querySelector('form[action$="/claim"]')?.requestSubmit();
  },
});

badge(box.querySelectorAll("[data-waiting]").length);
count(document);
setInterval(() => count(box), 1000);
stream(box.dataset.stream, { queue: show, taken }, (on) => (offline.hidden = on));
