// Totals over any number of mirror events, in bounded memory: by provider, actor, action, severity, outcome and time.

import { ACTION_GROUPS, at, group } from './words.js';

/** So many names of one kind are told apart; the rest are counted together. */
const NAMES_MAX = 20_000;
const TOP = 8;
/** So many steps of time are told apart before two become one. */
const STEPS_MAX = 4_000;

export class Totals {
  #counts = { provider: new Map(), actor: new Map(), action: new Map(), severity: new Map(), outcome: new Map(), approval: new Map() };
  #steps = new Map();
  #step = 1_000;
  #untimed = 0;
  #approved = 0;
  #approvedBytes = 0;

  add({ verdict, bytes }) {
    for (const [name, counts] of Object.entries(this.#counts)) {
      let word = name === 'approval' ? verdict.approved?.name ?? '(no entry fits)' : verdict[name] ?? '(not said)';
      if (!counts.has(word) && counts.size >= NAMES_MAX) word = '(others)';
      counts.set(word, (counts.get(word) ?? 0) + 1);
    }
    if (verdict.approved) {
      this.#approved += 1;
      this.#approvedBytes += bytes;
    }
    const time = at(verdict.time);
    if (Number.isNaN(time)) this.#untimed += 1;
    else this.#at(time, verdict.action);
  }

  #at(time, action) {
    const key = Math.floor(time / this.#step);
    let counts = this.#steps.get(key);
    if (counts === undefined) {
      counts = new Array(ACTION_GROUPS.length).fill(0);
      this.#steps.set(key, counts);
    }
    counts[ACTION_GROUPS.indexOf(group(action))] += 1;
    while (this.#steps.size > STEPS_MAX) this.#coarsen();
  }

  #coarsen() {
    const finer = this.#steps;
    this.#step *= 2;
    this.#steps = new Map();
    for (const [key, counts] of finer) {
      const coarse = Math.floor(key / 2);
      const sum = this.#steps.get(coarse);
      if (sum) counts.forEach((count, at) => { sum[at] += count; });
      else this.#steps.set(coarse, counts);
    }
  }

  /** Plain data for the page: the most frequent names of each kind, and the steps in order of time. */
  snapshot() {
    const top = (counts) => [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
    const lists = Object.fromEntries(Object.entries(this.#counts).map(([name, counts]) => [name, top(counts).slice(0, TOP)]));
    const steps = [...this.#steps].sort((a, b) => a[0] - b[0]).map(([key, counts]) => [key * this.#step, counts]);
    return { ...lists, actors: this.#counts.actor.size, steps, step: this.#step, untimed: this.#untimed, approved: this.#approved, approvedBytes: this.#approvedBytes };
  }
}
