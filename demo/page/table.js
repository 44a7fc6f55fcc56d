// The table of mirror events: sorts, filters and shows a page of the rows that it was given. Knows no file.

import { byId, chip, make, number } from './dom.js';
import { iso } from './timeline.js';
import { at, provider, readable, when } from './words.js';

const PAGE = 100;
const SEVERITIES = ['informational', 'low', 'medium', 'high', 'critical'];
const COLUMNS = [
  ['time', 'Time'], ['severity', 'Severity'], ['action', 'Action'], ['outcome', 'Outcome'], ['operation', 'Operation'],
  ['actor', 'Actor'], ['source_ip', 'From'], ['provider', 'Provider'],
];
const FILTERS = [['provider', 'Every provider', provider], ['action', 'Every action', readable], ['severity', 'Every severity', readable], ['outcome', 'Every outcome', readable], ['fate', 'Whatever the policy does', String]];
/** What the policy does with a row. */
const fate = ({ answer, verdict }) => answer === 'dropped' ? 'dropped' : verdict.approved ? 'approved' : 'not approved';
const value = (row, name) => name === 'fate' ? row.fate : row.verdict[name];

export function startTable(open) {
  let rows = [];
  let shown = [];
  let page = 0;
  let sort = { column: undefined, down: false };
  let span;
  let limited = '';

  const heads = COLUMNS.map(([column, title]) => {
    const button = make('button', {}, title);
    const head = make('th', { scope: 'col', 'aria-sort': 'none' }, button);
    button.addEventListener('click', () => {
      sort = { column, down: sort.column === column && !sort.down };
      heads.forEach((other, place) => {
        const own = COLUMNS[place][0] === column;
        other.setAttribute('aria-sort', own ? (sort.down ? 'descending' : 'ascending') : 'none');
        other.firstChild.textContent = COLUMNS[place][1] + (own ? (sort.down ? ' ↓' : ' ↑') : '');
      });
      choose();
    });
    return head;
  });
  byId('head').replaceChildren(...heads);

  function choose() {
    const words = byId('find').value.toLowerCase().split(/\s+/).filter((word) => word !== '');
    const wanted = FILTERS.map(([name]) => [name, byId(`by-${name}`).value]).filter(([, value]) => value !== '');
    shown = rows.filter((row) => wanted.every(([name, word]) => value(row, name) === word)
      && words.every((word) => row.text.includes(word))
      && (span === undefined || (row.at >= span[0] && row.at < span[1])));
    if (sort.column !== undefined) {
      const rank = (row) => sort.column === 'severity' ? SEVERITIES.indexOf(row.verdict.severity) : row.verdict[sort.column] ?? '';
      shown.sort((a, b) => {
        const [x, y] = [rank(a), rank(b)];
        return (x < y ? -1 : x > y ? 1 : a.n - b.n) * (sort.down ? -1 : 1);
      });
    }
    page = 0;
    render();
  }

  function render() {
    const pages = Math.max(1, Math.ceil(shown.length / PAGE));
    page = Math.min(page, pages - 1);
    const of = shown.length === rows.length ? '' : ` of ${number(rows.length)}`;
    byId('table-note').textContent = `${number(shown.length)}${of} ${rows.length === 1 ? 'event' : 'events'}. ${limited}`;
    byId('rows').replaceChildren(...shown.slice(page * PAGE, (page + 1) * PAGE).map(line));
    byId('pages').hidden = pages === 1;
    byId('page').textContent = `Page ${page + 1} of ${pages}`;
    byId('previous').disabled = page === 0;
    byId('next').disabled = page === pages - 1;
  }

  function line({ id, answer, verdict }) {
    const cells = COLUMNS.map(([column]) => {
      const text = verdict[column] ?? '';
      switch (column) {
        case 'time': return make('td', { class: 'numbers' }, when(text) ?? '–');
        case 'severity': return make('td', {}, chip(text, text));
        case 'operation': return make('td', {}, make('button', {}, text), ...(answer === 'dropped' ? [' ', chip('dropped', 'dropped')] : []), ...(verdict.approved ? [' ', chip('approved', 'approved')] : []));
        case 'provider': return make('td', {}, provider(text));
        default: return make('td', {}, readable(text) || '–');
      }
    });
    // Identities and addresses are shown as they are.
    for (const column of ['actor', 'source_ip']) cells[COLUMNS.findIndex(([name]) => name === column)].textContent = verdict[column] ?? '–';
    const row = make('tr', {}, ...cells);
    row.addEventListener('click', () => open(id));
    return row;
  }

  function offer() {
    for (const [name, every, word] of FILTERS) {
      const select = byId(`by-${name}`);
      const values = [...new Set(rows.map((row) => value(row, name)))].filter((value) => value !== undefined);
      if (name === 'severity') values.sort((a, b) => SEVERITIES.indexOf(b) - SEVERITIES.indexOf(a));
      else values.sort();
      const before = select.value;
      select.replaceChildren(make('option', { value: '' }, every), ...values.map((value) => make('option', { value }, word(value))));
      select.value = values.includes(before) ? before : '';
    }
  }

  byId('find').addEventListener('input', choose);
  for (const [name] of FILTERS) byId(`by-${name}`).addEventListener('change', choose);
  byId('previous').addEventListener('click', () => { page -= 1; render(); });
  byId('next').addEventListener('click', () => { page += 1; render(); });
  byId('by-time').addEventListener('click', () => within());

  /** Shows only events of a span of time; without one, all. */
  function within(from, to) {
    span = from === undefined ? undefined : [from, to];
    byId('by-time').hidden = span === undefined;
    byId('by-time').textContent = span ? `✕ ${iso(from)} to ${iso(to)}` : '';
    choose();
  }

  return {
    within,
    /** Forgets the rows; what was filtered and sorted by stays. */
    empty(policy) {
      rows = [];
      limited = '';
      byId('by-fate').hidden = !policy;
      if (!policy) byId('by-fate').value = '';
      choose();
    },
    clear() {
      rows = [];
      byId('find').value = '';
      offer();
      within();
    },
    add(more) {
      for (const row of more) {
        row.at = at(row.verdict.time);
        row.fate = fate(row);
        row.text = [...Object.values(row.verdict), ...Object.values(row.verdict.resources ?? {})].join(' ').toLowerCase();
        rows.push(row);
      }
      if (rows.length <= PAGE || rows.length === more.length) {
        offer();
        choose();
      }
    },
    finish(note) {
      limited = note;
      offer();
      choose();
    },
  };
}
