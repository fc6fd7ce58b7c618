// The live chat: lines come as the server lays them out; a reply goes without leaving the page; drafts survive it.
import { beep, choice, notify, stream } from "./live.js";
import { keys } from "./keys.js";
import { menu } from "./menu.js";

const id = (name) => document.getElementById(name);
const lines = id("lines");
const form = id("reply");
const text = id("text");
const offline = id("offline");

const title = document.title;
let waiting = 0; // who waits in the queue, as last told
const badge = (mark = "") => (document.title = mark + (waiting ? `(${waiting}) ` : "") + title);
document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  badge();
  seen();
});

const atEnd = () => lines.scrollHeight - lines.scrollTop - lines.clientHeight < 80;
const toEnd = () => (lines.scrollTop = lines.scrollHeight);
const fresh = (html) => {
  const holder = document.createElement("template");
  holder.innerHTML = html.trim();
  return holder.content;
};

function alarm() {
  if (choice("sound")) beep();
  notify(lines.dataset.message, "chat-" + location.pathname, location.pathname);
}

function line(event) {
  const follow = atEnd() || event.from === "librarian";
  const item = fresh(event.html).firstElementChild;
  const old = id(item.id);
  if (old) old.replaceWith(item);
  else lines.append(item);
  if (follow) toEnd();
  if (old) return;
  if (event.from === "person") {
    typing(false);
    if (document.hidden) badge("● ");
    alarm();
    seen();
    suggest();
  }
  if (event.from === "librarian") id("suggestion")?.replaceChildren();
}

// What the person does: types, has read. And what this librarian has read.
function typing(on) {
  const strip = id("typing");
  if (strip) strip.hidden = !on;
}

function read(upTo) {
  for (const own of lines.querySelectorAll(".from-librarian")) {
    const receipt = own.querySelector(".receipt:not(.failed)");
    if (receipt && Number(own.id.slice(2)) <= upTo) receipt.textContent = lines.dataset.read;
  }
}

let told = 0; // the person's newest message that they know was read
function seen() {
  const newest = [...lines.querySelectorAll(".from-person")].at(-1);
  const message = newest ? Number(newest.id.slice(2)) : 0;
  if (!form || document.hidden || message <= told) return;
  told = message;
  fetch(lines.dataset.seen, { method: "POST", body: new URLSearchParams({ message }) }).catch(() => (told = 0));
}

let unanswered = 0;
function rail(event) {
  const strip = id("rail");
  const focused = strip.contains(document.activeElement) && document.activeElement.getAttribute("href");
  strip.replaceWith(fresh(event.html).firstElementChild);
  if (focused) (id("rail").querySelector(`a[href="${focused}"]`) ?? id("rail-queue")).focus();
  if (event.waiting > waiting || event.unanswered > unanswered) alarm();
  [waiting, unanswered] = [event.waiting, event.unanswered];
  badge();
}

// A form on its way to another page must not be overtaken by a reload of this one.
let leaving = false;
addEventListener("submit", (e) => (leaving ||= e.target.method === "post" && e.target !== form), true);

// What was typed elsewhere than in the reply, which has a draft, would be lost by a reload: the person is told, and goes when they like.
const unsent = () => [...document.querySelectorAll("textarea, input:not([type])")].some((field) => field !== text && field.value !== field.defaultValue);
const moved = () => (unsent() ? (id("moved").hidden = false) : location.reload());

toEnd();
if (lines.dataset.stream) {
  stream(lines.dataset.stream, { line, typing, read, rail, state: () => leaving || moved() }, (on) => (offline.hidden = on));
}

keys({
  r: () => text?.focus(),
  s: () => id("find-words")?.focus(),
  n: () => {
    const note = document.querySelector(".note-form");
    if (note) note.open = true;
    id("note")?.focus();
  },
  q: () => (location.href = "/console/queue"),
});
document.querySelectorAll("kbd.keyed").forEach((k) => (k.hidden = false));

/** Asks for what the program would answer now. */
async function suggest() {
  const place = id("suggestion");
  if (!place) return;
  const answer = await fetch(place.dataset.part).catch(() => null);
  if (answer?.ok) place.replaceChildren(fresh(await answer.text()));
}

