// One person's messenger: their chats, and the one that is open.

import { Composer } from "/page/composer.js";
import { avatar, box, button, icon, make, popup, post, renew, toast } from "/page/dom.js";
import { messageNode } from "/page/message.js";
import { brief, formatted, plain } from "/page/text.js";
import { wordsOf } from "/page/words.js";

const NEAR_END = 90;  // pixels from the end at which a new message is still scrolled to
const RUN = 300;  // seconds within which one author's messages stand together

export class Pane {
  constructor(app, personId, chatId, thread) {
    this.app = app;
    this.personId = personId;
    this.chatId = chatId || personId;
    this.thread = thread || null;
    this.shown = new Map();  // what stands in the log: key -> [what it was built from, its element]
    this.read = new Map();  // chat -> the last message seen there
    this.composer = new Composer(this);
    this.list = make("aside", "list");
    this.title = make("h1");
    this.status = make("div", "status");
    this.status.role = "status";
    this.face = make("span");
    this.back = button("round back", "", () => this.node.classList.remove("in-chat"), icon("back"));
    this.menu = button("round", "", (event) => this.chatMenu(event), icon("more"));
    this.topics = make("nav", "topics");
    this.log = make("div", "log");
    this.log.role = "log";
    this.scroller = make("div", "scroller", this.log);
    this.down = button("round down", "", () => this.toEnd(), icon("down"));
    const head = make("header", "", this.back, this.face, make("div", "who", this.title, this.status), this.menu);
    const chat = make("div", "chat", head, this.topics, make("div", "middle", this.scroller, this.down), this.composer.node);
    this.node = make("section", "pane in-chat", this.list, chat);
    this.atEnd = true;  // new messages are scrolled to, unless the person has scrolled away from the end
    let top = 0;
    this.scroller.onscroll = () => {
      // Only scrolling up leaves the end: it also moves away when something opens below.
      if (this.fromEnd() < NEAR_END) this.atEnd = true;
      else if (this.scroller.scrollTop < top) this.atEnd = false;
      top = this.scroller.scrollTop;
      this.down.hidden = this.fromEnd() < 240;
    };
    new ResizeObserver(() => { if (this.atEnd) this.toEnd(); }).observe(this.scroller);
    this.node.addEventListener("pointerdown", () => app.select(this), true);
  }

  get key() { return `${this.personId}:${this.chatId}${this.thread ? `:${this.thread}` : ""}`; }
  where() { return { person: this.personId, chat: this.chatId, ...(this.thread ? { thread: this.thread } : {}) }; }
  fromEnd() { return this.scroller.scrollHeight - this.scroller.scrollTop - this.scroller.clientHeight; }
  toEnd() { this.scroller.scrollTop = this.scroller.scrollHeight; this.atEnd = true; }

  open(chatId, thread) {
    this.node.classList.add("in-chat");
    if (chatId === this.chatId && (thread || null) === this.thread) return;
    Object.assign(this, { chatId, thread: thread || null, atEnd: true, newest: 0 });
    this.shown.clear();
    this.log.replaceChildren();
    this.composer.setAbout(null);
    this.app.refresh();
  }

  update(state, view) {
    this.state = state;
    this.view = view;
    this.person = state.people.find((one) => one.id === this.personId);
    const words = wordsOf(this.person);
    if (this.words !== words) { this.words = words; this.shown.clear(); }
    this.chat = this.person.chats.find((one) => one.id === this.chatId);
    this.node.lang = words.locale;
    this.node.ariaLabel = this.person.first_name;
    for (const [one, label] of [[this.back, words.back], [this.menu, words.more], [this.down, words.down]]) one.ariaLabel = one.title = label;
    this.showList();
    this.showHead();
    this.showMessages();
    this.composer.update();
    this.node.classList.remove("blank");
  }

  showList() {
    const { words, person } = this;
    const head = make("header", "", avatar(person.first_name, person.id), make("div", "who", make("h1", "", person.first_name), make("div", "status", words.chats)));
    const chats = [...person.chats].sort((a, b) => (b.last?.message_id || (b.with_bot ? 1e9 : 0)) - (a.last?.message_id || (a.with_bot ? 1e9 : 0)));
    const open = this.chatId, visible = this.node.classList.contains("in-chat") || this.list.clientWidth < this.node.clientWidth;
    if (visible && this.chat?.last) this.read.set(open, this.chat.last.message_id);
    renew(this.list, [words.locale, open, person, [...this.read]], () => [head, ...chats.map((chat) => {
      const unread = chat.last && chat.last.message_id > (this.read.get(chat.id) || 0) && chat.id !== open && chat.last.from.id !== person.id;
      const said = chat.last ? (chat.type === "private" ? "" : `${chat.last.from.first_name}: `) + brief(chat.last, words) : this.kindOf(chat);
      return button(`row${chat.id === open ? " open" : ""}`, "", () => this.open(chat.id), avatar(chat.title, chat.peer, chat.with_bot),
                    make("span", "", make("b", "", chat.title), make("small", "", plain(said))), unread ? make("i", "unread") : null);
    }), button("row new", "", () => this.newGroup(), make("span", "avatar plain", icon("plus", 20)), words.newGroup)]);
  }

