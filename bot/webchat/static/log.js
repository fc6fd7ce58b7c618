// The conversation as the page shows it: puts messages in their place, once each, and keeps the newest in sight.

export class Log {
  #log; #typing; #typingWords; #unseen; #words; #timers = [];
  #expected = false;
  #first = null; // of the messages that answer at once what the person did
  #restoring = false;
  #writing = false; // what is shown is that words are being added
  #librarian = false; // what is shown is that the librarian types
  #pending = []; // own messages that the server has not shown us yet, oldest first

  constructor({ log, typing, typingWords, unseen, words }) {
    this.#log = log;
    this.#typing = typing;
    this.#typingWords = typingWords;
    this.#unseen = unseen;
    this.#words = words;
    unseen.addEventListener('click', () => this.#reveal([...this.#log.querySelectorAll('.message')].at(-1)));
    addEventListener('scroll', () => { if (this.#atEnd()) unseen.hidden = true; }, { passive: true });
  }

  /** The person asked for something: its answer comes into sight, wherever they are on the page. */
  expect() { this.#expected = true; this.#first = null; }

  /** The past of a conversation comes in: nothing moves until it is whole, then the newest message is in sight. */
  restore() { this.#restoring = true; }

  restored() {
    if (!this.#restoring) return;
    this.#restoring = false;
    this.#reveal([...this.#log.querySelectorAll('.message')].at(-1));
  }

  /** Shows what the person just wrote, before the server has it. */
  pend(text) {
    const article = document.createElement('article');
    article.className = 'message from-person pending';
    const speaker = Object.assign(document.createElement('p'), { className: 'speaker', textContent: `${this.#words.you} · ${this.#words.sending}` });
    const said = document.createElement('div');
    said.className = 'said';
    said.append(Object.assign(document.createElement('p'), { textContent: text }));
    article.append(speaker, said);
    this.#log.append(article);
    this.#pending.push(article);
    this.#reveal(article);
    return article;
  }

  /** The server stored it: the message bears its id from now on. */
  stored(article, id) {
    const shown = this.#find(id);
    if (shown && shown !== article) { this.#drop(article); return; }
    article.dataset.id = id;
    article.querySelector('.unsent')?.remove();
    const speaker = article.querySelector('.speaker');
    if (article.classList.contains('pending') && speaker) speaker.textContent = this.#words.you;
  }

  /** It was not sent: says so, with a button to try again. */
  unsent(article, words, again) {
    article.querySelector('.unsent')?.remove();
    const line = document.createElement('p');
    line.className = 'unsent';
    line.append(Object.assign(document.createElement('span'), { textContent: words || this.#words.not_sent }));
    if (again) {
      const button = Object.assign(document.createElement('button'), { type: 'button', textContent: this.#words.retry });
      button.addEventListener('click', () => { line.remove(); again(); });
      line.append(button);
    }
    article.append(line);
    article.querySelector('.speaker').textContent = this.#words.you;
    this.#reveal(article);
  }

  /** Puts in a message of the stream. One that is there already is replaced: the server's words are the masked ones. */
  add({ id, from, html }) {
    const article = new DOMParser().parseFromString(html, 'text/html').querySelector('article');
    if (!article) return;
    let old = this.#find(id);
    if (!old && from === 'person' && this.#pending.length) old = this.#pending[0];
    const follow = this.#atEnd();
    if (old) {
      this.#pending = this.#pending.filter((p) => p !== old);
      old.replaceWith(article);
    } else {
      this.#log.append(article);
    }
    this.#log.querySelector('#latest')?.remove();
    if (from !== 'person') this.typing(false);
    if (old || this.#restoring) return article;
    if (follow || this.#expected || this.#first || from === 'person') this.#reveal(article, this.#first);
    else this.#unseen.hidden = false;
    if (from !== 'person' && this.#expected) {
      this.#expected = false;
      this.#first = article;
      setTimeout(() => { if (this.#first === article) this.#first = null; }, 1500);
    }
    return article;
  }

  /** Shows that an answer is being looked for, and says so again when it takes long. */
  typing(on) {
    this.#writing = this.#librarian = false;
    this.#timers.forEach(clearTimeout);
    this.#timers = [];
    this.#typing.hidden = !on;
    if (!on) return;
    const say = (key) => { this.#typingWords.textContent = this.#words[key]; };
    say('typing');
    this.#timers = [setTimeout(say, 4000, 'typing_slow'), setTimeout(say, 15_000, 'typing_late'), setTimeout(() => this.typing(false), 90_000)];
    if (this.#atEnd()) this.#typing.scrollIntoView({ block: 'nearest' });
  }

  /** Shows that words are being added to the answer that is there. A question that was asked since is shown instead. */
  writing(on) {
    if (this.#writing === on || on && !this.#typing.hidden) return;
    this.typing(false);
    if (!on) return;
    this.#writing = true;
    this.#typingWords.textContent = this.#words.writing;
    this.#typing.hidden = false;
    this.#timers = [setTimeout(() => this.writing(false), 35_000)];
    if (this.#atEnd()) this.#typing.scrollIntoView({ block: 'nearest' });
  }

  /** Shows that the librarian types. It ends when the server says so, or with the next message. */
  librarian(on) {
    if (!on && !this.#librarian) return;
    this.typing(false);
    this.#librarian = on;
    if (!on) return;
    this.#typingWords.textContent = this.#words.typing_librarian;
    this.#typing.hidden = false;
    if (this.#atEnd()) this.#typing.scrollIntoView({ block: 'nearest' });
  }

  /** Says under the newest of the person's own messages that the librarian has read it. */
  read(id) {
    const own = [...this.#log.querySelectorAll('.from-person[data-id]')].filter((m) => Number(m.dataset.id) <= id).at(-1);
    if (!own) return;
    this.#log.querySelector('.read')?.remove();
    own.append(Object.assign(document.createElement('p'), { className: 'read', textContent: `✓ ${this.#words.read_librarian}` }));
  }

  /** The newest message of ours on the page; 0 where there is none. */
  get newest() {
    return Math.max(0, ...[...this.#log.querySelectorAll('.message[data-id]:not(.from-person)')].map((m) => Number(m.dataset.id)));
  }

  /** Takes the messages away, or those up to an id: what came after it stays. */
  clear(upTo = Infinity) {
    for (const m of this.#log.querySelectorAll('.message[data-id], .message.pending')) {
      if (!m.dataset.id || Number(m.dataset.id) <= upTo) m.remove();
    }
    this.#pending = [];
  }

  #find(id) { return this.#log.querySelector(`.message[data-id="${Number(id)}"]`); }

  #drop(article) {
    this.#pending = this.#pending.filter((p) => p !== article);
    article.remove();
  }

  #atEnd() {
    return innerHeight + scrollY >= document.documentElement.scrollHeight - Math.max(160, innerHeight / 3);
  }

  /** Brings the top of a message into sight: one reads from the beginning. A short message before it, a notice, stays in sight too. */
  #reveal(article, first = null) {
    this.#unseen.hidden = true;
    if (!article) return;
    requestAnimationFrame(() => {
      const from = first?.isConnected && first.offsetHeight < innerHeight / 3 ? first : article;
      const height = article.getBoundingClientRect().bottom - from.getBoundingClientRect().top;
      if (height > innerHeight / 2) from.scrollIntoView({ block: 'start' });
      else article.scrollIntoView({ block: 'nearest' });
    });
  }
}
