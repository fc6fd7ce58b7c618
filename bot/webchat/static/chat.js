// Makes the page's forms a live chat: what they would post goes to the API, and answers come on the stream.
// Without this script the same forms work as they are.

import { Conversation, newEventID } from './conversation.js';
import { Log } from './log.js';
import { offerLocation } from './place.js';

const id = (name) => document.getElementById(name);
const main = id('chat');
const words = JSON.parse(id('words').dataset.words);
const form = id('ask');
const question = id('question');
const link = id('link');
const mydata = id('mydata'); // likewise
const forget = id('forget'); // none at a library's terminal, which has an end of its own
const log = new Log({ log: id('log'), typing: id('typing'), typingWords: id('typing-words'), unseen: id('unseen'), words });
const { title } = document;
const unsent = new Map(); // article → event: what waits for the connection, or for a server that can't take it now
const AGAIN = 6000; // ms
let again; // the timer of the next try
let held = false; // a librarian holds the conversation: nobody else is looking for an answer
let forgetting = false; // the person asked for it to be deleted
let forgotten = false; // the conversation is deleted; the next message begins another

const conversation = new Conversation({
  language: document.querySelector('.languages [aria-current]')?.lang || main.dataset.language,
  place: main.dataset.place,
  library: main.dataset.library,
  token: main.dataset.token,
  embedded: document.documentElement.classList.contains('embedded'),
  on: {
    message(message) {
      const article = log.add(message);
      if (article) offerLocation(article, words, (lat, lon) => act({ kind: 'location', lat, lon }));
      id('examples')?.closest('form').remove();
      if (message.from !== 'person' && document.hidden) document.title = `● ${title}`;
      offerForget(true);
      if (message.from !== 'person') look();
    },
    state(state) {
      log.restored();
      id('holder').textContent = state.words;
      if (state.until || state.holder === 'bot') conversation.remember(state.until ?? 0);
      held = state.holder === 'librarian';
      if (held) log.typing(false);
      look();
    },
    writing(on) { log.writing(on); },
    typing(on) { log.librarian(on); },
    read(id) { log.read(id); },
    link(up) {
      log.writing(false); // whoever still writes says so again
      link.textContent = up ? '' : navigator.onLine ? words.reconnecting : words.offline;
      if (up) resend();
    },
    gone() {
      link.textContent = '';
      if (forgetting || forgotten) return; // as the person wished: the goodbye stays to be read
      log.clear();
      log.typing(false);
      id('holder').textContent = '';
      offerForget(false);
    },
  },
});
document.querySelectorAll('.message').forEach((m) => offerLocation(m, words, (lat, lon) => act({ kind: 'location', lat, lon })));
document.querySelector('.waiting')?.remove();
if (conversation.begun) {
  offerForget(true);
  log.restore();
}
document.addEventListener('visibilitychange', () => { document.title = title; look(); });

// What passes between the person and a librarian while one holds the conversation: that the person types, what they have read.
let shown = 0; // the newest message that the librarian was told of
let typed = 0; // when the librarian was last told
function look() {
  if (!held || document.hidden || log.newest <= shown) return;
  shown = log.newest;
  conversation.sign({ read: shown });
}
question.addEventListener('input', () => {
  if (!held || !question.value.trim() || Date.now() - typed < 4000) return;
  typed = Date.now();
  conversation.sign({ typing: true });
});

function offerForget(on) {
  if (forget) forget.hidden = !on;
  if (mydata) mydata.hidden = !on;
}

/** Sends what a button means. */
async function act(event) {
  if (forgotten) renew();
  log.typing(!held);
  log.expect();
  try {
    const stored = await conversation.send({ event_id: newEventID(), ...event });
    link.textContent = '';
    return stored;
  } catch (fault) {
    log.typing(false);
    link.textContent = fault.message || (fault.offline ? words.offline : words.error_500);
    throw fault;
  }
}

/** Sends words, and shows them at once. */
function say(text) {
  if (forgotten) renew();
  const article = log.pend(text);
  id('examples')?.closest('form').remove();
  deliver(article, { event_id: newEventID(), kind: 'text', text });
}

async function deliver(article, event) {
  unsent.delete(article);
  log.typing(!held);
  log.expect();
  try {
    const { message } = await conversation.send(event);
    log.stored(article, message);
    link.textContent = '';
    offerForget(true);
  } catch (fault) {
    log.typing(false);
    if (fault.offline) link.textContent = words.offline;
    if (fault.again) {
      unsent.set(article, event);
      clearTimeout(again);
      again = setTimeout(resend, AGAIN * (0.75 + Math.random() / 2)); // not everybody at once
    }
    log.unsent(article, fault.message, fault.again && (() => deliver(article, event)));
  }
}

