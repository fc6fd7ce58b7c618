// A conversation with the server: its token, what goes out, what comes in. It knows nothing of the page.

import { follow } from './stream.js';

export const KEY = 'orientir-conversation';

/** A random name of an event. crypto.randomUUID exists only over https, and a library's own network may not have it. */
export function newEventID() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join('');
}

const LEFT = 'orientir-left-question';

/**
 * The token lives as long as the tab. Where storage is forbidden (some frames), and at a library's terminal, as long as the page. Who left a
 * question finds the answer when they return: until they have, their own device remembers it.
 */
export class Conversation {
  #token = '';
  #stream;
  #queue = Promise.resolve();

  /** `language` of the person, `place` that the site knows, `library` whose terminal this is, `token` of a conversation begun without scripts. */
  constructor({ language, place, library, token, embedded, on }) {
    Object.assign(this, { language, place, library, embedded, on });
    this.#token = token || this.#kept() || (library ? '' : leftToken());
    if (this.#token) this.#keep(this.#token);
    if (this.#token) this.#open();
  }

  get begun() { return this.#token !== ''; }

  /** Sends an event, after those before it. Gives {message} or throws a Fault; the same event may be sent again. */
  send(event) {
    const sent = this.#queue.then(() => this.#post(event));
    this.#queue = sent.catch(() => {});
    return sent;
  }

  /** Tells the librarian that the person types, or what is on their screen. A sign that is lost is nobody's loss. */
  sign(given) {
    if (!this.#token) return;
    call('/api/v1/conversations/signs', given, { 'Orientir-Conversation': this.#token }).catch(() => {});
  }

  /** Remembers the conversation on this device until then, in seconds since 1970, while something is still to come in it; 0 ends that. */
  remember(until) {
    if (this.library) return;
    try {
      if (until) localStorage.setItem(LEFT, JSON.stringify({ token: this.#token, until: until * 1000 }));
      else if (leftToken() === this.#token) localStorage.removeItem(LEFT);
    } catch { /* it lives with the tab */ }
  }

  /** Leaves the conversation: the next message begins another one. */
  leave() {
    this.remember(0);
    this.#stream?.stop();
    this.#stream = undefined;
    this.#token = '';
    this.#keep('');
  }

  /** Fetches a file that is this conversation's own: {name, data}. */
  async file(address) {
    let response;
    try {
      response = await fetch(address, { headers: this.#headers(), signal: AbortSignal.timeout(20_000) });
    } catch {
      throw new Fault('', { again: true, offline: true });
    }
    if (response.ok) return { name: response.headers.get('Orientir-File'), data: await response.blob() };
    let words = '';
    try { words = (await response.json()).detail; } catch { /* a proxy's own page */ }
    throw new Fault(words);
  }

  /** Makes a code to go on elsewhere. */
  code() {
    return call('/api/v1/kiosk/code', {}, this.#headers());
  }

  /** Ends a conversation at a terminal: nothing of it stays here. The server forgets it too, but `keep` keeps it for an open ticket. */
  async end(keep) {
    await Promise.race([this.#queue, new Promise((late) => setTimeout(late, 3000))]); // what is on its way would begin another one
    const headers = this.#token ? this.#headers() : {};
    this.leave();
    return call('/api/v1/kiosk/end', { keep }, headers);
  }

  #headers() { return { 'Orientir-Conversation': this.#token, 'Accept-Language': this.language }; }

  #kept() {
    if (this.library) return '';
    try { return sessionStorage.getItem(KEY); } catch { return ''; }
  }

  #keep(token) {
    if (this.library) return;
    try {
      if (token) sessionStorage.setItem(KEY, token);
      else sessionStorage.removeItem(KEY);
    } catch { /* lives with the page */ }
  }

  async #post(event) {
    if (!this.#token) {
      const { token } = await call('/api/v1/conversations', {}, { 'Accept-Language': this.language });
      this.#token = token;
      this.#keep(token);
    }
    const answer = await call('/api/v1/conversations/messages',
      { ...event, language: this.language, place: this.place || undefined, library: this.library || undefined },
      { 'Orientir-Conversation': this.#token, 'Accept-Language': this.language });
    if (this.#stream) this.#stream.hurry();
    else this.#open();
    return answer;
  }

  #open() {
    const query = new URLSearchParams({ lang: this.language, ...(this.embedded && { embedded: '1' }) });
    this.#stream = follow(`/api/v1/conversations/stream?${query}`, { 'Orientir-Conversation': this.#token, 'Accept-Language': this.language }, {
      event: (event) => this.on[event.event]?.(JSON.parse(event.data)),
      link: (up) => this.on.link(up),
      gone: () => { this.leave(); this.on.gone(); },
    });
  }
}

/** The conversation in which a question was left on this device, or ''. */
function leftToken() {
  try {
    const { token, until } = JSON.parse(localStorage.getItem(LEFT)) ?? {};
    if (until > Date.now()) return token;
    localStorage.removeItem(LEFT);
  } catch { /* nothing is remembered */ }
  return '';
}

/** What went wrong, with words for people where the server gave some. `again` says that the same call may work later. */
export class Fault extends Error {
  constructor(message, { again = false, offline = false } = {}) {
    super(message);
    Object.assign(this, { again, offline });
  }
}

export async function call(address, body, headers) {
  let response;
  try {
    response = await fetch(address, {
      method: 'POST', headers: { 'Content-Type': 'application/json', ...headers }, body: JSON.stringify(body),
      signal: AbortSignal.timeout(20_000),
    });
  } catch {
    throw new Fault('', { again: true, offline: true });
  }
  if (response.status === 204) return null;
  if (response.ok) return response.json();
  let words = '';
  try { words = (await response.json()).detail; } catch { /* a proxy's own page */ }
  throw new Fault(words, { again: response.status === 429 || response.status >= 500 });
}
