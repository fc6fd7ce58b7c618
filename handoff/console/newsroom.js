// Looks again how far the sending of a piece of news has come, for as long as it goes on.
const box = document.getElementById("progress");
const EVERY = 2000; // milliseconds

async function look() {
  if (!document.hidden) {
    try {
      const answer = await fetch(box.dataset.address);
      if (answer.status === 401 || answer.redirected) return location.reload();
      if (answer.ok) {
        const state = box.innerHTML;
        const fresh = await answer.text();
        if (fresh !== state) box.innerHTML = fresh;
        if (!box.querySelector("[data-live]")) return location.reload(); // other buttons now
      }
    } catch { /* the next look may find the line again */ }
  }
  setTimeout(look, EVERY);
}

if (box?.querySelector("[data-live]")) setTimeout(look, EVERY);
