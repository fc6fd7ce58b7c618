// The chat inside a frame: talks with the site around it about opening and closing only, and only with an allowed origin.

const main = document.getElementById('chat');
const allowed = main.dataset.origins.split(' ');
const close = document.getElementById('close');
let host = ''; // the origin around us, once it has introduced itself

addEventListener('message', (event) => {
  if (event.source !== parent || !allowed.includes(event.origin)) return;
  if (event.data?.type === 'orientir:hello') {
    host = event.origin;
    close.hidden = false;
    parent.postMessage({ type: 'orientir:ready' }, host);
  }
  if (event.data?.type === 'orientir:opened') document.getElementById('question').focus();
});

function askToClose() {
  if (host) parent.postMessage({ type: 'orientir:close' }, host);
}
close.addEventListener('click', askToClose);
addEventListener('keydown', (key) => { if (key.key === 'Escape') askToClose(); });
