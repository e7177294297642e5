// The panel that makes Telegram fail on purpose.

import { $, button, icon, make, post, toast } from "/page/dom.js";

const KINDS = ["too_many", "broken", "timed_out", "lost", "duplicated"];
const WEATHER = {
  calm: [0, 0, 0, 0, 0],
  rough: [0.05, 0.05, 0.02, 0.03, 0.05],
  storm: [0.15, 0.15, 0.05, 0.15, 0.2],
};

export class FaultsPanel {
  constructor() {
    this.dialog = $("faults");
    this.sliders = {};
  }

  toggle(words, rates) {
    if (this.dialog.open) { this.dialog.close(); return; }
    this.build(words.faults, words);
    this.update(rates);
    this.dialog.show();
  }

  build(words, common) {
    const rows = KINDS.map((kind) => {
      const slider = make("input"), percent = make("output"), times = make("small");
      Object.assign(slider, { type: "range", min: 0, max: 50, step: 1, ariaLabel: words[kind] });
      slider.oninput = () => { percent.textContent = `${slider.value} %`; this.apply(); };
      this.sliders[kind] = { slider, percent, times };
      return make("label", "", make("span", "", words[kind], times), percent, slider);
    });
    this.wait = make("input");
    Object.assign(this.wait, { type: "number", min: 1, max: 60, ariaLabel: words.retry_after });
    this.wait.onchange = () => this.apply();
    const weather = Object.entries(WEATHER).map(([name, rates]) => button("", "", () => {
      KINDS.forEach((kind, at) => { this.sliders[kind].slider.value = rates[at] * 100; this.sliders[kind].slider.oninput(); });
    }, words[name]));
    this.dialog.replaceChildren(
      make("header", "", make("h2", "", words.title), button("round", common.close, () => this.dialog.close(), icon("close", 18))),
      make("p", "", words.about), make("div", "weather", ...weather), ...rows, make("label", "wait", make("span", "", words.retry_after), this.wait),
    );
  }

  update(rates) {
    $("trouble").classList.toggle("on", KINDS.some((kind) => rates[kind] > 0));
    if (!this.wait) return;
    for (const kind of KINDS) {
      const { slider, percent, times } = this.sliders[kind];
      if (document.activeElement !== slider) { slider.value = Math.round(rates[kind] * 100); percent.textContent = `${slider.value} %`; }
      times.textContent = rates.injected[kind] ? ` · ×${rates.injected[kind]}` : "";
    }
    if (document.activeElement !== this.wait) this.wait.value = rates.retry_after;
  }

  apply() {
    clearTimeout(this.pause);
    this.pause = setTimeout(() => {
      const rates = Object.fromEntries(KINDS.map((kind) => [kind, this.sliders[kind].slider.value / 100]));
      post("faults", { ...rates, retry_after: Number(this.wait.value) || 1 }).catch((error) => toast(error.message));
    }, 200);
  }
}
