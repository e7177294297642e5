// Making elements, icons, small windows; talking to the sandbox.

export const $ = (id) => document.getElementById(id);

export function make(tag, className, ...children) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  node.append(...children.filter((child) => child != null));  // strings become text nodes: no markup is ever parsed
  return node;
}

export function button(className, label, act, ...children) {
  const node = make("button", className, ...children);
  node.type = "button";
  if (label) { node.ariaLabel = label; node.title = label; }
  node.onclick = act;
  return node;
}

// Fills a node anew only when `source` has changed: a button that is replaced under a finger is never pressed.
export function renew(node, source, build) {
  const key = JSON.stringify(source);
  if (node.source === key) return;
  node.source = key;
  node.replaceChildren(...build());
}

const PATHS = {
  back: "M15 5l-7 7 7 7", more: "M12 5.5v.01M12 12v.01M12 18.5v.01", send: "M4 12l16-8-6 16-3-7z", down: "M6 9l6 6 6-6",
  clip: "M20 11l-8.5 8.5a5 5 0 0 1-7-7L13 4a3.4 3.4 0 0 1 4.8 4.8L9.4 17.2a1.7 1.7 0 0 1-2.4-2.4L14.5 7.3",
  slash: "M5 4h14a1 1 0 0 1 1 1v14a1 1 0 0 1-1 1H5a1 1 0 0 1-1-1V5a1 1 0 0 1 1-1zM14.5 7.5l-5 9",
  plus: "M12 5v14M5 12h14", close: "M6 6l12 12M18 6L6 18", check: "M5 12.5l4.5 4.5L19 7.5", bolt: "M13 3L5 14h6l-1 7 8-11h-6z",
  moon: "M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.5z", columns: "M4 5h16v14H4zM12 5v14", file: "M7 3h7l5 5v13H7zM14 3v5h5",
  bridge: "M12 4l9 16H3z", people: "M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM2.5 20a6.5 6.5 0 0 1 13 0M16 4.5a3.5 3.5 0 0 1 0 6.5M18 14a6.5 6.5 0 0 1 3.5 6",
  keys: "M3 6h18v12H3zM7 10v.01M11 10v.01M15 10v.01M18 10v.01M8 14h8",
};

export function icon(name, size = 22) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  const look = { viewBox: "0 0 24 24", width: size, height: size, fill: "none", stroke: "currentColor", "stroke-width": 2,
                 "stroke-linecap": "round", "stroke-linejoin": "round", "aria-hidden": "true" };
  for (const [key, value] of Object.entries(look)) svg.setAttribute(key, value);
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}

const HUES = [262, 205, 150, 25, 335, 95, 230, 45];

export const hue = (id) => HUES[Math.abs(id) % HUES.length];

export function avatar(name, id, withBot) {
  const node = make("span", "avatar", withBot ? icon("bridge", 20) : Array.from(name || "?")[0]);
  node.style.setProperty("--hue", withBot ? 250 : hue(id));
  node.ariaHidden = "true";
  return node;
}

export async function post(path, body) {
  const answer = await fetch(`/sandbox/${path}`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
  if (!answer.ok) throw Object.assign(new Error(await answer.text()), { status: answer.status });
  return answer.json();
}

let toastTimer;
export function toast(text) {
  $("toast").textContent = text;
  $("toast").hidden = false;
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => { $("toast").hidden = true; }, 3500);
}

// A small menu at a place: [[label, act, className?], …].
export function popup(choices, x, y) {
  const menu = $("popup");
  menu.replaceChildren(...choices.map(([label, act, className]) => {
    const choice = button(className || "", "", () => { menu.hidden = true; act(); }, label);
    choice.role = "menuitem";
    return choice;
  }));
  menu.hidden = false;
  menu.style.left = `${Math.max(8, Math.min(x, innerWidth - menu.offsetWidth - 8))}px`;
  menu.style.top = `${Math.max(8, Math.min(y, innerHeight - menu.offsetHeight - 8))}px`;
  menu.firstElementChild.focus({ preventScroll: true, focusVisible: false });
}
document.addEventListener("pointerdown", (event) => { if (!event.target.closest("#popup")) $("popup").hidden = true; });
document.addEventListener("keydown", (event) => { if (event.key === "Escape") $("popup").hidden = true; });

// A question in a box: fields are elements, `yes` the button that takes them.
export function box(title, fields, yes, act) {
  const dialog = $("box"), form = make("form", "", title && make("h2", "", title), ...fields);
  form.method = "dialog";
  const accept = make("button", "accept", yes);
  form.append(make("div", "buttons", accept));
  form.onsubmit = () => act?.();
  dialog.replaceChildren(form);
  dialog.showModal();
}
$("box").onclick = (event) => { if (event.target === $("box")) $("box").close(); };

export function viewPhoto(source, caption, save) {
  const viewer = $("viewer"), image = make("img", "");
  Object.assign(image, { src: source, alt: caption });
  const link = make("a", "save", save);
  Object.assign(link, { href: source, download: "" });
  viewer.replaceChildren(image, make("p", "", caption.slice(0, 300)), link);
  viewer.showModal();
}
$("viewer").onclick = (event) => { if (!event.target.closest("a")) $("viewer").close(); };