  kindOf(chat) {
    const { words } = this;
    return chat.with_bot ? words.bot : chat.is_forum ? words.forum : chat.type === "private" ? words.talk : words.members;
  }

  showHead() {
    const { words, chat, view, person } = this;
    this.title.textContent = chat.title;
    renew(this.face, [chat.title, chat.id], () => [avatar(chat.title, chat.peer, chat.with_bot)]);
    const gone = chat.with_bot && person.blocked ? words.blocked : chat.type !== "private" && !chat.bot_inside ? words.botGone : "";
    const doing = view.chat_action && (chat.with_bot ? "" : `${this.state.bot.first_name} `) + (words.actions[view.chat_action] || words.busy);
    this.status.textContent = doing || gone || this.kindOf(chat);
    this.status.className = doing ? "status busy" : "status";
    this.topics.hidden = !chat.is_forum;
    if (!chat.is_forum) return;
    const tab = (id, name) => {
      const node = button("topic", "", () => this.open(this.chatId, id), name);
      node.ariaCurrent = String((id || null) === this.thread);
      return node;
    };
    renew(this.topics, [this.key, view.topics, words.locale], () =>
      [tab(null, words.all), ...view.topics.map((one) => tab(one.id, one.name)), button("topic", words.newTopic, () => this.newTopic(), "+")]);
  }

  showMessages() {
    const { words, view, chat } = this;
    const nodes = [];
    let before = null, day = "";
    view.messages.forEach((message, place) => {
      const date = this.dayOf(message.date);
      if (date !== day) { nodes.push(this.kept(`day ${date}`, date, () => make("div", "service", date))); before = null; }
      day = date;
      const after = view.messages[place + 1];
      const first = !joined(before, message), last = !after || !joined(message, after) || this.dayOf(after.date) !== day;
      const seen = { me: this.personId, words, group: chat.type !== "private", first, last, act: this };
      nodes.push(this.kept(message.message_id, JSON.stringify([message, first, last]), () => messageNode(message, seen)));
      before = message;
    });
    if (!view.messages.length) nodes.push(this.kept("empty", this.empty(), () => this.nothing()));
    if (view.draft) nodes.push(this.draft());
    else if (view.chat_action && chat.type === "private") nodes.push(this.kept("dots", "", () => this.dots()));
    [...this.log.children].filter((node) => !nodes.includes(node)).forEach((node) => node.remove());
    nodes.forEach((node, place) => { if (this.log.children[place] !== node) this.log.insertBefore(node, this.log.children[place] || null); });
    if (this.atEnd) this.toEnd();
    this.showBeginning(nodes);
    this.down.hidden = this.fromEnd() < 240;
  }

  kept(key, source, build) {
    const known = this.shown.get(key);
    if (known && known[0] === source) return known[1];
    const node = build();
    if (!known) node.classList.add("new");
    this.shown.set(key, [source, node]);
    return node;
  }

  draft() {
    const { view, words } = this;
    const text = view.draft.text ? formatted(view.draft.text, view.draft.entities, this) : make("div", "text", words.thinking);
    return this.kept("draft", JSON.stringify(view.draft), () => make("div", "message draft last", make("div", "body", make("div", "bubble", text))));
  }

  // A long message that has just come is shown from where it is read.
  showBeginning(nodes) {
    const message = this.view.messages.at(-1), node = nodes.findLast((one) => one.dataset.id);
    const came = this.newest && message && message.message_id > this.newest && message.from.id !== this.personId;
    this.newest = message?.message_id || 0;
    if (!came || !this.atEnd || node.offsetHeight < this.scroller.clientHeight) return;
    this.atEnd = false;
    this.scroller.scrollTop += node.getBoundingClientRect().top - this.scroller.getBoundingClientRect().top - 8;
  }

  nothing() {
    const samples = this.chat.with_bot ? this.words.samples.map((one) => button("", "", () => this.composer.say(one), plain(one))) : [];
    return make("div", "empty", make("p", "", this.empty()), make("div", "samples", ...samples));
  }

  dots() {
    const beat = make("div", "dots", make("i"), make("i"), make("i"));
    return make("div", "message first last", make("div", "body", make("div", "bubble", beat)));
  }

  empty() {
    const { words, view, chat, state } = this;
    if (chat.with_bot) return view.about || words.emptyBot;
    return chat.type === "private" ? words.emptyTalk(state.bot.username) : words.emptyGroup(state.bot.username);
  }

