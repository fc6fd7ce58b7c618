// Orientir on another site: <script src="https://orientir.example/widget.js" async></script>
// puts a button on the page that opens the chat in a frame.
//   data-position="right|left"   the corner of the button; default right
//   data-language="bg|en|tr"     default: the page's lang, else Bulgarian
//   data-place="…"               a settlement, as a name or an EKATTE code: whose libraries come first
// The site must be among ORIENTIR_EMBED_ORIGINS. It asks nothing of the page and reads nothing from it.
(() => {
  'use strict';
  const script = document.currentScript;
  if (!script || document.querySelector('orientir-chat')) return;
  const home = new URL(script.src).origin;
  const words = {/* words */};
  const wanted = (script.dataset.language || document.documentElement.lang || 'bg').slice(0, 2).toLowerCase();
  const language = words[wanted] ? wanted : 'bg';
  const say = words[language];
  const patience = 3000; // milliseconds from a loaded frame to its first word

  const host = document.createElement('orientir-chat');
  host.lang = language;
  const root = host.attachShadow({ mode: 'open' });
  const sheet = new CSSStyleSheet(); // a constructed sheet needs no exception in the page's own security policy
  sheet.replaceSync(`
    :host { all: initial; position: fixed; z-index: 2147483000; bottom: 1rem; ${script.dataset.position === 'left' ? 'left' : 'right'}: 1rem; font: 600 18px/1.3 system-ui, sans-serif; color-scheme: light dark; }
    button, a { font: inherit; text-decoration: none; min-height: 56px; padding: 10px 20px; display: inline-flex; align-items: center; gap: 10px; cursor: pointer; color: #fff; background: #0b4f53; border: 2px solid #fff; border-radius: 10px; box-shadow: 0 2px 10px rgb(0 0 0 / .35); }
    button:hover, a:hover { background: #083b3e; }
    button:focus-visible, a:focus-visible { outline: 3px solid #b34700; outline-offset: 3px; }
    svg { width: 24px; height: 24px; fill: currentColor; flex: none; }
    iframe { display: block; width: min(440px, calc(100vw - 2rem)); height: min(720px, calc(100dvh - 7rem)); margin-bottom: 12px; border: 2px solid #0b4f53; border-radius: 10px; background: Canvas; box-shadow: 0 4px 24px rgb(0 0 0 / .35); }
    [hidden] { display: none !important; }
    @media (max-width: 520px) {
      :host(.open) { inset: 0; }
      :host(.open) button { display: none; }
      iframe { width: 100vw; height: 100dvh; margin: 0; border: 0; border-radius: 0; }
    }
    @media (prefers-color-scheme: dark) { button { border-color: #86d4d0; } iframe { border-color: #86d4d0; } }
    @media print { :host { display: none; } }`);
  root.adoptedStyleSheets = [sheet];

  const button = document.createElement('button');
  button.type = 'button';
  button.setAttribute('aria-expanded', 'false');
  button.innerHTML = '<svg viewBox="0 0 24 24" aria-hidden="true"><path d="M11 2h2.2v20H11z"/><path d="M3.5 4H17l4 4-4 4H3.5z"/></svg><span></span>';
  const label = button.querySelector('span');
  label.textContent = say.open;
  root.append(button);

  let frame; // made when it is first wanted: until then the page loads nothing more
  let ready = false; // the chat has answered from inside
  function makeFrame() {
    const query = new URLSearchParams({ lang: language });
    if (script.dataset.place) query.set('place', script.dataset.place);
    frame = document.createElement('iframe');
    frame.title = say.title;
    frame.allow = 'geolocation';
    frame.src = `${home}/embed?${query}`;
    frame.addEventListener('load', () => {
      tell('orientir:hello');
      if (host.classList.contains('open')) tell('orientir:opened');
      setTimeout(() => { if (!ready) leadAway(); }, patience);
    });
    root.prepend(frame);
  }
  // The browser refuses the frame where the site is not among the allowed ones: a link serves there, not a dead frame.
  function leadAway() {
    show(false);
    const link = document.createElement('a');
    link.href = `${home}/?lang=${language}`;
    link.target = '_blank';
    link.rel = 'noopener';
    link.append(...button.childNodes);
    label.textContent = say.away;
    button.replaceWith(link);
    link.focus();
  }
  function tell(type) { frame.contentWindow.postMessage({ type }, home); }

  function show(open) {
    if (open && !frame) makeFrame();
    else if (open) { frame.hidden = false; tell('orientir:opened'); }
    if (!open) { frame.hidden = true; button.focus(); }
    host.classList.toggle('open', open);
    button.setAttribute('aria-expanded', String(open));
    label.textContent = open ? say.close : say.open;
  }
  button.addEventListener('click', () => show(!host.classList.contains('open')));
  addEventListener('message', (event) => {
    if (event.origin !== home || event.source !== frame?.contentWindow) return;
    if (event.data?.type === 'orientir:ready') ready = true;
    if (event.data?.type === 'orientir:close') show(false);
  });
  (document.body || document.documentElement).append(host);
})();
