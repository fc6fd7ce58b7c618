// A guide's form while somebody writes: it is saved by itself, checked as it is typed, and shown as people will see it.
// Nothing that was typed is lost: until the server has it, it lies in this browser too. Without this script the form has buttons for all of it.

const form = document.getElementById("guide-form");
const words = form.dataset;
const field = (name) => form.elements.namedItem(name);
const show = (id, yes) => (document.getElementById(id).hidden = !yes);
const frame = document.querySelector("iframe[name=preview]");
const CHECK_AFTER = 600; // ms without a key
const SAVE_AFTER = 2000;
const SAVE_AT_LEAST = 15000; // while somebody writes on
const RETRY = 5000;
const TRIES = 12; // a minute, in which a server is started anew

// ---- what is typed

/** The form as it would be sent, without what only the server counts. */
function typed() {
  const body = new URLSearchParams(new FormData(form));
  body.delete("do");
  return body;
}

function content(body) {
  const copy = new URLSearchParams(body);
  for (const name of ["revision", "base", "was"]) copy.delete(name);
  return copy.toString();
}

const beginning = content(typed());

// ---- the copy in this browser

const key = `orientir-guide:${words.account}:${words.path}`;
/** Says whether this browser keeps anything at all. */
function keepCopy() {
  try {
    localStorage.setItem(key, JSON.stringify({ at: Date.now(), body: typed().toString() }));
    return true;
  } catch {
    return false; // the server still does
  }
}
function dropCopy() {
  try {
    localStorage.removeItem(key);
  } catch {
    /* as above */
  }
}

