// Goes on with a conversation from a library's terminal: by the link of a square, whose secret stands behind the hash, or by a typed code.

import { KEY, call } from './conversation.js';

const id = (name) => document.getElementById(name);
const main = id('content');
const fault = id('fault');
const secret = location.hash.slice(1);
let own = '';
let stores = true; // else the forms are sent as they are: a cookie then keeps what a code gave
try {
  own = sessionStorage.getItem(KEY) ?? '';
  sessionStorage.setItem(KEY, own);
  if (!own) sessionStorage.removeItem(KEY);
} catch {
  stores = false;
}

if (/^[A-Za-z0-9_-]{22}$/.test(secret)) {
  history.replaceState(null, '', location.pathname + location.search); // it works once, and needn't stay in the address
  id('scanned').elements.link.value = secret;
  id('scanned').hidden = false;
}
id('other').hidden = !own;

document.addEventListener('submit', (submitted) => {
  if (!stores) return;
  submitted.preventDefault();
  take(Object.fromEntries(new FormData(submitted.target)));
});

async function take(given) {
  fault.hidden = true;
  try {
    const { token } = await call('/api/v1/conversations/continue', given,
      { 'Accept-Language': document.documentElement.lang, ...(own && { 'Orientir-Conversation': own }) });
    sessionStorage.setItem(KEY, token);
    location.replace(main.dataset.home);
  } catch (problem) {
    fault.textContent = problem.message || (problem.offline ? main.dataset.offline : main.dataset.fault);
    fault.hidden = false;
    if (!given.code) return;
    id('code').setAttribute('aria-invalid', 'true');
    id('code').focus();
  }
}

main.dataset.ready = 'yes';