  dayOf(date) {
    const at = new Date(date * 1000), today = new Date(), days = Math.round((today.setHours(0, 0, 0, 0) - new Date(at).setHours(0, 0, 0, 0)) / 864e5);
    return [this.words.today, this.words.yesterday][days] || at.toLocaleDateString(this.words.locale, { day: "numeric", month: "long" });
  }

  // What a click on a message does; see message.js.

  command(text) { this.composer.say(text); }
  mention(text) { this.composer.fill(`${text} `); }
  inlineHere(query) { this.composer.fill(`@${this.state.bot.username} ${query}`); }
  reply(message) { this.composer.setAbout({ message }); }
  copy(text) { navigator.clipboard?.writeText(text).then(() => toast(this.words.copied), () => {}); }
  startWith(parameter) { this.open(this.personId); this.composer.say(`/start ${parameter}`); }

  // A link to the bot itself is followed here; returns whether it was one.
  follow(url) {
    const found = url.match(/^(?:https?:\/\/)?(?:t\.me|telegram\.me)\/(\w+)(?:\?start=([\w-]*))?$/i);
    if (!found || found[1].toLowerCase() !== this.state.bot.username.toLowerCase()) return false;
    if (found[2]) this.startWith(found[2]); else this.open(this.personId);
    return true;
  }

  async press(message, data) {
    try {
      const answer = await post("press", { ...this.where(), message_id: message.message_id, data });
      if (answer.url && !this.follow(answer.url)) return;
      if (answer.show_alert) box("", [make("p", "", answer.text)], "OK");
      else if (answer.text) toast(answer.text);
    } catch { toast(this.words.silent); }
  }

  jump(messageId) {
    const node = this.log.querySelector(`[data-id="${messageId}"]`);
    node?.scrollIntoView({ block: "center", behavior: "smooth" });
    node?.animate([{ opacity: 0.4 }, { opacity: 1 }], 900);
  }

  menuOf(message) {
    const { words } = this, text = message.text || message.caption || "";
    const mine = message.from.id === this.personId, own = mine && !message.forward_origin && !message.via_bot;
    return [
      [words.reply, () => this.reply(message)],
      ...(own ? [[words.edit, () => this.composer.setAbout({ message, edit: true })]] : []),
      ...(text ? [[words.copy, () => this.copy(text)]] : []),
      [words.forward, () => this.forward(message)],
      ...(mine || this.chat.type === "private" ? [[words.remove, () => this.composer.act("delete", { message_id: message.message_id }), "danger"]] : []),
    ];
  }

  messageMenu(message, x, y) { popup(this.menuOf(message), x, y); }

  chooseChat(title, act) {
    const rows = this.person.chats.map((chat) => button("row", "", () => { document.getElementById("box").close(); act(chat); }, avatar(chat.title, chat.peer, chat.with_bot), make("span", "", make("b", "", chat.title))));
    box(title, rows, this.words.cancel);
  }

  forward(message) {
    this.chooseChat(this.words.forwardTo, (chat) => { this.composer.act("forward", { message_id: message.message_id, to: chat.id }); this.open(chat.id); });
  }

  inlineElsewhere(query) {
    this.chooseChat(this.words.forwardTo, (chat) => { this.open(chat.id); this.inlineHere(query); });
  }

  chatMenu(event) {
    const { words, chat, person } = this, to = event.currentTarget.getBoundingClientRect();
    const choices = [];
    if (chat.with_bot) choices.push([person.blocked ? words.unblock : words.block, () => post("block", { person: person.id, blocked: !person.blocked }), "danger"]);
    else if (chat.type !== "private" && chat.bot_inside) choices.push([words.kick, () => this.composer.act("remove_bot", {}), "danger"]);
    popup([[words.newGroup, () => this.newGroup()], ...choices], to.right - 220, to.bottom + 4);
  }

  newGroup() {
    const { words } = this, title = make("input"), forum = make("input");
    Object.assign(title, { placeholder: words.groupTitle, value: words.common, required: true, maxLength: 128 });
    forum.type = "checkbox";
    box(words.newGroup, [title, make("label", "", forum, words.withTopics)], words.create, async () => {
      const made = await post("group", { person: this.personId, title: title.value, forum: forum.checked });
      this.open(made.id);
    });
  }

  newTopic() {
    const { words } = this, name = make("input");
    Object.assign(name, { placeholder: words.topicName, required: true, maxLength: 128 });
    box(words.newTopic, [name], words.create, async () => {
      const made = await post("topic", { ...this.where(), name: name.value });
      this.open(this.chatId, made.id);
    });
  }
}

// Whether two messages stand together as one author's.
function joined(before, after) {
  return before && !before.forum_topic_created && before.from.id === after.from.id && before.via_bot?.id === after.via_bot?.id && after.date - before.date < RUN;
}
