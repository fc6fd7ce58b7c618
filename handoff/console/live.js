// What the live pages share: the stream, time that counts up, sound and notifications.

// stream listens to server-sent events; the browser comes back by itself with the last id it saw. When the server says no
// (the session ended), the page is loaded again, and then asks to sign in.
export function stream(address, handlers, online) {
  const source = new EventSource(address);
  source.addEventListener("open", () => online(true));
  source.addEventListener("error", () => {
    online(false);
    if (source.readyState === EventSource.CLOSED) setTimeout(() => location.reload(), 3000 + Math.random() * 4000);
  });
  for (const [name, handle] of Object.entries(handlers)) {
    source.addEventListener(name, (e) => handle(JSON.parse(e.data)));
  }
  return source;
}

const LONG = 90; // seconds after which a wait is a long one: the person is offered other ways then

// count writes anew how long the moments of a part of the page are ago, counting up: seconds in the first hour, then minutes.
export function count(part) {
  const unit = (n, name) => new Intl.NumberFormat(document.documentElement.lang, { style: "unit", unit: name, unitDisplay: "short" }).format(n);
  for (const time of part.querySelectorAll("time[data-count]")) {
    const seconds = Math.max(0, Math.floor((Date.now() - Date.parse(time.dateTime)) / 1000));
    const minutes = Math.floor(seconds / 60);
    let words = `${minutes}:${String(seconds % 60).padStart(2, "0")}`;
    if (minutes >= 2880) words = unit(Math.floor(minutes / 1440), "day");
    else if (minutes >= 60) words = `${unit(Math.floor(minutes / 60), "hour")} ${unit(minutes % 60, "minute")}`;
    if (time.textContent !== words) time.textContent = words;
    time.classList.toggle("long", seconds >= LONG);
  }
}

// choice reads or sets what this browser was told to do: «sound», «notify». Off until chosen.
export function choice(name, on) {
  const key = "orientir-staff-" + name;
  try {
    if (on === undefined) return localStorage.getItem(key) === "on";
    localStorage.setItem(key, on ? "on" : "off");
  } catch {
    // Storage may be forbidden: then the choice lasts as long as the page.
  }
  return on ?? false;
}

let audio;

// beep plays two soft notes, made here: no file to load.
export async function beep() {
  audio ??= new AudioContext();
  if (audio.state === "suspended") await audio.resume().catch(() => {});
  [660, 880].forEach((pitch, i) => {
    const tone = audio.createOscillator();
    const volume = audio.createGain();
    const at = audio.currentTime + i * 0.18;
    tone.frequency.value = pitch;
    volume.gain.setValueAtTime(0.0001, at);
    volume.gain.exponentialRampToValueAtTime(0.2, at + 0.02);
    volume.gain.exponentialRampToValueAtTime(0.0001, at + 0.35);
    tone.connect(volume).connect(audio.destination);
    tone.start(at);
    tone.stop(at + 0.4);
  });
}

export const permitted = () => "Notification" in window && Notification.permission === "granted";

// notify shows a desktop notification while nobody looks at the page. It never carries what people wrote.
export function notify(words, tag, address) {
  if (!choice("notify") || !permitted() || !document.hidden) return;
  const n = new Notification(words, { tag, renotify: true });
  n.addEventListener("click", () => {
    window.focus();
    if (location.pathname !== address) location.href = address;
    n.close();
  });
}
