// What finds an event or a story again: a search of LogScale, a command, a row of the conformance suite.

import { byId, copy, make } from './dom.js';
import { insertion } from './json.js';

const quoted = (text) => `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
const shell = (text) => `'${text.replaceAll("'", "'\\''")}'`;

/** For an event: its verdict, the record, what is inserted, the file's name. */
export function ofEvent({ verdict, original, enriched, file }) {
  const named = [['event_id', verdict.event_id], ['operation', verdict.operation], ['actor', verdict.actor], ['time', verdict.time]].filter(([, value]) => value !== undefined);
  const members = verdict.event_id === undefined ? named : named.slice(0, 1);
  const inserted = enriched === undefined ? '' : enriched.slice(...insertion(original, enriched)).replace(/^,/, '');
  // Where the record has a `mirror` of its own, ours has another name.
  const ours = inserted.includes('"tapsieve":{') ? 'tapsieve' : 'mirror';
  return {
    'LogScale search': [`${ours}.schema = 1`, ...members.map(([name, value]) => `${ours}.${name} = ${quoted(value)}`)].join('\n| '),
    'Command line': `tapsieve run --only-mirror --split-records ${shell(file)} | jq -c ${shell(`select(${members.map(([name, value]) => `.${ours}.${name} == ${JSON.stringify(value)}`).join(' and ')})`)}`,
    'Conformance row': row(verdict, original, inserted),
  };
}

/** For a story. */
export function ofStory(story, file) {
  const span = (millis) => new Date(millis).toISOString();
  // Where no event said a year, LogScale knows the time and tapsieve does not.
  const within = new Date(story.began_millis).getUTCFullYear() === 1970 ? [] : [
    `test(@timestamp >= ${story.began_millis})`, `test(@timestamp <= ${story.last_millis})`,
    `// ${span(story.began_millis)} to ${span(story.last_millis)}`,
  ];
  return {
    'LogScale search': [
      'mirror.schema = 1',
      `in(field="mirror.story", values=[${story.keys.map(quoted).join(', ')}])`,
      ...within,
    ].join('\n| ').replace('\n| //', '\n//'),
    'Command line': `tapsieve stories --json ${shell(file)} | jq ${shell(`select(.id == ${JSON.stringify(story.id)})`)}`,
  };
}

/** A case for tests/vectors; text that TOML cannot hold as it is goes in hexadecimal. */
function row(verdict, original, inserted) {
  const name = `${verdict.operation}-${verdict.outcome}`.toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '');
  const literal = (text) => !text.includes("'''") && !text.endsWith("'") && !/[\u0000-\u0008\u000b-\u001f\u007f]/.test(text) && !text.startsWith('\n');
  const hexadecimal = [...new TextEncoder().encode(original)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return [
    '[[case]]', `name = ${JSON.stringify(name)}`, 'why = "say what it shows"',
    literal(original) ? `record = '''${original}'''` : `record_hex = "${hexadecimal}"`,
    inserted === '' ? 'unchanged = true' : `inserted = '''${inserted}'''`, '',
  ].join('\n');
}

/** Fills a place with the choice of what to export, its text and a button that copies it. */
export function showExports(id, entries) {
  const choice = make('select', { 'aria-label': 'What to export' }, ...Object.keys(entries).map((name) => make('option', { value: name }, name)));
  const text = make('pre', { class: 'export', tabindex: 0, role: 'region', 'aria-label': 'The text to export' });
  const said = make('span', { class: 'hint', role: 'status' });
  const button = make('button', { class: 'quiet' }, 'Copy');
  const show = () => {
    text.textContent = entries[choice.value];
    said.textContent = '';
  };
  choice.addEventListener('change', show);
  button.addEventListener('click', async () => { said.textContent = await copy(text.textContent) ? 'Copied.' : 'The browser does not let it; mark the text and copy it.'; });
  byId(id).replaceChildren(make('div', { class: 'row buttons' }, choice, button, said), text);
  show();
}
