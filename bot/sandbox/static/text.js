// A message's text with its entities, as elements.

import { button, make } from "/page/dom.js";

const TAGS = { bold: "b", italic: "i", underline: "u", strikethrough: "s", code: "code", pre: "pre",
               blockquote: "blockquote", expandable_blockquote: "blockquote" };
const BLOCKS = new Set(["PRE", "BLOCKQUOTE"]);

// What a click may open: http(s) only, and nothing the page itself could be run by.
export const safeLink = (url) => /^https?:\/\//i.test(url) ? url : /^[\w-]+(\.[\w-]+)+(\/|$)/.test(url) ? `http://${url}` : null;

function link(url, act) {
  const node = make("a");
  node.title = url;
  if (safeLink(url)) Object.assign(node, { href: safeLink(url), target: "_blank", rel: "noopener noreferrer" });
  node.onclick = (event) => { if (act.follow(url)) event.preventDefault(); };
  return node;
}

function entityNode(entity, text, act) {
  switch (entity.type) {
    case "text_link": return link(entity.url, act);
    case "url": return link(text, act);
    case "bot_command": return button("inline-act", "", () => act.command(text));
    case "mention": return button("inline-act", "", () => act.mention(text));
    case "spoiler": {
      const spoiler = make("span", "spoiler");
      spoiler.onclick = () => spoiler.classList.add("shown");
      return spoiler;
    }
    case "expandable_blockquote": {
      const quote = make("blockquote", "expandable");
      quote.onclick = () => quote.classList.toggle("shown");
      return quote;
    }
    case "hashtag": return make("span", "tag");
    default: return make(TAGS[entity.type] || "span");
  }
}

// Fonts draw some emoji as letters where no variation selector follows; messengers never do.
let pictures = null;
try { pictures = new RegExp("((?:[\\p{Emoji_Presentation}[\\p{Emoji}&&[\\u{1F000}-\\u{1FFFF}]]][\\uFE0F\\u200D\\p{Emoji_Modifier}]*)+)", "v"); } catch { /* an older browser */ }

export function plain(text) {
  const pieces = pictures ? text.split(pictures) : [text];
  return make("span", "", ...pieces.map((piece, place) => place % 2 ? make("span", "emoji", piece) : piece));
}

// Entity offsets count UTF-16 code units, and so do strings here.
function format(node, text, from, to, entities, act) {
  let at = from;
  const put = (end) => { if (end > at) node.append(plain(text.slice(at, end))); at = end; };
  while (entities.length) {
    const [entity, ...rest] = entities;
    const start = Math.max(entity.offset, at), end = Math.min(entity.offset + entity.length, to);
    const inside = [], after = [];
    for (const other of rest) {
      if (other.offset >= end) { after.push(other); continue; }
      inside.push(other);
      const over = other.offset + other.length - end;
      if (over > 0) after.push({ ...other, offset: end, length: over });
    }
    if (end > start) {
      put(start);
      const child = entityNode(entity, text.slice(start, end), act);
      format(child, text, start, end, inside, act);
      node.append(child);
      at = end;
      if (BLOCKS.has(child.tagName) && text[at] === "\n" && at < to) at += 1;  // the block ends the line already
    }
    entities = after.sort((a, b) => a.offset - b.offset || b.length - a.length);
  }
  put(to);
  return node;
}

let onlyEmoji = /^$/;
try { onlyEmoji = new RegExp("^(?:\\p{RGI_Emoji}|\\p{Extended_Pictographic}){1,3}$", "v"); } catch { /* an older browser: emoji stay small */ }

export function formatted(text, entities, act) {
  const node = make("div", onlyEmoji.test(text) ? "text large" : "text");
  return format(node, text, 0, text.length, entities || [], act);
}

// One line that says what a message is, for lists and quotations.
export function brief(message, words) {
  const said = message.text || message.caption;
  if (said) return said.replace(/\s+/g, " ").slice(0, 200);
  if (message.photo) return words.photo;
  if (message.document) return message.document.file_name;
  return serviceText(message, words) || words.service;
}

export function serviceText(message, words) {
  if (message.forum_topic_created) return words.topicOpened(message.forum_topic_created.name);
  if (message.migrate_to_chat_id || message.migrate_from_chat_id) return words.movedTo;
  return "";
}
