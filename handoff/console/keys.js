// Quick keys of the live pages. They rest while somebody types, while a dialog is open and with Ctrl, Alt or Meta held, and can be
// switched off (WCAG 2.1.4). A screen reader's own letters never come here while it reads.
import { choice } from "./live.js";

const dialog = document.getElementById("keys");
const switchBox = document.getElementById("keys-on");
const open = document.getElementById("keys-open");
const off = () => choice("keys-off");

/** `actions` maps a key to what it does. Letters are places on the keyboard, so that they work in a Cyrillic layout too. */
export function keys(actions) {
  open.hidden = false;
  open.addEventListener("click", () => dialog.showModal());
  switchBox.checked = !off();
  switchBox.addEventListener("change", () => choice("keys-off", !switchBox.checked));
  document.addEventListener("keydown", (e) => {
    if (e.defaultPrevented || e.ctrlKey || e.metaKey || e.altKey || e.isComposing || off()) return;
    if (e.target.closest?.("input, textarea, select, [contenteditable], dialog, [role=listbox]") || document.querySelector("dialog[open]")) return;
    if (e.key === "?") {
      e.preventDefault();
      dialog.showModal();
      return;
    }
    const act = !e.shiftKey && actions[e.code.replace(/^Key/, "").toLowerCase()];
    if (!act) return;
    e.preventDefault();
    act();
  });
}
