// The answer comes into the page; without this script the page is loaded again with it.
const form = document.getElementById("try");
const tried = document.getElementById("tried");

form.addEventListener("submit", async (e) => {
  e.preventDefault();
  const data = new URLSearchParams(new FormData(form));
  data.set("part", "1");
  tried.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(form.action, { method: "POST", body: data });
    if (answer.redirected || answer.status >= 500) return form.submit();
    tried.innerHTML = await answer.text();
  } catch {
    form.submit();
  } finally {
    tried.removeAttribute("aria-busy");
  }
});

document.getElementById("question").addEventListener("keydown", (e) => {
  if (e.key === "Enter" && !e.shiftKey && !e.isComposing) {
    e.preventDefault();
    form.requestSubmit();
  }
});
