// Server-sent events over fetch, because EventSource cannot send the token's header: the messages of a conversation after
// the last one seen. When the connection breaks it comes back by itself, with growing pauses, and asks only for what is new.

const FIRST_PAUSE = 500; // ms
const LONGEST_PAUSE = 20_000;
const STEADY = 5000; // a connection that lived so long was a good one; a shorter one must not be opened again and again
const SILENCE = 60_000; // the server gives a sign of life every 20 s

/**
 * Reads events from a text/event-stream body (WHATWG HTML, 9.2.6) and hands each to `take({id, event, data})`; a wish of the server
 * for how long the reader is to wait before it comes back goes to `wait(ms)`.
 */
export async function readEvents(body, take, alive = () => {}, wait = () => {}) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  let event = { event: 'message', data: '' };
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    alive();
    const lines = (rest + value).split(/\r\n|\n|\r/);
    rest = lines.pop();
    for (const line of lines) {
      if (line === '') {
        if (event.data) take(event);
        event = { event: 'message', data: '' };
        continue;
      }
      const colon = line.indexOf(':');
      if (colon === 0) continue;
      const field = colon < 0 ? line : line.slice(0, colon);
      const text = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
      if (field === 'data') event.data += (event.data && '\n') + text;
      else if (field === 'event') event.event = text;
      else if (field === 'id') event.id = text;
      else if (field === 'retry' && /^\d+$/.test(text)) wait(Number(text));
    }
  }
}

/**
 * Follows a conversation until `stop` is called.
 * `on.event(event)` for each event, `on.link(true|false)` when the connection comes or goes, `on.gone()` when the
 * conversation does not exist (any more).
 */
export function follow(address, headers, on) {
  let last = '';
  let stopped = false;
  let pause = FIRST_PAUSE;
  let wished; // ms: the server stops, and says when to come back to another
  let current; // AbortController of the open request
  let wakeUp = () => {};

  const sleep = (ms) => new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    wakeUp = () => { clearTimeout(timer); resolve(); };
  });
  // The network is back, or the page is looked at again: no reason to wait out the pause.
  const hurry = () => { pause = FIRST_PAUSE; wakeUp(); };
  const drop = () => current?.abort();
  addEventListener('online', hurry);
  addEventListener('offline', drop);
  document.addEventListener('visibilitychange', hurry);

  async function connect() {
    current = new AbortController();
    const began = Date.now();
    wished = undefined;
    let watch;
    const alive = () => { clearTimeout(watch); watch = setTimeout(() => current.abort(), SILENCE); };
    alive();
    try {
      const response = await fetch(address, {
        headers: { ...headers, Accept: 'text/event-stream', ...(last && { 'Last-Event-ID': last }) },
        cache: 'no-store', signal: current.signal,
      });
      if (response.status === 404 || response.status === 401) return 'gone';
      if (!response.ok) {
        pause = Math.max(pause, 1000 * (Number(response.headers.get('Retry-After')) || 0));
        return 'broken';
      }
      on.link(true);
      await readEvents(response.body, (event) => {
        if (event.id) last = event.id;
        on.event(event);
      }, alive, (ms) => { wished = Math.min(ms, LONGEST_PAUSE); });
      return Date.now() - began < STEADY && wished === undefined ? 'broken' : 'ended';
    } catch {
      return 'broken';
    } finally {
      clearTimeout(watch);
      if (Date.now() - began > STEADY) pause = FIRST_PAUSE;
    }
  }

  (async () => {
    while (!stopped) {
      const how = await connect();
      if (stopped) return;
      if (how === 'gone') { on.gone(); return; }
      if (how === 'broken') {
        on.link(false);
        await sleep(pause * (0.75 + Math.random() / 2)); // not everybody at once
        pause = Math.min(pause * 2, LONGEST_PAUSE);
      } else if (wished !== undefined) {
        await sleep(wished);
      }
    }
  })();

  return {
    /** Somebody waits for an answer: the stream is opened again at once where it rests. */
    hurry,
    stop() {
      stopped = true;
      removeEventListener('online', hurry);
      removeEventListener('offline', drop);
      document.removeEventListener('visibilitychange', hurry);
      current?.abort();
      wakeUp();
    },
  };
}
