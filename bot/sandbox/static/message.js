// One message as an element.

import { avatar, button, hue, icon, make, viewPhoto } from "/page/dom.js";
import { brief, formatted, plain, safeLink, serviceText } from "/page/text.js";

const LONG_TOUCH = 500;  // milliseconds

const fileAddress = (id) => `/sandbox/file/${encodeURIComponent(id)}`;

// `seen` is { me, words, group, first, last, act }: who looks, in which words, whether names are told, whether
// the message begins and ends a run of one author's, and what a click does.
export function messageNode(message, seen) {
  const { words, act } = seen;
  const service = serviceText(message, words);
  if (service) return make("div", "service", service);
  const mine = message.from.id === seen.me;
  const bubble = make("div", "bubble");
  if (seen.group && !mine && seen.first) bubble.append(named(message.from));
  if (message.via_bot) bubble.append(make("div", "aside", `${words.via} @${message.via_bot.username}`));
  if (message.forward_origin) bubble.append(make("div", "aside", `${words.forwarded} ${message.forward_origin.sender_user.first_name}`));
  const replied = message.reply_to_message;
  if (replied && !replied.forum_topic_created) {
    const quote = button("reply", "", () => act.jump(replied.message_id), make("b", "", replied.from.first_name), plain(brief(replied, words)));
    bubble.append(quote);
  }
  if (message.photo) bubble.append(photo(message, words));
  if (message.document) bubble.append(documentNode(message.document));
  const text = message.text || message.caption;
  if (text) bubble.append(formatted(text, message.entities || message.caption_entities, act));
  const clock = new Date(message.date * 1000).toLocaleTimeString(words.locale, { hour: "2-digit", minute: "2-digit" });
  const edited = message.edit_date && !message.from.is_bot && !message.via_bot ? `${words.edited} ` : "";
  bubble.append(make("time", "", edited + clock));
  const body = make("div", "body", bubble);
  if (message.reply_markup) body.append(keys(message, act));
  const node = make("div", `message${mine ? " mine" : ""}${seen.first ? " first" : ""}${seen.last ? " last" : ""}`);
  node.dataset.id = message.message_id;
  if (seen.group && !mine) node.append(seen.last ? avatar(message.from.first_name, message.from.id, message.from.is_bot) : make("span", "avatar none"));
  const handle = button("handle", words.more, (event) => act.messageMenu(message, event.clientX, event.clientY), icon("more", 18));
  node.append(body, handle);
  bubble.oncontextmenu = (event) => {
    if (event.target.closest("a")) return;
    event.preventDefault();
    act.messageMenu(message, event.clientX, event.clientY);
  };
  let held;  // Safari tells no long touch as a context menu
  bubble.onpointerdown = (event) => {
    if (event.pointerType === "touch") held = setTimeout(() => act.messageMenu(message, event.clientX, event.clientY), LONG_TOUCH);
  };
  bubble.onpointerup = bubble.onpointercancel = bubble.onpointerleave = () => clearTimeout(held);
  bubble.ondblclick = () => act.reply(message);
  return node;
}

function named(user) {
  const node = make("div", "author", user.first_name);
  node.style.setProperty("--hue", user.is_bot ? 250 : hue(user.id));
  return node;
}

function photo(message, words) {
  const image = make("img", "photo"), { file_id, width, height } = message.photo.at(-1);
  Object.assign(image, { src: fileAddress(file_id), alt: message.caption || words.photo });
  // Its place is kept before it has loaded, so that nothing jumps.
  image.style.aspectRatio = `${width} / ${height}`;
  image.style.width = `min(${width}px, ${width / height} * min(56vh, 460px))`;
  return button("photo-open", "", () => viewPhoto(image.src, message.caption || "", words.save), image);
}

function documentNode(file) {
  const size = file.file_size < 1024 ? `${file.file_size} B` : file.file_size < 1048576 ? `${Math.round(file.file_size / 1024)} KB` : `${(file.file_size / 1048576).toFixed(1)} MB`;
  const link = make("a", "document", make("span", "icon", icon("file", 20)), make("span", "", make("b", "", file.file_name), make("small", "", size)));
  Object.assign(link, { href: fileAddress(file.file_id), download: file.file_name });
  return link;
}

function keys(message, act) {
  const board = make("div", "keys");
  for (const row of message.reply_markup.inline_keyboard) {
    board.append(make("div", "", ...row.map((one) => {
      const key = button("", "", () => press(key, message, one, act), make("span", "", one.text), one.url || one.switch_inline_query != null ? make("i", "", "↗") : null);
      return key;
    })));
  }
  return board;
}

async function press(key, message, one, act) {
  if (one.url) { if (!act.follow(one.url) && safeLink(one.url)) open(safeLink(one.url), "_blank", "noopener,noreferrer"); return; }
  if (one.copy_text) { act.copy(one.copy_text.text); return; }
  if (one.switch_inline_query_current_chat != null) { act.inlineHere(one.switch_inline_query_current_chat); return; }
  const elsewhere = one.switch_inline_query ?? one.switch_inline_query_chosen_chat?.query;
  if (elsewhere != null) { act.inlineElsewhere(elsewhere); return; }
  key.disabled = true;
  await act.press(message, one.callback_data);
  key.disabled = false;
}