/** What waited goes out, in order: the connection is back, or a server that couldn't take it may be well again. */
function resend() {
  for (const [article, event] of [...unsent]) {
    article.querySelector('.unsent')?.remove();
    deliver(article, event);
  }
}
addEventListener('online', resend);
addEventListener('offline', () => { link.textContent = words.offline; });

function renew() {
  forgotten = false;
  conversation.leave();
  log.clear();
}

async function forgetAll() {
  forgetting = true;
  try {
    const { message } = await act({ kind: 'command', command: 'forget' });
    log.clear(message); // the goodbye may be there before this answer
  } catch {
    forgetting = false;
    return;
  }
  [forgetting, forgotten] = [false, true];
  offerForget(false);
  question.focus();
}

document.addEventListener('submit', (submitted) => {
  const target = submitted.target;
  if (target === form) {
    submitted.preventDefault();
    const text = question.value.trim();
    if (!text) return;
    question.value = '';
    typed = 0;
    grow();
    say(text);
    // On glass the keyboard would cover the answer; who types on keys goes on typing.
    if (matchMedia('(pointer: coarse)').matches) question.blur();
    else question.focus();
    return;
  }
  if (mydata && target === mydata) {
    submitted.preventDefault();
    act({ kind: 'command', command: 'mydata' }).catch(() => {});
    return;
  }
  if (forget && target === forget) {
    submitted.preventDefault();
    sure.showModal();
    return;
  }
  if (!target.closest('#log')) return;
  submitted.preventDefault();
  const button = submitted.submitter;
  const fields = new FormData(target, button);
  if (fields.get('data')) {
    act({ kind: 'button', data: fields.get('data') }).then(() => choose(button), () => {});
  } else if (String(fields.get('text') ?? '').trim()) {
    say(String(fields.get('text')).trim());
    target.querySelector('input[name="text"]')?.form.reset();
  }
});

// The file of all that is kept: the link alone works where the conversation lives in a cookie; here its token goes along.
document.addEventListener('click', async (click) => {
  const file = click.target.closest('a[data-export]');
  if (!file) return;
  click.preventDefault();
  try {
    const { name, data } = await conversation.file(file.getAttribute('href'));
    const to = Object.assign(document.createElement('a'), { href: URL.createObjectURL(data), download: name });
    to.click();
    setTimeout(() => URL.revokeObjectURL(to.href), 60_000);
    link.textContent = '';
  } catch (fault) {
    link.textContent = fault.message || (fault.offline ? words.offline : words.error_500);
  }
});

// A dialog of our own: a browser shows none of its own in a frame on another site.
const sure = id('forget-sure');
sure?.addEventListener('close', () => { if (sure.returnValue === 'yes') forgetAll(); });

/** Marks the button that was pressed among its neighbours: a rating, a choice. Of a talk with a librarian the first word counts. */
function choose(button) {
  if (!button || !/^(rate|why|desk):/.test(button.value)) return;
  if (button.value.startsWith('desk:') && button.form.querySelector('.chosen')) return;
  for (const other of button.form.querySelectorAll('button[name="data"]')) {
    if (other.value.split(':')[0] !== button.value.split(':')[0]) continue;
    other.classList.toggle('chosen', other === button);
    other.setAttribute('aria-pressed', other === button);
  }
}

// Enter sends, Shift+Enter begins a new line. The line break is caught and not the key, because a phone's keyboard and
// one that composes words send other keys.
let shift = false;
question.addEventListener('keydown', (key) => { shift = key.shiftKey; });
question.addEventListener('beforeinput', (input) => {
  if (input.inputType !== 'insertLineBreak' || shift) return;
  input.preventDefault();
  form.requestSubmit();
});
function grow() {
  if (CSS.supports('field-sizing', 'content')) return;
  question.style.height = 'auto';
  question.style.height = `${question.scrollHeight + 4}px`;
}
question.addEventListener('input', grow);

// The person changed the language of the page: the conversation goes on in it.
if (!main.dataset.library) try {
  const before = sessionStorage.getItem('orientir-language');
  sessionStorage.setItem('orientir-language', conversation.language);
  if (conversation.begun && before && before !== conversation.language) act({ kind: 'button', data: `lang:${conversation.language}` }).catch(() => {});
} catch { /* nothing is kept here */ }

// What is scrolled into sight must not end up behind the question field, which grows with its strips.
const composer = document.querySelector('.composer');
new ResizeObserver(() => {
  const sticky = getComputedStyle(composer).position === 'sticky';
  document.documentElement.style.scrollPaddingBottom = sticky ? `${composer.offsetHeight + 16}px` : '';
}).observe(composer);

main.dataset.ready = 'yes';

export { act, conversation, log, say }; // a library's terminal goes on from here
