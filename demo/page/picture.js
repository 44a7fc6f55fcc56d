// Draws how packets flow in a story: interface, session, target, destination. Knows flows, not events.

import { make } from './dom.js';
import { readable } from './words.js';

const BOX = 58;
const GAP = 46;
const LINE = 15;
const NARROW = 560;

/** How many flows a picture of this width shows: below each other one takes a screen of a phone. */
const flowsMax = (width) => width < NARROW ? 2 : 6;

/** The stations of a flow: what each is called, its ids, and lines below. */
function stations(flow) {
  const all = [
    ['source', flow.sources, [flow.account && `account ${flow.account}`]],
    [readable(flow.kind), [flow.session], [flow.directions.join(', '), flow.filters.length > 0 && `filter ${flow.filters.join(', ')}`]],
    ['target', flow.targets, []],
    ['destination', flow.destinations, [flow.to_accounts.length > 0 && `account ${flow.to_accounts.join(', ')}`]],
  ];
  const known = all.filter(([role, ids]) => ids.length > 0 || role === 'source');
  // Where nothing is known of an end, that is what the picture shows.
  if (flow.targets.length === 0 && flow.destinations.length === 0) known.push(['destination', [], []]);
  return known.map(([role, ids, notes]) => ({ role, ids: ids.length > 0 ? ids : ['not seen'], unseen: ids.length === 0, notes: notes.filter(Boolean) }));
}

const cut = (text, letters) => text.length <= letters ? text : `${text.slice(0, Math.ceil(letters / 2) - 1)}…${text.slice(text.length - Math.floor(letters / 2) + 1)}`;

/** A line below a box: where it is too long without the word that says what it is, then without its middle. */
const fit = (text, letters) => cut(text.length <= letters ? text : text.replace(/^(account|filter) /, ''), letters);

/** Fills `place` with one row of boxes for each flow, below each other where it is narrow; how many it has no room for. */
export function draw(place, flows) {
  const width = Math.max(240, place.clientWidth);
  const narrow = width < NARROW;
  const shown = flows.slice(0, flowsMax(width));
  const rows = shown.map(stations);
  const longest = Math.max(1, ...rows.map((row) => row.length));
  const wide = narrow ? width - 2 : (width - 2 - (longest - 1) * GAP) / longest;
  const label = rows.map((row) => row.map((station) => `${station.role} ${station.ids.join(', ')}`).join(' to ')).join('; ');
  const svg = make('svg', { role: 'img', 'aria-label': label });
  let top = 1;
  rows.forEach((row, at) => {
    row.forEach((station, place) => {
      const last = place + 1 === row.length;
      const [x, y] = narrow ? [1, top] : [1 + place * (wide + GAP), top];
      const below = station.notes.length * LINE + 3;
      const letters = Math.floor((wide - 20) / 7.6);
      const more = station.ids.length > 1 ? ` +${station.ids.length - 1}` : '';
      const ended = !shown[at].runs && place === 1 ? ' (ended)' : '';
      svg.append(make('g', { class: station.unseen ? 'unseen' : place === 1 ? 'copies' : '' },
        make('title', {}, station.ids.join(', ')),
        make('rect', { x, y, width: wide, height: BOX, rx: 8 }),
        make('text', { class: 'role', x: x + 10, y: y + 21 }, `${station.role}${ended}`),
        make('text', { class: 'id', x: x + 10, y: y + 43 }, cut(station.ids[0], letters - more.length) + more)));
      svg.append(...station.notes.map((note, line) => make('text', { class: 'note', x: x + 2, y: y + BOX + LINE * (line + 1) }, fit(note, Math.floor(wide / 7.7)))));
      if (narrow) top += BOX + below + (last ? 22 : 24);
      if (last) return;
      const [fromX, fromY, toX, toY] = narrow ? [x + 24, y + BOX + below + 3, x + 24, top - 4] : [x + wide + 5, y + BOX / 2, x + wide + GAP - 6, y + BOX / 2];
      const head = narrow ? `M${toX - 5} ${toY - 6}L${toX} ${toY}L${toX + 5} ${toY - 6}` : `M${toX - 7} ${toY - 5}L${toX} ${toY}L${toX - 7} ${toY + 5}`;
      svg.append(make('path', { class: shown[at].runs ? 'runs' : '', d: `M${fromX} ${fromY}L${toX} ${toY}${head}` }));
    });
    if (!narrow) top += BOX + LINE * Math.max(...row.map((station) => station.notes.length)) + 20;
  });
  svg.setAttribute('viewBox', `0 0 ${width} ${top - 16}`);
  place.replaceChildren(svg);
  return flows.length - shown.length;
}
