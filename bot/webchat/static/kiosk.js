// A terminal in a library: a start, the chat, and an end that leaves nothing. Whether somebody is there is judged here, without the
// server. What this page knows is in its memory alone, and every end loads it anew at its one address.

import { act, conversation, log, say } from './chat.js';
import { call } from './conversation.js';

const id = (name) => document.getElementById(name);
const kiosk = id('kiosk');
const words = JSON.parse(id('kiosk-words').dataset.words);
const { home, sites } = kiosk.dataset;
const IDLE = Number(kiosk.dataset.idle) * 1000;
const WARN = Number(kiosk.dataset.warn) * 1000;
const CURTAIN = 2500; // ms that the goodbye stands

let begun = false;
let leaving = false;
let coded = false; // a code was shown: the conversation may go to a phone
let holder = 'bot';
let contact = false; // a phone or an e-mail was left for the librarian's answer
let touched = Date.now(); // a clock that goes on while the terminal sleeps

const { state, gone } = conversation.on;
Object.assign(conversation.on, {
  state(now) {
    state(now);
    holder = now.holder;
    contact = !!now.contact;
  },
  gone() {
    gone();
    leave(coded ? 'moved' : 'ended', false); // on somebody's phone, or forgotten
  },
});

function begin() {
  begun = true;
  id('start').hidden = true;
  id('languages').hidden = true;
  id('talk').hidden = false;
  id('tools').hidden = false;
  kiosk.focus({ preventScroll: true }); // what was pressed is gone
  scrollTo(0, 0);
}
id('begin').addEventListener('click', () => { begin(); id('question').focus(); });
for (const example of document.querySelectorAll('[data-example]')) {
  example.addEventListener('click', () => { begin(); say(example.textContent); });
}
for (const language of document.querySelectorAll('#languages a')) {
  language.addEventListener('click', (click) => {
    click.preventDefault();
    if (!language.hasAttribute('aria-current')) location.replace(language.href);
  });
}

// The end. Who waits for a librarian is asked how the answer shall reach them.
id('end').addEventListener('click', () => {
  if (holder === 'bot') {
    ask('sure');
    return;
  }
  id('ticket-words').textContent = contact ? words.ticket_contact : words.ticket_what;
  id('ticket-keep').hidden = !contact;
  if (id('ticket-contact')) id('ticket-contact').hidden = contact; // there is none where no contact can be kept
  id('ticket-phone').classList.toggle('primary', !contact);
  ask('ticket');
});
for (const name of ['sure', 'ticket']) {
  id(name).addEventListener('close', () => {
    switch (id(name).returnValue) {
      case 'end': leave('ended', false); break;
      case 'keep': leave('ended_kept', true); break;
      case 'phone': showCode(); break;
      case 'contact': act({ kind: 'button', data: 'contact' }).catch(() => {}); break;
      default:
    }
  });
}

function ask(name) {
  id(name).returnValue = '';
  id(name).showModal();
}

/** Ends the conversation here. `keep` keeps it on the server where a librarian's answer is awaited. */
async function leave(how, keep) {
  if (leaving) return;
  leaving = true;
  document.querySelectorAll('dialog[open]').forEach((open) => open.close('left'));
  draw(words.ending);
  log.clear();
  log.typing(false);
  id('question').value = '';
  let goodbye = words[how];
  let there = true;
  try {
    const { kept } = await conversation.end(keep);
    if (kept) goodbye = words.ended_kept;
  } catch {
    there = false; // the server forgets by itself when it hears nothing from here
    goodbye = words.offline;
  }
  draw(goodbye);
  setTimeout(() => {
    if (there) location.replace(home);
    else startAgain();
  }, there ? CURTAIN : 2 * CURTAIN);
}

function draw(text) {
  id('curtain').hidden = false;
  kiosk.inert = true;
  id('curtain-words').textContent = text;
}

/** Goes back to the start without the network, which could not give the page anew. */
function startAgain() {
  [begun, leaving, coded, holder, contact] = [false, false, false, 'bot', false];
  touched = Date.now();
  for (const figure of document.querySelectorAll('#code-square, #site-square')) figure.replaceChildren();
  for (const text of ['code-typed', 'code-or', 'site-address', 'holder', 'link']) id(text).textContent = '';
  id('talk').hidden = id('tools').hidden = true;
  id('start').hidden = id('languages').hidden = false;
  id('curtain').hidden = true;
  kiosk.inert = false;
  scrollTo(0, 0);
}
addEventListener('online', () => { if (!begun && !leaving) location.replace(home); });