if (form) {
  const key = `orientir-draft-${form.dataset.account}-${form.dataset.ticket}`; // a colleague at the same computer has drafts of their own
  const keep = () => sessionStorage.setItem(key, text.value);
  if (!text.value) text.value = sessionStorage.getItem(key) ?? "";

  let said = 0; // when the person was last shown that somebody types
  text.addEventListener("input", () => {
    keep();
    if (!text.value.trim() || Date.now() - said < 4000) return;
    said = Date.now();
    fetch(form.dataset.busy, { method: "POST" }).catch(() => {});
  });
  const canned = menu(text, id("canned-menu"), () => [...document.querySelectorAll("a.canned")].map((a) => ({ title: a.textContent, words: a.dataset.words })), {
    say: (n) => (id("sent").textContent = id("sent").dataset.menu.replace("{n}", n)),
    chosen: keep,
  });
  text.addEventListener("keydown", (e) => {
    if (canned.key(e)) return;
    if (e.key === "Enter" && (e.ctrlKey || e.metaKey)) {
      e.preventDefault();
      form.requestSubmit();
    }
  });

  const attach = ({ slug = "", asked = "", title: name = "" }) => {
    form.elements.attach.value = slug;
    form.elements.asked.value = asked;
    id("attached-title").textContent = name;
    id("attached").hidden = !slug;
    text.required = !slug;
  };

  /** Sends a form of words to the person. The server answers a good one with a redirect; a fault of the words is shown the plain way. */
  async function send(what) {
    const button = what.querySelector("button");
    if (button.disabled) return false;
    button.disabled = true;
    try {
      const body = new URLSearchParams(new FormData(what));
      const answer = await fetch(what.action, { method: "POST", body, headers: { Accept: "application/json" }, redirect: "manual" }); // or a way to the sign-in would look like a good answer
      if (answer.type !== "opaqueredirect") {
        if (answer.status === 401) location.reload(); // it asks to sign in, or for the second step, and the draft waits
        else if (answer.status >= 500) id("sent").textContent = id("sent").dataset.failed;
        else what.submit();
        return false;
      }
      id("sent").textContent = id("sent").dataset.words;
      return true;
    } catch {
      offline.hidden = false; // the draft stays in the box
      return false;
    } finally {
      button.disabled = false;
    }
  }

  document.addEventListener("submit", async (e) => {
    const suggested = e.target.closest(".suggestion form");
    if (e.target !== form && !suggested) return;
    e.preventDefault();
    if (suggested) {
      leaving = false;
      if (await send(suggested)) id("suggestion").replaceChildren();
      text.focus();
      return;
    }
    if (!text.value.trim() && !form.elements.attach.value) return;
    if (!(await send(form))) return;
    text.value = "";
    said = 0;
    attach({});
    sessionStorage.removeItem(key);
    text.focus();
  });

  const insert = (words) => {
    const { selectionStart: from, selectionEnd: to, value } = text;
    const before = value.slice(0, from);
    text.setRangeText((before && !before.endsWith("\n") ? "\n" : "") + words + "\n", from, to, "end");
    keep();
  };
  document.addEventListener("click", (e) => {
    const link = e.target.closest("a.insert, a.attach, a.drop, #detach");
    if (!link || e.ctrlKey || e.metaKey) return;
    e.preventDefault();
    if (link.classList.contains("drop")) id("suggestion").replaceChildren();
    if (link.id === "detach") attach({});
    if (link.dataset.slug) attach(link.dataset);
    if (link.dataset.words) insert(link.dataset.words);
    text.focus();
  });

  const find = id("find-form");
  find.addEventListener("submit", async (e) => {
    e.preventDefault();
    const address = new URL(find.action);
    address.hash = "";
    address.search = new URLSearchParams(new FormData(find));
    const found = id("found");
    found.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(address);
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const list = page.getElementById("found");
      if (!answer.ok || !list) return find.submit();
      found.replaceChildren(...list.childNodes);
    } catch {
      offline.hidden = false;
    } finally {
      found.removeAttribute("aria-busy");
    }
  });
  // From the words straight to the first guide: down, then Enter.
  find.addEventListener("keydown", (e) => {
    if (e.key === "Escape") text.focus();
    if (e.key === "ArrowDown") id("found").querySelector("a.attach")?.focus();
  });
  id("found").addEventListener("keydown", (e) => {
    const all = [...id("found").querySelectorAll("a.attach")];
    const at = all.indexOf(document.activeElement);
    if (e.key === "Escape") text.focus();
    if (at < 0 || (e.key !== "ArrowDown" && e.key !== "ArrowUp")) return;
    e.preventDefault();
    (all[at + (e.key === "ArrowDown" ? 1 : -1)] ?? id("find-words")).focus();
  });
}
