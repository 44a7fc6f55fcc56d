// Why an event is not about mirroring: which check it did not pass. Looks where the detector looks, for people to read.

import { provider } from './words.js';

const NAMES = ['eventname', 'operationname', 'methodname', 'operationnamevalue', 'operation_name', 'trace_name'];
const SERVICES = ['eventsource', 'servicename', 'service_type'];
/** Wrappers and members are followed so deep. */
const DEPTH_MAX = 6;

/** Lines of [sign, ...text]: yes, no, or the conclusion. */
export function reasons({ problem, value, record, wrapped, events }, quiet, rows) {
  if (problem) {
    return [
      ['no', 'It is not one JSON object: ', problem],
      ['so', 'A record that cannot be read passes unchanged; it is never lost.'],
    ];
  }
  if (value === undefined && events > 1 && !wrapped) return [['no', `It is ${events} records, and a shipper hands over one at a time. Read it as a file instead.`]];
  const object = value ?? JSON.parse(record);
  if (object === null || typeof object !== 'object' || Array.isArray(object)) return [['no', 'A record is one JSON object; this is a list. Read it as a file instead.']];
  const lines = [['yes', wrapped ? 'It is a plain line, read as a message.' : 'It is one JSON object.']];
  if (quiet) lines.push(['no', 'None of the texts that every mirror event contains occurs in it, so it was not looked at any further.']);
  else lines.push(['yes', 'A text that mirror events contain occurs in it, so it was read.']);
  const found = { names: [], services: [] };
  collect(object, found, 0);
  for (const name of found.names) {
    const known = rows.filter((row) => row.name.toLowerCase() === unversioned(name));
    if (known.length > 0) {
      const service = found.services.length > 0 ? ['the event comes from ', code(found.services.join(', '))] : ['it stands where another provider’s name would'];
      lines.push(['no', code(name), ` is a name in the catalog of ${known.map((row) => provider(row.provider)).join(', ')}, but `, ...service, '.']);
    } else {
      const near = nearest(unversioned(name), rows);
      lines.push(['no', 'The operation ', code(name), ' is not in the catalog; whole names are compared.', ...(near ? [' The nearest is ', code(near.name), '.'] : [])]);
    }
  }
  if (found.names.length === 0 && !quiet) lines.push(['no', wrapped ? 'The line is no command or message that the catalog has.' : 'No member names an operation of the catalog.']);
  return lines;
}

function code(text) {
  const element = document.createElement('code');
  element.textContent = text;
  return element;
}

function unversioned(name) {
  return name.toLowerCase().replace(/^(v\d\w*|beta|alpha)\./, '');
}

function collect(value, found, depth) {
  if (depth > DEPTH_MAX) return;
  if (typeof value === 'string' && value.trimStart().startsWith('{')) {
    try {
      collect(JSON.parse(value), found, depth + 1);
    } catch { /* a text that only looks like an object */ }
    return;
  }
  if (value === null || typeof value !== 'object') return;
  for (const [key, inner] of Object.entries(value)) {
    const last = key.toLowerCase().split('.').at(-1);
    const text = typeof inner === 'string' ? inner : typeof inner?.value === 'string' ? inner.value : undefined;
    if (NAMES.includes(last) && text !== undefined) add(found.names, text);
    else if (SERVICES.includes(last) && text !== undefined) add(found.services, text);
    else collect(inner, found, depth + 1);
  }
}

function add(list, text) {
  if (!list.includes(text) && list.length < 5) list.push(text);
}

/** The catalog's name that shares the most pairs of letters, if it is near at all. */
function nearest(name, rows) {
  const pairs = (text) => new Set(Array.from({ length: Math.max(0, text.length - 1) }, (_, at) => text.slice(at, at + 2)));
  const own = pairs(name);
  let best;
  for (const row of rows) {
    const other = pairs(row.name.toLowerCase());
    let same = 0;
    for (const pair of own) if (other.has(pair)) same += 1;
    const likeness = (2 * same) / (own.size + other.size || 1);
    if (likeness > 0.6 && likeness > (best?.likeness ?? 0)) best = { row, likeness };
  }
  return best?.row;
}
