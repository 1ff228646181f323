"use strict";
// Time series of the figures, drawn by uPlot from GET /internal/dashboard/history. Each chart also has a sentence and a table.

const RANGES = { hour: [3600, "minute"], day: [24 * 3600, "minute"], week: [7 * 24 * 3600, "hour"] };
const LANGUAGE = document.documentElement.lang;
const ZONE = document.documentElement.dataset.zone;
const number = new Intl.NumberFormat(LANGUAGE, { maximumFractionDigits: 1 });
const short = new Intl.NumberFormat(LANGUAGE, { notation: "compact" });
const clock = new Intl.DateTimeFormat(LANGUAGE, { timeZone: ZONE, hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const moment = new Intl.DateTimeFormat(LANGUAGE, { timeZone: ZONE, dateStyle: "medium", timeStyle: "short", hourCycle: "h23" });

// A colour as canvas needs it: the custom property's value for the colours that are shown now.
function colour(name) {
  const probe = document.createElement("span");
  probe.className = `probe-${name}`;
  document.body.append(probe);
  const value = getComputedStyle(probe).color;
  probe.remove();
  return value;
}

// Values between two gaps: no line goes through them, so they are drawn as points.
function alone(plot, nth) {
  const values = plot.data[nth];
  return [...values.keys()].filter((at) => values[at] != null && values[at - 1] == null && values[at + 1] == null);
}

class Chart {
  constructor(figure) {
    this.figure = figure;
    this.place = figure.querySelector("[data-plot]");
    this.metrics = figure.dataset.metrics.split(" ");
    this.names = figure.dataset.names.split("|");
    this.plot = null;
  }

  async load(range) {
    const [seconds, step] = RANGES[range];
    const to = new Date();
    const from = new Date(to - 1000 * seconds);
    const asked = this.metrics.map(async (metric) => {
      const query = new URLSearchParams({ metric, from: from.toISOString(), to: to.toISOString(), step });
      const answer = await fetch(`/internal/dashboard/history?${query}`, { headers: { Accept: "application/json" } });
      if (!answer.ok) throw new Error(String(answer.status));
      return (await answer.json()).items;
    });
    try {
      const series = await Promise.all(asked);
      this.figure.classList.remove("missing");
      this.data = [series[0].map((point) => Date.parse(point.at) / 1000), ...series.map((items) => items.map((point) => point.value))];
    } catch {
      this.figure.classList.add("missing");
      return;
    }
    this.draw();
    this.tell(range);
  }

  draw() {
    if (!this.data) return;
    this.plot?.destroy();
    const ink = colour("quiet");
    const line = colour("line");
    const axis = { stroke: ink, grid: { stroke: line, width: 1 }, ticks: { stroke: line, width: 1 }, font: "11px system-ui" };
    const tones = ["accent", "warning"];
    this.plot = new uPlot({
      width: this.place.clientWidth,
      height: 140,
      legend: { show: false },
      cursor: { points: { size: 6 } },
      tzDate: (at) => uPlot.tzDate(new Date(at * 1000), ZONE),
      scales: { y: { range: (_plot, low, high) => [Math.min(0, low ?? 0), Math.max(1, (high ?? 0) * 1.1)] } },
      axes: [
        { ...axis, values: (_plot, ticks) => ticks.map((at) => clock.format(at * 1000)), space: 60 },
        { ...axis, values: (_plot, ticks) => ticks.map((value) => short.format(value)), size: 60 },
      ],
      series: [{}, ...this.metrics.map((_metric, position) => ({ stroke: colour(tones[position]), width: 1.5, spanGaps: false, points: { show: true, size: 4, filter: alone } }))],
      hooks: { setCursor: [(plot) => this.point(plot.cursor.idx)] },
    }, this.data, this.place);
  }

  // What the pointer is at, in words below the chart.
  point(index) {
    if (index == null) return;
    const values = this.names.map((name, position) => {
      const value = this.data[position + 1][index];
      return `${name} ${value == null ? "–" : number.format(value)}`;
    });
    this.figure.querySelector("[data-at]").textContent = `${moment.format(this.data[0][index] * 1000)} · ${values.join(" · ")}`;
  }

  tell(range) {
    const known = this.data[1].filter((value) => value != null);
    const sentence = this.figure.dataset.sentence
      .replace("{least}", number.format(known.length ? Math.min(...known) : 0))
      .replace("{most}", number.format(known.length ? Math.max(...known) : 0))
      .replace("{last}", known.length ? number.format(known.at(-1)) : "–");
    this.place.setAttribute("aria-label", `${this.figure.dataset.title}: ${sentence}`);
    this.figure.querySelector("[data-at]").textContent = sentence;
    const rows = this.figure.querySelector("tbody");
    rows.replaceChildren();
    const every = Math.max(1, Math.ceil(this.data[0].length / 60));
    for (let index = 0; index < this.data[0].length; index += every) {
      const row = rows.insertRow();
      row.insertCell().textContent = moment.format(this.data[0][index] * 1000);
      for (let position = 1; position < this.data.length; position += 1) {
        const value = this.data[position][index];
        const cell = row.insertCell();
        cell.className = "number";
        cell.textContent = value == null ? "–" : number.format(value);
      }
    }
  }
}

document.addEventListener("DOMContentLoaded", () => {
  const charts = [...document.querySelectorAll("[data-metrics]")].map((figure) => new Chart(figure));
  const choices = document.querySelectorAll("[data-range]");
  let range = "hour";
  const load = () => { for (const chart of charts) chart.load(range); };
  for (const choice of choices) {
    choice.addEventListener("click", () => {
      range = choice.dataset.range;
      for (const other of choices) other.setAttribute("aria-pressed", String(other === choice));
      load();
    });
  }
  const redraw = () => { for (const chart of charts) chart.draw(); };
  let resized;
  addEventListener("resize", () => { clearTimeout(resized); resized = setTimeout(redraw, 200); });
  document.addEventListener("halo:theme", redraw);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  load();
  setInterval(load, 60000);
});
