// What a person writes with: the field, the command menu, inline results, reply keyboards, replies and edits.

import { button, icon, make, post, renew, toast } from "/page/dom.js";
import { brief, plain } from "/page/text.js";

const MAX_TEXT = 4096;
const INLINE_PAUSE = 250;  // milliseconds without a key before the bot is asked

export class Composer {
  // `pane` gives { where(), words, view, state, chat }; where() is whom a post is from and which chat it is about.
  constructor(pane) {
    this.pane = pane;
    this.about = null;  // what is replied to or edited: { message, edit }
    this.choices = [];
    this.chosen = -1;
    this.keyboardShown = true;
    this.input = make("textarea");
    this.input.rows = 1;
    this.suggest = make("div", "suggest");
    this.suggest.hidden = true;
    this.context = make("div", "context");
    this.context.hidden = true;
    this.keyboard = make("div", "keyboard");
    this.file = make("input");
    Object.assign(this.file, { type: "file", hidden: true, multiple: true });
    this.commands = button("round", "", () => this.showCommands(""), icon("slash"));
    this.clip = button("round", "", () => this.file.click(), icon("clip"));
    this.keys = button("round", "", () => { this.keyboardShown = !this.keyboardShown; this.update(); }, icon("keys"));
    this.submit = button("round send", "", () => this.send(), icon("send"));
    this.start = button("start", "", () => this.say("/start"));
    this.row = make("div", "row", this.clip, this.commands, this.input, this.keys, this.submit, this.file);
    this.node = make("footer", "", this.suggest, this.context, this.row, this.start, this.keyboard);
    this.listen();
  }

  listen() {
    this.input.oninput = () => { this.grow(); this.offer(); };
    this.input.onkeydown = (event) => this.key(event);
    this.input.onpaste = (event) => { if (event.clipboardData.files.length) { event.preventDefault(); this.upload(event.clipboardData.files); } };
    this.file.onchange = async () => { await this.upload(this.file.files); this.file.value = ""; };
    this.node.addEventListener("focusout", (event) => { if (!this.node.contains(event.relatedTarget)) this.hide(); });
  }

  update() {
    const { words, view, chat } = this.pane;
    this.input.placeholder = this.input.ariaLabel = words.write;
    for (const [one, label] of [[this.commands, words.commands], [this.clip, words.attach], [this.submit, words.send], [this.keys, words.commands]])
      one.ariaLabel = one.title = label;
    this.start.textContent = words.start;
    const fresh = chat.with_bot && !view.messages.length;
    this.start.hidden = !fresh;
    this.commands.hidden = !view.commands.length;
    const board = view.keyboard?.keyboard;
    this.keys.hidden = !board;
    this.keyboard.hidden = !board || !this.keyboardShown;
    renew(this.keyboard, board, () => (board || []).map((row) => make("div", "", ...row.map((one) => button("", "", () => this.say(one.text), one.text)))));
    if (view.keyboard?.input_field_placeholder) this.input.placeholder = view.keyboard.input_field_placeholder;
  }

