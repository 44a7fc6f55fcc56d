// Draws mirror events over time as stacked bars. Knows counts and times, not events.

import { make, number } from './dom.js';
import { ACTION_GROUPS, GROUP_NAMES } from './words.js';

const HEIGHT = 180;
const LEFT = 34;
const BOTTOM = 24;
const BARS_MAX = 96;
const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** The lengths of time that a bar may stand for. */
const LENGTHS = [SECOND, 5 * SECOND, 15 * SECOND, MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 3 * HOUR, 6 * HOUR, DAY, 7 * DAY, 30 * DAY, 365 * DAY];

export const iso = (time) => new Date(time).toISOString().replace(/(:00)?\.000Z$/, 'Z').replace('T', ' ');

/** Fills `place`; `pick` hears the start and end of a bar that is clicked. Returns how long one bar is. */
export function draw(place, legend, { steps, step }, pick) {
  legend.replaceChildren();
  if (steps.length === 0) {
    place.replaceChildren(make('p', { class: 'hint' }, 'No mirror event with a time.'));
    return undefined;
  }
  const [first, last] = [steps[0][0], steps.at(-1)[0] + step];
  const length = LENGTHS.find((length) => length >= step && (last - first) / length <= BARS_MAX) ?? LENGTHS.at(-1);
  const start = Math.floor(first / length) * length;
  const count = Math.max(1, Math.ceil((last - start) / length));
  const bars = Array.from({ length: count }, () => new Array(ACTION_GROUPS.length).fill(0));
  for (const [time, counts] of steps) {
    const bar = bars[Math.min(count - 1, Math.floor((time - start) / length))];
    counts.forEach((value, at) => { bar[at] += value; });
  }
  const sum = (bar) => bar.reduce((total, value) => total + value, 0);
  const top = Math.max(...bars.map(sum));
  const all = bars.map(sum).reduce((total, value) => total + value, 0);
  const present = ACTION_GROUPS.filter((_, at) => bars.some((bar) => bar[at] > 0));
  legend.append(...present.map((name) => make('span', {}, make('i', { class: name }), GROUP_NAMES[name])));

  const label = `${number(all)} mirror events from ${iso(first)} to ${iso(last)}, the most in one bar ${number(top)}`;
  // As wide as its place, so that its letters are as large as all others.
  const width = Math.max(240, place.clientWidth);
  const svg = make('svg', { viewBox: `0 0 ${width} ${HEIGHT}`, role: 'img', 'aria-label': label });
  const y = (value) => (HEIGHT - BOTTOM) * (1 - value / top) + 4 * (value / top);
  for (const mark of top > 1 ? [top, top / 2] : [top]) {
    if (!Number.isInteger(mark)) continue;
    svg.append(make('line', { x1: LEFT, x2: width, y1: y(mark), y2: y(mark) }), make('text', { x: LEFT - 6, y: y(mark) + 8, 'text-anchor': 'end' }, number(mark)));
  }
  const wide = (width - LEFT) / count;
  const gap = Math.min(3, wide * 0.15);
  bars.forEach((bar, at) => {
    const x = LEFT + at * wide;
    let below = 0;
    bar.forEach((value, group) => {
      if (value === 0) return;
      const high = y(below) - y(below + value);
      svg.append(make('rect', { class: ACTION_GROUPS[group], x: x + gap / 2, y: y(below + value), width: Math.min(wide - gap, 48), height: Math.max(1.5, high), rx: 1.5 }));
      below += value;
    });
    if (below === 0) return;
    const from = start + at * length;
    const hit = make('rect', { class: 'hit', x, y: 0, width: wide, height: HEIGHT - BOTTOM }, make('title', {}, `${iso(from)}: ${number(below)}`));
    hit.addEventListener('click', () => pick(from, from + length));
    svg.append(hit);
  });
  svg.append(make('line', { x1: LEFT, x2: width, y1: HEIGHT - BOTTOM, y2: HEIGHT - BOTTOM }));
  // The first and the last stand at the edges and reach twice as far in as one in the middle.
  const ticks = Math.min(count, Math.max(1, Math.floor(width / 230)));
  for (let tick = 0; tick <= ticks; tick += 1) {
    const at = Math.round((tick / ticks) * count);
    const anchor = tick === 0 ? 'start' : tick === ticks ? 'end' : 'middle';
    const text = iso(start + at * length).replace('Z', '');
    svg.append(make('text', { x: LEFT + at * wide, y: HEIGHT - 6, 'text-anchor': anchor }, length >= DAY ? text.slice(0, 10) : text));
  }
  place.replaceChildren(svg);
  return length;
}
