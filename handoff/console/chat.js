// The live chat: lines come as the server lays them out; a reply goes without leaving the page; drafts survive it.
import { beep, choice, notify, stream } from "./live.js";

const lines = document.getElementById("lines");
const form = document.getElementById("reply");
const text = document.getElementById("text");
const offline = document.getElementById("offline");

const title = document.title;
document.addEventListener("visibilitychange", () => document.hidden || (document.title = title));

const atEnd = () => lines.scrollHeight - lines.scrollTop - lines.clientHeight < 80;
const toEnd = () => (lines.scrollTop = lines.scrollHeight);

function line(event) {
  const follow = atEnd() || event.from === "librarian";
  const holder = document.createElement("template");
  holder.innerHTML = event.html.trim();
  const item = holder.content.firstElementChild;
  const old = document.getElementById(item.id);
  if (old) old.replaceWith(item);
  else lines.append(item);
  if (follow) toEnd();
  if (!old && event.from === "person") {
    if (document.hidden) document.title = "● " + title;
    if (choice("sound")) beep();
    notify(lines.dataset.message, "chat-" + location.pathname, location.pathname);
  }
}

// A form on its way to another page must not be overtaken by a reload of this one.
let leaving = false;
addEventListener("submit", (e) => (leaving ||= e.target.method === "post" && e.target !== form), true);

toEnd();
if (lines.dataset.stream) {
  stream(lines.dataset.stream, { line, state: () => leaving || location.reload() }, (on) => (offline.hidden = on));
}

if (form) {
  const key = "orientir-draft-" + form.dataset.ticket;
  const keep = () => sessionStorage.setItem(key, text.value);
  if (!text.value) text.value = sessionStorage.getItem(key) ?? "";

  let told = 0;
  text.addEventListener("input", () => {
    keep();
    if (Date.now() - told > 30000) {
      told = Date.now();
      fetch(form.dataset.busy, { method: "POST" });
    }
  });
  text.addEventListener("keydown", (e) => {
    if (e.key === "Enter" && (e.ctrlKey || e.metaKey)) {
      e.preventDefault();
      form.requestSubmit();
    }
  });

  // The server answers a good reply with a redirect; anything else is shown by sending the form the plain way.
  form.addEventListener("submit", async (e) => {
    e.preventDefault();
    const button = form.querySelector("button");
    if (button.disabled || !text.value.trim()) return;
    button.disabled = true;
    try {
      const body = new URLSearchParams(new FormData(form));
      const answer = await fetch(form.action, { method: "POST", body, redirect: "manual" });
      if (answer.type !== "opaqueredirect") return form.submit();
      text.value = "";
      sessionStorage.removeItem(key);
      document.getElementById("sent").textContent = document.getElementById("sent").dataset.words;
      text.focus();
    } catch {
      offline.hidden = false; // the draft stays in the box
    } finally {
      button.disabled = false;
    }
  });

  const insert = (words) => {
    const { selectionStart: from, selectionEnd: to, value } = text;
    const before = value.slice(0, from);
    const gap = before && !before.endsWith("\n") ? "\n" : "";
    text.setRangeText(gap + words + "\n", from, to, "end");
    keep();
    text.focus();
  };
  document.addEventListener("click", (e) => {
    const link = e.target.closest("a.insert");
    if (!link || e.ctrlKey || e.metaKey) return;
    e.preventDefault();
    insert(link.dataset.words);
  });

  const find = document.getElementById("find-form");
  find.addEventListener("submit", async (e) => {
    e.preventDefault();
    const address = new URL(find.action);
    address.hash = "";
    address.search = new URLSearchParams(new FormData(find));
    const found = document.getElementById("found");
    found.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(address);
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = page.getElementById("found");
      if (!answer.ok || !fresh) return find.submit();
      found.replaceChildren(...fresh.childNodes);
    } catch {
      offline.hidden = false;
    } finally {
      found.removeAttribute("aria-busy");
    }
  });
}