function offerCopy() {
  let copy;
  try {
    copy = JSON.parse(localStorage.getItem(key));
  } catch {
    return;
  }
  if (!copy) return;
  if (words.kept) return dropCopy(); // this form was just saved
  if (content(new URLSearchParams(copy.body)) === beginning) return document.querySelector(".flash.bad") || dropCopy(); // the server shows what it refuses
  const box = document.getElementById("copy");
  const at = new Date(copy.at).toLocaleString(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" });
  document.getElementById("copy-words").textContent = box.dataset.words.replace("{at}", at);
  box.hidden = false;
  document.getElementById("copy-drop").addEventListener("click", () => {
    dropCopy();
    box.hidden = true;
  });
  // The server puts it in: it knows whether somebody else has written since, and shows the difference then.
  document.getElementById("copy-take").addEventListener("click", () => {
    const again = Object.assign(document.createElement("form"), { method: "post", action: form.action });
    for (const [name, value] of new URLSearchParams(copy.body)) again.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
    document.body.append(again);
    leaving = true;
    again.submit(); // the copy stays until the server has it
  });
}

// ---- saving

let saved = beginning; // what the server has
let pending = null; // what was sent and not answered yet: it is sent again as it was, so that a lost answer looks like no collision
let sending = false;
let refused = null; // what the server won't keep as it is, and its words: asked again only where a button is pressed
let stopped = false; // somebody else saved: the person chooses
let leaving = false;
let lastSaid = document.getElementById("saved").textContent;
let saveTimer = 0;
let dirtySince = 0;

function say(text, mood = "") {
  const line = document.getElementById("saved");
  if (line.textContent !== text) line.textContent = text;
  line.className = mood;
}

const dirty = () => content(typed()) !== saved;
const isRefused = () => content(typed()) === refused?.content;

function planSave() {
  keepCopy();
  if (stopped) return;
  if (isRefused()) {
    clearTimeout(saveTimer);
    dirtySince = 0;
    if (!sending) say(refused.said, "bad");
    return;
  }
  if (!dirtySince) {
    dirtySince = Date.now();
    if (!sending) say(words.unsaved);
  }
  clearTimeout(saveTimer);
  saveTimer = setTimeout(save, Math.max(0, Math.min(SAVE_AFTER, dirtySince + SAVE_AT_LEAST - Date.now())));
}

let now = Promise.resolve(); // the save that is under way
const save = () => (sending ? now : (now = send()));

async function send() {
  clearTimeout(saveTimer);
  if (stopped || leaving || (!pending && (!dirty() || isRefused()))) return;
  sending = true;
  const body = pending ?? typed();
  pending = body;
  dirtySince = 0;
  say(words.saving);
  try {
    const answer = await fetch(form.action, { method: "POST", body, headers: { Accept: "application/json" }, signal: AbortSignal.timeout(20000), keepalive: body.toString().length < 60000 });
    await heard(answer, body);
  } catch {
    say(keepCopy() ? words.offline : words.failed, "bad");
    again();
  } finally {
    sending = false;
  }
  if (!pending && !stopped && dirty()) planSave();
}

const again = () => (saveTimer = setTimeout(save, RETRY));

let failures = 0; // answers in a row that the server couldn't give

// It isn't kept as it is, and asking again won't help: the next change is tried. It stays unsaved, in this browser's copy.
function giveUp(body, said) {
  pending = null;
  refused = { content: content(body), said };
  failures = 0;
  say(said, "bad");
}

async function heard(answer, body) {
  show("said-out", answer.status === 401);
  show("said-clash", answer.status === 409);
  switch (answer.status) {
    case 200: {
      const kept = await answer.json();
      field("revision").value = kept.revision;
      field("base").value = kept.base;
      field("was").value = kept.was;
      document.getElementById("state").textContent = kept.state;
      saved = content(body);
      refused = pending = null;
      failures = 0;
      say((lastSaid = kept.said), "good");
      if (!dirty()) dropCopy();
      return;
    }
    case 409:
      pending = null;
      stopped = true;
      say((await answer.json()).said, "bad");
      return;
    case 422:
      return giveUp(body, (await answer.json()).said);
    case 401:
      say(words.out, "bad");
      return again();
    default:
      if (answer.status < 500 || ++failures === TRIES) return giveUp(body, words.gaveUp);
      say(words.failed, "bad");
      again();
  }
}

// ---- the check and the preview

let view = { on: "web", language: "bg" };
let checking = null;
let checkTimer = 0;

function planCheck() {
  clearTimeout(checkTimer);
  checkTimer = setTimeout(check, CHECK_AFTER);
}

async function check() {
  checking?.abort();
  checking = new AbortController();
  try {
    const answer = await fetch(`${words.path}/check?on=${view.on}&language=${view.language}`, {
      method: "POST", body: typed(), headers: { Accept: "application/json" }, signal: checking.signal,
    });
    if (!answer.ok) return;
    const found = await answer.json();
    drawSaid(found);
    drawCheck(found.summary);
    drawPreview(found.preview);
  } catch {
    /* The next key checks again. */
  }
}

function drawSaid(found) {
  for (const box of form.querySelectorAll(".said")) {
    const id = box.id.slice(0, -"-said".length);
    const html = found.said[id] ?? "";
    if (box.dataset.html !== html) {
      box.innerHTML = html;
      box.dataset.html = html;
    }
    for (const input of form.querySelectorAll(`[aria-describedby~="${box.id}"]:is(input, textarea)`)) {
      if (found.invalid?.includes(id)) input.setAttribute("aria-invalid", "true");
      else input.removeAttribute("aria-invalid");
    }
  }
}

function drawCheck(html) {
  const box = document.getElementById("check");
  const level = (d) => [...d.classList].find((c) => c !== "level");
  const open = new Map([...box.querySelectorAll(".level")].map((d) => [level(d), d.open]));
  if (box.contains(document.activeElement)) return; // somebody reads it
  box.innerHTML = html;
  for (const d of box.querySelectorAll(".level")) if (open.has(level(d))) d.open = open.get(level(d));
}

// The page of the preview is put into the frame that is there, so that it stays where it was scrolled to.
function drawPreview(html) {
  const now = frame.contentDocument;
  if (!now?.body) return;
  const next = new DOMParser().parseFromString(html, "text/html");
  if (now.head.innerHTML !== next.head.innerHTML) now.head.innerHTML = next.head.innerHTML;
  now.documentElement.lang = next.documentElement.lang;
  const opened = [...now.querySelectorAll("details")].map((d) => d.open);
  now.body.innerHTML = next.body.innerHTML;
  now.querySelectorAll("details").forEach((d, i) => i < opened.length && (d.open = opened[i]));
}

for (const button of document.querySelectorAll(".views button")) {
  button.setAttribute("aria-pressed", String(button.dataset.channel === view.on && button.dataset.language === view.language));
  button.addEventListener("click", (e) => {
    e.preventDefault();
    view = { on: button.dataset.channel, language: button.dataset.language };
    for (const other of document.querySelectorAll(".views button")) other.setAttribute("aria-pressed", String(other === button));
    check();
  });
}

// A fault leads to its field.
document.getElementById("check").addEventListener("click", (e) => {
  const link = e.target.closest("a[data-field]");
  if (!link) return;
  const named = form.querySelector(`[name="${CSS.escape(link.dataset.field)}"]`);
  const at = document.getElementById(link.hash.slice(1)) ?? named;
  const input = at?.matches(".said, fieldset, [role=group]") ? named ?? at.querySelector("input, textarea") ?? at : at;
  if (!input) return;
  e.preventDefault();
  input.scrollIntoView({ block: "center" });
  input.focus({ preventScroll: true });
});

// ---- rows of lists

function number(list) {
  [...list.querySelectorAll(".form-row")].forEach((row, i) => {
    for (const part of row.querySelectorAll("[data-named]")) part.setAttribute("aria-label", part.dataset.named.replace("{n}", i + 1));
    for (const button of row.querySelectorAll("[data-act]")) button.value = `${button.dataset.act}:${list.dataset.list}:${i}`;
  });
}

function addRow(list) {
  const row = list.querySelector("template").content.firstElementChild.cloneNode(true);
  list.querySelector(".form-rows").append(row);
  number(list);
  row.querySelector("input, textarea").focus();
}

form.addEventListener("click", (e) => {
  const button = e.target.closest("[data-add], [data-act]");
  if (!button) return;
  e.preventDefault();
  const list = button.closest("[data-list]");
  const row = button.closest(".form-row");
  if (button.dataset.act === "remove") {
    const next = row.nextElementSibling ?? row.previousElementSibling;
    row.remove();
    (next?.querySelector("[data-act=remove]") ?? list.querySelector("[data-add]")).focus();
  } else if (button.dataset.act === "up") {
    if (row.previousElementSibling) row.previousElementSibling.before(row);
    (row.previousElementSibling ? button : row.querySelector("[data-act=remove]")).focus();
  } else return addRow(list);
  number(list);
  changed();
});

// Enter in a list of short fields means the next row, as people expect; in the others it would send the form.
form.addEventListener("keydown", (e) => {
  if (e.key !== "Enter" || e.isComposing || e.target.tagName !== "INPUT") return;
  e.preventDefault();
  const list = e.target.closest("[data-list]");
  if (list && ["related", "fees"].includes(list.dataset.list) && e.target.value) addRow(list);
});

// Guides are chosen by name.
let namesTimer = 0;
form.addEventListener("input", (e) => {
  if (!e.target.matches("[data-guide]")) return;
  clearTimeout(namesTimer);
  const find = e.target.value.trim();
  if (find.length < 2) return;
  namesTimer = setTimeout(async () => {
    try {
      const answer = await fetch(`${words.path}/names?find=${encodeURIComponent(find)}`, { headers: { Accept: "application/json" } });
      if (!answer.ok) return;
      const titles = await answer.json();
      document.getElementById("guide-names").replaceChildren(...titles.map((value) => Object.assign(document.createElement("option"), { value })));
    } catch {
      /* The list stays as it was. */
    }
  }, 250);
});

// ---- all together

function changed() {
  planCheck();
  planSave();
}
form.addEventListener("input", changed);
form.addEventListener("change", changed);
form.addEventListener("focusout", () => dirty() && planSave());
form.addEventListener("submit", async (e) => {
  const act = e.submitter?.value;
  if (act !== "save" && act !== "done") return void (leaving = true);
  if (stopped) return void (leaving = true); // the server shows the difference
  e.preventDefault();
  await now;
  refused = null;
  await save();
  await save(); // what was typed while the first was under way
  if (pending || stopped || dirty()) return; // the bar says why
  say(lastSaid, "good");
  if (act === "done") {
    leaving = true;
    dropCopy();
    location.assign(words.path);
  }
});
addEventListener("online", save);
addEventListener("focus", () => pending && save()); // back from signing in
document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && save());
addEventListener("beforeunload", (e) => {
  if (!leaving && (stopped || dirty())) e.preventDefault();
});
offerCopy();
