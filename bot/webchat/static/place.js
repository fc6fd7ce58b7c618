// The button «Use my location» beside the field for a place: asked of the browser only when pressed, used once.

/** Shows the button in a message where the browser can tell a position. `send(lat, lon)` takes it. */
export function offerLocation(article, words, send) {
  const box = article.querySelector('.locate');
  if (!box || !navigator.geolocation || !isSecureContext) return;
  const button = box.querySelector('[data-locate]');
  box.hidden = false;
  button.addEventListener('click', () => {
    const status = box.querySelector('[role="status"]') ?? box.appendChild(Object.assign(document.createElement('p'), { className: 'hint' }));
    status.setAttribute('role', 'status');
    status.textContent = words.place_locating;
    button.setAttribute('aria-disabled', 'true');
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => { status.textContent = ''; send(coords.latitude, coords.longitude); },
      () => {
        status.textContent = words.place_denied;
        button.removeAttribute('aria-disabled');
        article.querySelector('.place input[name="text"]')?.focus();
      },
      { timeout: 15_000, maximumAge: 60_000 },
    );
  });
}