// Is somebody there?
for (const sign of ['pointerdown', 'pointermove', 'touchmove', 'keydown', 'wheel', 'input']) {
  addEventListener(sign, () => { touched = Date.now(); }, { capture: true, passive: true });
}
const idle = id('idle');
const foreign = id('chat').dataset.language !== 'bg';
let told = 0;
setInterval(() => {
  if (leaving) return;
  const left = IDLE - (Date.now() - touched);
  if (!begun) {
    if (left <= 0 && foreign && navigator.onLine) location.replace(home); // the next one is greeted in Bulgarian
    return;
  }
  if (left <= 0) {
    leave('ended', true);
  } else if (left > WARN) {
    if (idle.open) idle.close();
  } else {
    const seconds = Math.ceil(left / 1000);
    if (!idle.open) {
      id('idle-words').textContent = holder === 'bot' ? words.idle_what : words.idle_ticket;
      id('idle-phone').hidden = holder === 'bot';
      told = 0;
      idle.showModal();
    }
    id('idle-left').textContent = seconds;
    if (!told || seconds <= told - 5) {
      told = seconds;
      id('idle-live').textContent = words.idle_left.replace('%s', seconds);
    }
  }
}, 200);
id('idle-here').addEventListener('click', () => idle.close());
id('idle-phone').addEventListener('click', () => { idle.close(); showCode(); });

// To one's own phone: the conversation, or an address.
id('phone').addEventListener('click', showCode);

async function showCode() {
  const [status, ways] = [id('code-status'), id('code-ways')];
  ways.hidden = true;
  status.textContent = conversation.begun ? words.code_making : words.code_nothing;
  if (!id('code').open) ask('code');
  if (!conversation.begun) return;
  try {
    const { typed, address, svg } = await conversation.code();
    coded = true;
    square(id('code-square'), svg, words.code_alt);
    const [before, after] = id('kiosk-words').dataset.or.split('%s');
    const where = document.createElement('strong');
    const path = address.lastIndexOf('/');
    where.append(address.slice(0, path), document.createElement('wbr'), address.slice(path));
    id('code-or').replaceChildren(before, where, after);
    id('code-typed').textContent = typed;
    status.textContent = '';
    ways.hidden = false;
  } catch (fault) {
    status.textContent = fault.message || words.offline;
  }
}

function square(box, svg, alt) {
  const drawn = document.importNode(new DOMParser().parseFromString(svg, 'image/svg+xml').documentElement, true);
  drawn.setAttribute('role', 'img');
  drawn.setAttribute('aria-label', alt);
  box.replaceChildren(drawn);
}

async function showSquare(box, address, alt) {
  box.replaceChildren();
  try {
    const { svg } = await call('/api/v1/kiosk/qr', { address }, {});
    square(box, svg, alt);
  } catch { /* the words beside it are enough */ }
}

// This page stays: what leads elsewhere is shown as a square, and opened here only where the library allows it.
addEventListener('click', (click) => {
  const link = click.target.closest?.('a[href]');
  if (!link || link.id === 'site-here' || link.closest('#languages') || link.getAttribute('href').startsWith('#')) return;
  click.preventDefault();
  const phone = link.protocol === 'tel:';
  id('site-title').textContent = phone ? words.link_title_phone : words.link_title;
  id('site-words').textContent = phone ? (link.pathname === '112' ? words.emergency_how : '') : words.link_scan;
  id('site-address').textContent = phone ? link.href.slice(4) : `${link.host}${link.pathname === '/' ? '' : decodeURI(link.pathname)}`;
  id('site-address').classList.toggle('big', phone);
  const here = id('site-here');
  if (here) {
    here.hidden = phone;
    here.href = link.href;
  }
  showSquare(id('site-square'), link.href, words.code_alt);
  ask('site');
}, true);
for (const never of ['contextmenu', 'dragstart', 'auxclick']) addEventListener(never, (event) => event.preventDefault());
id('site-here')?.addEventListener('click', () => id('site').close());

new MutationObserver((changes) => {
  for (const article of changes.flatMap((change) => [...change.addedNodes])) {
    if (!article.querySelectorAll) continue;
    for (const input of article.querySelectorAll('input')) input.autocomplete = 'off';
    for (const go of article.querySelectorAll('.go a[href^="https:"]')) {
      const figure = document.createElement('figure');
      figure.className = 'kiosk-beside';
      const box = document.createElement('div');
      box.className = 'kiosk-square';
      figure.append(box, Object.assign(document.createElement('figcaption'), { textContent: words.link_beside }));
      go.parentElement.append(figure);
      showSquare(box, go.href, `${words.code_alt}: ${go.host}`);
    }
  }
}).observe(id('log'), { childList: true });

addEventListener('pageshow', (shown) => { if (shown.persisted) location.replace(home); }); // a copy that the browser kept
kiosk.dataset.ready = sites === 'open' ? 'open' : 'yes';