  key(event) {
    if (event.isComposing) return;
    const open = !this.suggest.hidden;
    if (event.key === "Escape") { if (open) this.hide(); else this.setAbout(null); return; }
    if (open && ["ArrowDown", "ArrowUp"].includes(event.key)) {
      event.preventDefault();
      this.mark((this.chosen + (event.key === "ArrowDown" ? 1 : -1) + this.choices.length) % this.choices.length);
    } else if (open && this.chosen >= 0 && ["Enter", "Tab"].includes(event.key)) {
      event.preventDefault();
      this.choices[this.chosen].click();
    } else if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      this.send();
    } else if (event.key === "ArrowUp" && !this.input.value) {
      const mine = this.pane.view.messages.findLast((one) => one.from.id === this.pane.person.id && one.text && !one.via_bot);
      if (mine) { event.preventDefault(); this.setAbout({ message: mine, edit: true }); }
    }
  }

  grow() {
    this.input.style.height = "auto";
    this.input.style.height = `${this.input.scrollHeight + 2}px`;
  }

  fill(text) {
    this.input.value = text;
    this.grow();
    this.input.focus();
    this.offer();
  }

  setAbout(about) {
    const wasEdit = this.about?.edit;
    this.about = about;
    this.context.hidden = !about;
    if (about) {
      const { words } = this.pane;
      const label = about.edit ? words.editing : `${words.replyTo} ${about.message.from.first_name}`;
      this.context.replaceChildren(make("span", "", make("b", "", label), plain(brief(about.message, words))),
                                   button("round", words.cancel, () => this.setAbout(null), icon("close", 18)));
      if (about.edit) this.input.value = about.message.text || about.message.caption || "";
      this.input.focus();
    } else if (wasEdit) this.input.value = "";
    this.grow();
  }

  async send() {
    const text = this.input.value, about = this.about;
    if (!text.trim()) return;
    this.input.value = "";
    this.hide();
    const done = about?.edit ? await this.act("edit", { message_id: about.message.message_id, text })
                             : await this.say(text, about?.message.message_id);
    if (done) this.setAbout(null); else this.input.value = text;
    this.grow();
  }

  async say(text, replyTo) {
    const characters = Array.from(text);  // as Telegram's apps do, a long text goes as several messages
    for (let at = 0; at < characters.length; at += MAX_TEXT) {
      if (!await this.act("say", { text: characters.slice(at, at + MAX_TEXT).join(""), reply_to: replyTo })) return false;
    }
    this.pane.toEnd();
    return true;
  }

  async act(name, what) {
    try { return await post(name, { ...this.pane.where(), ...what }) || true; }
    catch (error) { toast(error.message); return false; }
  }

  async upload(files) {
    for (const file of files) {
      const query = new URLSearchParams({ ...this.pane.where(), name: file.name, caption: this.input.value.trim() });
      if (/^image\/(png|jpeg)$/.test(file.type)) query.set("as", "photo");
      const answer = await fetch(`/sandbox/upload?${query}`, { method: "POST", headers: { "Content-Type": "application/octet-stream" }, body: file });
      if (answer.ok) { this.input.value = ""; this.grow(); } else toast(await answer.text());
    }
    this.pane.toEnd();
  }

  // Suggestions over the field: commands that begin so, or what the bot offers inline.

  offer() {
    const { state } = this.pane, text = this.input.value;
    const inline = state.inline && !this.about?.edit && text.match(new RegExp(`^@${state.bot.username}\\s([^]*)$`, "i"));
    clearTimeout(this.pause);
    if (inline) this.pause = setTimeout(() => this.askInline(inline[1].trim()), INLINE_PAUSE);
    else if (/^\/\w*$/.test(text)) this.showCommands(text.slice(1).toLowerCase());
    else this.hide();
  }

  showCommands(prefix) {
    const { view, chat, state } = this.pane;
    if (!this.suggest.hidden && !prefix && !this.input.value) { this.hide(); return; }
    const name = chat.with_bot ? "" : `@${state.bot.username}`;
    this.show(view.commands.filter((one) => one.command.startsWith(prefix)).map((one) =>
      button("", "", () => { this.input.value = ""; this.grow(); this.hide(); this.say(`/${one.command}${name}`); },
             make("b", "", `/${one.command}`), make("span", "", one.description))), prefix ? 0 : -1);
    if (!prefix) this.input.focus();
  }

  async askInline(query) {
    const { words } = this.pane, asked = (this.asked = Symbol("inline"));
    this.show([make("p", "", words.asking)]);
    try {
      const found = await post("inline", { ...this.pane.where(), query });
      if (this.asked === asked) this.showResults(query, found, []);
    } catch (error) {
      if (this.asked === asked) this.show([make("p", "", error.status === 504 ? words.tooSlow : error.message)]);
    }
  }

  showResults(query, found, before) {
    const { words } = this.pane;
    const results = [...before, ...found.results.map((one) => this.result(one, found.answer))];
    const above = found.button && !before.length ? [button("wide", "", () => this.pane.startWith(found.button.start_parameter), found.button.text)] : [];
    const below = found.next_offset ? [button("wide", "", async () => {
      const more = await post("inline", { ...this.pane.where(), query, offset: found.next_offset });
      this.showResults(query, more, results);
    }, "…")] : [];
    this.show([...above, ...results, ...below].length ? [...above, ...results, ...below] : [make("p", "", words.noResults)], -1);
  }

  result(one, answer) {
    const picture = one.photo ? make("img") : make("span", "letter", Array.from(one.title || one.document || "▢")[0]);
    if (one.photo) Object.assign(picture, { src: `/sandbox/file/${encodeURIComponent(one.photo)}`, alt: "" });
    return button("result", "", async () => {
      this.input.value = "";
      this.grow();
      this.hide();
      await this.act("choose", { answer, result: one.id });
      this.pane.toEnd();
    }, picture, make("span", "", make("b", "", one.title || one.document || ""), make("small", "", one.description)));
  }

  show(rows, marked = -1) {
    this.suggest.replaceChildren(...rows);
    this.suggest.hidden = !rows.length;
    this.choices = rows.filter((row) => row.tagName === "BUTTON");
    this.mark(Math.min(marked, this.choices.length - 1));
  }

  mark(place) {
    this.chosen = place;
    this.choices.forEach((one, at) => one.classList.toggle("marked", at === place));
    this.choices[place]?.scrollIntoView({ block: "nearest" });
  }

  hide() {
    clearTimeout(this.pause);
    this.asked = null;
    this.suggest.hidden = true;
    this.chosen = -1;
  }
}
