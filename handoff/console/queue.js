// The live queue: the server sends its list whenever it changes, with the ids that wait.
import { ago, beep, choice, stream, notify, permitted } from "./live.js";

const box = document.getElementById("queue");
const alerts = document.getElementById("alerts");
const offline = document.getElementById("offline");
const said = document.getElementById("said");
const title = document.title;
let known = new Set([...box.querySelectorAll("[data-ticket]")].map((e) => Number(e.dataset.ticket)));
let unanswered = 0;

function show(event) {
  const active = document.activeElement;
  const within = box.contains(active) ? active.closest("[data-ticket]")?.dataset.ticket : null;
  const label = active?.getAttribute?.("aria-label");
  box.innerHTML = event.html;
  ago(box);
  if (within) {
    // Keep the keyboard where it was; where that ticket is gone, at the head of the list.
    const card = box.querySelector(`[data-ticket="${within}"]`);
    const same = [...(card?.querySelectorAll("a, button") ?? [])].find((e) => e.getAttribute("aria-label") === label);
    (same ?? card?.querySelector("a, button") ?? document.getElementById("main")).focus();
  }
  const fresh = event.waiting.filter((id) => !known.has(id));
  known = new Set([...box.querySelectorAll("[data-ticket]")].map((e) => Number(e.dataset.ticket)));
  document.title = event.waiting.length ? `(${event.waiting.length}) ${title}` : title;
  if (fresh.length) alarm(alerts.dataset.new);
  else if (event.unanswered > unanswered) alarm(alerts.dataset.message);
  unanswered = event.unanswered;
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

ago(document);
setInterval(() => ago(document), 20000);
stream(box.dataset.stream, { queue: show }, (on) => (offline.hidden = on));
