// Draws how packets flow in a story: interface, session, target, destination. Knows flows, not events.

import { make } from './dom.js';
import { readable } from './words.js';

const BOX = 58;
const GAP = 46;
const FLOWS_MAX = 6;

/** The stations of a flow: what each is called, its ids, and a note below. */
function stations(flow) {
  const all = [
    ['source', flow.sources, flow.account && `account ${flow.account}`],
    [readable(flow.kind), [flow.session], [...flow.directions, flow.filters.length > 0 && `filter ${flow.filters.join(', ')}`].filter(Boolean).join(', ')],
    ['target', flow.targets, ''],
    ['destination', flow.destinations, flow.to_accounts.length > 0 && `account ${flow.to_accounts.join(', ')}`],
  ];
  const known = all.filter(([role, ids]) => ids.length > 0 || role === 'source');
  // Where nothing is known of an end, that is what the picture shows.
  if (flow.targets.length === 0 && flow.destinations.length === 0) known.push(['destination', [], '']);
  return known.map(([role, ids, note]) => ({ role, ids: ids.length > 0 ? ids : ['not seen'], unseen: ids.length === 0, note: note || '' }));
}

const cut = (text, letters) => text.length <= letters ? text : `${text.slice(0, Math.ceil(letters / 2) - 1)}…${text.slice(text.length - Math.floor(letters / 2) + 1)}`;

/** Fills `place` with one row of boxes for each flow; below each other where it is narrow. */
export function draw(place, flows) {
  const width = Math.max(240, place.clientWidth);
  const rows = flows.slice(0, FLOWS_MAX).map(stations);
  const narrow = width < 560;
  const longest = Math.max(1, ...rows.map((row) => row.length));
  const wide = narrow ? width - 2 : (width - 2 - (longest - 1) * GAP) / longest;
  const note = 18;
  const high = narrow ? longest * (BOX + note + 26) : BOX + note + 20;
  const label = flows.map((flow) => stations(flow).map((station) => `${station.role} ${station.ids.join(', ')}`).join(' to ')).join('; ');
  const svg = make('svg', { viewBox: `0 0 ${width} ${rows.length * high}`, role: 'img', 'aria-label': label });
  rows.forEach((row, at) => {
    row.forEach((station, place) => {
      const x = narrow ? 1 : 1 + place * (wide + GAP);
      const y = at * high + (narrow ? place * (BOX + note + 26) : 0) + 1;
      const letters = Math.floor((wide - 20) / 7.6);
      const more = station.ids.length > 1 ? ` +${station.ids.length - 1}` : '';
      const ended = !flows[at].runs && place === 1 ? ' (ended)' : '';
      svg.append(make('g', { class: station.unseen ? 'unseen' : place === 1 ? 'copies' : '' },
        make('title', {}, station.ids.join(', ')),
        make('rect', { x, y, width: wide, height: BOX, rx: 8 }),
        make('text', { class: 'role', x: x + 10, y: y + 21 }, `${station.role}${ended}`),
        make('text', { class: 'id', x: x + 10, y: y + 43 }, cut(station.ids[0], letters - more.length) + more)));
      svg.append(make('text', { class: 'note', x: x + 2, y: y + BOX + 15 }, cut(station.note, Math.floor(wide / 6.8))));
      if (place + 1 === row.length) return;
      const [fromX, fromY, toX, toY] = narrow ? [x + 24, y + BOX + 20, x + 24, y + BOX + note + 22] : [x + wide + 5, y + BOX / 2, x + wide + GAP - 6, y + BOX / 2];
      const head = narrow ? `M${toX - 5} ${toY - 6}L${toX} ${toY}L${toX + 5} ${toY - 6}` : `M${toX - 7} ${toY - 5}L${toX} ${toY}L${toX - 7} ${toY + 5}`;
      svg.append(make('path', { class: flows[at].runs ? 'runs' : '', d: `M${fromX} ${fromY}L${toX} ${toY}${head}` }));
    });
  });
  place.replaceChildren(svg);
}
