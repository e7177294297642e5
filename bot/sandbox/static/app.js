// The page: whose messengers it shows, and the one request that follows the sandbox.

import { $, avatar, button, icon, make, post, renew, toast } from "/page/dom.js";
import { FaultsPanel } from "/page/faults.js";
import { Pane } from "/page/pane.js";
import { WORDS, wordsOf } from "/page/words.js";

const ROOM = 360;  // pixels that a messenger needs beside others
const RETRY = 1500;  // milliseconds

class App {
  constructor() {
    this.panes = new Map();  // person -> their pane, kept while it isn't shown
    this.state = null;
    this.faults = new FaultsPanel();
    this.active = null;
    this.split = false;
    $("add-person").append(icon("plus", 18));
    $("split").append(icon("columns", 20));
    $("trouble").append(icon("bolt", 20));
    $("theme").append(icon("moon", 20));
    $("add-person").onclick = () => this.addPerson();
    $("split").onclick = () => { this.split = !this.split; this.arrange(); this.refresh(); };
    $("trouble").onclick = () => this.faults.toggle(this.words, this.state.faults);
    $("theme").onclick = () => this.setTheme(this.dark() ? "light" : "dark");
    for (const one of document.querySelectorAll("[data-language]"))
      one.onclick = () => post("language", { person: this.active.personId, language_code: one.dataset.language }).catch(() => {});
    addEventListener("resize", () => { if (this.state) this.arrange(); });
    this.setTheme(localStorage.getItem("theme") || "");
  }

  get words() { return wordsOf(this.active?.person || { language_code: browserLanguage() }); }
  dark() { return (document.documentElement.style.colorScheme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark"; }

  setTheme(theme) {
    document.documentElement.style.colorScheme = theme;
    localStorage.setItem("theme", theme);
  }

  // Follows the sandbox for ever; a change of what is shown begins the request anew.
  async follow() {
    for (;;) {
      try {
        if (!this.state) await this.begin();
        const views = this.visible();
        const query = new URLSearchParams({ views: views.map((pane) => pane.key).join(",") });
        if (this.asked === query.get("views")) query.set("version", this.state.version);
        this.abort = new AbortController();
        const answer = await fetch(`/sandbox/state?${query}`, { signal: this.abort.signal });
        if (!answer.ok) throw new Error(answer.statusText);
        const state = await answer.json();
        if (views.map((pane) => pane.key).join(",") !== this.visible().map((pane) => pane.key).join(",")) continue;
        this.asked = query.get("views");
        this.state = state;
        views.forEach((pane, place) => pane.update(state, state.views[place]));
        this.show();
      } catch (error) {
        if (error.name === "AbortError") continue;
        console.debug(error);
        for (const pane of this.visible()) pane.status.textContent = this.words.offline;
        this.state = this.asked = null;  // a restarted sandbox counts its changes anew
        await new Promise((resume) => setTimeout(resume, RETRY));
      }
    }
  }

  refresh() { this.abort?.abort(); }

  async begin() {
    const look = async () => (await fetch("/sandbox/state")).json();
    let state = await look();
    if (!state.people.length) {
      const language = browserLanguage();
      await post("people", { first_name: WORDS[language].guest, language_code: language });
      state = await look();
    }
    this.state = state;
    const [person, chat, thread] = location.hash.slice(1).split(":").map(Number);
    const known = new Set(state.people.map((one) => one.id));
    for (const id of [...this.panes.keys()].filter((one) => !known.has(one))) this.panes.delete(id);
    const wanted = known.has(this.active?.personId) ? this.active.personId : known.has(person) ? person : state.people[0].id;
    const chats = state.people.find((one) => one.id === wanted).chats.map((one) => one.id);
    if (chats.includes(chat) && !this.panes.has(wanted)) this.panes.set(wanted, new Pane(this, wanted, chat, thread));
    this.active = this.paneOf(wanted);
    this.arrange();
  }

  paneOf(personId) {
    if (!this.panes.has(personId)) this.panes.set(personId, new Pane(this, personId));
    return this.panes.get(personId);
  }

  // The panes on the screen: the active person's, or as many as there is room for beside one another.
  visible() {
    const room = Math.max(1, Math.floor(innerWidth / ROOM));
    if (!this.split || room < 2) return [this.active];
    const everyone = this.state.people.map((one) => one.id);
    const at = everyone.indexOf(this.active.personId);
    const from = Math.max(0, Math.min(at, everyone.length - room));
    return everyone.slice(from, from + room).map((id) => this.paneOf(id));
  }

  arrange() {
    const panes = this.visible(), nodes = panes.map((pane) => pane.node);
    if (nodes.length !== $("panes").children.length || nodes.some((node, place) => $("panes").children[place] !== node)) {
      $("panes").replaceChildren(...nodes);
      panes.forEach((pane) => { pane.atEnd = true; pane.node.classList.toggle("blank", !pane.view); });
    }
    this.show();
  }

  select(pane) {
    if (pane === this.active) return;
    this.active = pane;
    this.show();
  }

  show() {
    const { words, state } = this;
    document.documentElement.lang = words.locale;
    document.title = state.bot.first_name;
    for (const one of document.querySelectorAll("[data-language]")) one.ariaPressed = String(WORDS[one.dataset.language] === words);
    for (const [id, label] of [["add-person", words.addPerson], ["split", this.split ? words.single : words.split], ["trouble", words.faults.title], ["theme", words.theme]])
      $(id).ariaLabel = $(id).title = label;
    $("split").hidden = state.people.length < 2 || innerWidth < 2 * ROOM;
    $("split").ariaPressed = String(this.split);
    renew($("people"), [this.active.personId, state.people.map((one) => one.first_name)], () => state.people.map((person) => {
      const tab = button("person", "", () => { this.active = this.paneOf(person.id); this.arrange(); this.refresh(); }, avatar(person.first_name, person.id), make("span", "", person.first_name));
      tab.role = "tab";
      tab.ariaSelected = String(person.id === this.active.personId);
      return tab;
    }));
    for (const pane of this.panes.values()) pane.node.classList.toggle("active", pane === this.active && this.split);
    this.faults.update(state.faults);
    history.replaceState(null, "", `#${this.active.key}`);
  }

  // The second person brings a group along, where both can meet the bot.
  async addPerson() {
    const { words, state } = this, taken = new Set(state.people.map((one) => one.first_name));
    const name = words.names.find((one) => !taken.has(one)) || `${words.guest} ${state.people.length + 1}`;
    try {
      const { id } = await post("people", { first_name: name, language_code: this.active.person.language_code });
      if (state.people.length === 1) await post("group", { person: id, title: words.common });
      if (innerWidth >= 2 * ROOM) this.split = true;
      this.state = await (await fetch("/sandbox/state")).json();
      this.active = this.paneOf(id);
      this.arrange();
      this.refresh();
      toast(words.joined(name));
    } catch (error) { toast(error.message); }
  }
}

function browserLanguage() {
  return (navigator.languages || [navigator.language]).map((one) => one.slice(0, 2)).find((one) => WORDS[one]) || "en";
}

new App().follow();
