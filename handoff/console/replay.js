// While a replay runs, how far it is comes anew each second; when it is over, the whole page does.
const state = document.getElementById("state");
const running = () => state.querySelector("[data-running]");

async function look() {
  try {
    const answer = await fetch(location.pathname + "/progress", { headers: { accept: "text/html" } });
    if (!answer.ok || answer.redirected) throw new Error(answer.status);
    const next = document.createElement("template");
    next.innerHTML = await answer.text();
    if (!next.content.querySelector("[data-running]")) return location.reload();
    refresh(next.content);
  } catch {
    // The network may be away for a while: the next look may find it.
  }
  setTimeout(look, 1000);
}

// refresh changes what differs and leaves the rest, so that the focus stays on the button.
function refresh(next) {
  for (const part of ["h2", "progress", "p"]) {
    const from = next.querySelector(part), to = state.querySelector(part);
    if (from && to) to.replaceWith(from);
  }
}

if (state && running()) setTimeout(look, 1000);
