// A menu of ready answers under a text field: «/» opens it, letters narrow it down, arrows choose, Enter inserts, Escape leaves.
// The field keeps the focus; a screen reader follows aria-activedescendant.

const MOST = 8; // answers shown at once
const TYPED = /(?:^|\s)\/([^\n/]{0,40})$/;

export function menu(field, list, answers, { say, chosen }) {
  let found = [];
  let at = 0;
  field.setAttribute("aria-autocomplete", "list");
  field.setAttribute("aria-controls", list.id);

  const typed = () => field.selectionStart === field.selectionEnd && TYPED.exec(field.value.slice(0, field.selectionStart));
  const open = () => !list.hidden;

  function close() {
    list.hidden = true;
    field.removeAttribute("aria-activedescendant");
  }

  function draw() {
    list.replaceChildren(
      ...found.map((a, i) => {
        const item = Object.assign(document.createElement("li"), { id: `ready-${i}` });
        item.setAttribute("role", "option");
        item.setAttribute("aria-selected", String(i === at));
        item.append(Object.assign(document.createElement("strong"), { textContent: a.title }), Object.assign(document.createElement("span"), { textContent: a.words }));
        item.addEventListener("mousedown", (e) => {
          e.preventDefault(); // the field keeps the focus
          insert(i);
        });
        return item;
      }),
    );
    list.hidden = false;
    field.setAttribute("aria-activedescendant", `ready-${at}`);
    list.children[at].scrollIntoView({ block: "nearest" });
  }

  function insert(i) {
    const match = typed();
    if (!match) return close();
    const end = field.selectionStart;
    field.setRangeText(found[i].words, end - match[1].length - 1, end, "end");
    close();
    chosen();
  }

  field.addEventListener("input", () => {
    const match = typed();
    if (!match) return close();
    const parts = match[1].toLowerCase().split(/\s+/).filter(Boolean);
    const before = open() ? found.length : -1;
    found = answers().filter((a) => parts.every((p) => `${a.title} ${a.words}`.toLowerCase().includes(p)));
    const name = (a) => (a.title.toLowerCase().startsWith(match[1].toLowerCase()) ? 0 : 1);
    found = found.sort((a, b) => name(a) - name(b)).slice(0, MOST);
    if (!found.length) return close();
    at = 0;
    draw();
    if (found.length !== before) say(found.length);
  });
  field.addEventListener("blur", close);

  return {
    /** Takes a key that is the menu's, and says whether it was. */
    key(e) {
      if (!open() || e.isComposing) return false;
      if (e.key === "ArrowDown" || e.key === "ArrowUp") {
        at = (at + (e.key === "ArrowDown" ? 1 : found.length - 1)) % found.length;
        draw();
      } else if ((e.key === "Enter" && !e.ctrlKey && !e.metaKey) || (e.key === "Tab" && !e.shiftKey)) insert(at);
      else if (e.key === "Escape") close();
      else return false;
      e.preventDefault();
      return true;
    },
  };
}
