// One event: from what was typed to the verdict, the reason and the enriched record.

import { Answer, Engine } from './tapsieve_demo.js';
import { byId, chip, copy, make } from './dom.js';
import { outcome, showOutcome } from './outcome.js';
import { insertion, show as showRecord } from './json.js';
import { toFragment } from './link.js';
import { RAISED, TECHNIQUES, facts, flow, provider, readable, sentence, whose } from './words.js';
import { reasons } from './why.js';

/** Up to this length a verdict follows every keystroke; after that it waits for a pause. */
const AT_ONCE_MAX = 200_000;

export function startEvent(engine, rows, samples, { openFile, policyText }) {
  const plain = new Engine();
  let rules;
  const field = byId('event');
  const picker = byId('sample');
  let enrichedText = '';
  let waiting;

  const groups = Map.groupBy ? Map.groupBy(samples.keys(), (at) => samples[at].group) : grouped(samples);
  for (const [name, places] of groups) {
    const options = [...places].map((at) => make('option', { value: String(at) }, samples[at].title));
    picker.append(make('optgroup', { label: name }, ...options));
  }

  function decide() {
    clearTimeout(waiting);
    const text = field.value.trim();
    byId('copy-link').disabled = byId('clear').disabled = text === '';
    byId('link-note').textContent = '';
    byId('link').hidden = true;
    if (text === '') return empty();
    const input = read(text);
    note(input);
    const record = new TextEncoder().encode(input.record);
    const answer = engine.process(record);
    const verdict = JSON.parse(engine.verdict() ?? 'null');
    const quiet = engine.scan(record) >= record.length;
    if (verdict === null) nothing(input, quiet);
    else about(verdict, without(record), input);
    showOutcome('outcome', outcome(answer, verdict, rules));
    const enriched = answer === Answer.Enriched ? new TextDecoder().decode(engine.enriched()) : undefined;
    result(answer, input.record, enriched);
  }

  /** What would be said of it without a policy. */
  function without(record) {
    plain.process(record);
    return JSON.parse(plain.verdict() ?? 'null');
  }

  function note({ problem, wrapped, events }) {
    const notes = [];
    if (wrapped) notes.push('A plain line: read as {"message": …}, the way shippers wrap one.');
    if (problem) notes.push(`Not valid JSON: ${problem}`);
    if (events > 1) notes.push(`These are ${events} records; a verdict is about one.`);
    byId('input-note').textContent = notes.join(' ');
    byId('input-note').hidden = notes.length === 0;
    byId('open-as-file').hidden = events < 2;
  }

  function about(verdict, plainly, input) {
    byId('verdict').dataset.severity = verdict.severity;
    byId('sentence').textContent = sentence(verdict);
    const chips = [chip(`${verdict.severity} severity`, verdict.severity), chip(readable(verdict.action)), chip(verdict.outcome), chip(provider(verdict.provider))];
    if (verdict.approved) chips.push(chip('approved', 'approved'));
    byId('chips').replaceChildren(...chips);
    const stations = flow(verdict.resources);
    byId('flow').hidden = stations.length === 0;
    byId('flow').replaceChildren(...stations.flatMap((station, at) => {
      const box = make('span', {}, make('small', {}, station.name), station.id);
      return at === 0 ? [box] : [make('b', { 'aria-label': 'to' , role: 'img' }, '→'), box];
    }));
    byId('facts').replaceChildren(...facts(verdict).flatMap(([name, text]) => [make('dt', {}, name), make('dd', {}, text)]));
    const row = plainly && rows.find((row) => row.provider === verdict.provider && row.name === verdict.operation);
    byId('why').hidden = false;
    byId('why-title').textContent = 'Why it matched';
    const technique = TECHNIQUES[verdict.technique] ?? '';
    const lines = [
      make('p', {}, 'Operation ', make('code', {}, verdict.operation), ` of ${whose(verdict.provider)}: ${found(verdict, row)}`),
      make('p', {}, `It serves ${technique} (`, make('a', { href: `https://attack.mitre.org/techniques/${verdict.technique.replace('.', '/')}/`, rel: 'noreferrer' }, verdict.technique), ').'),
    ];
    if (row) {
      lines.push(make('p', {}, `Source (${row.evidence}): ${row.source}.`));
      const why = verdict.raised_by ? `, because ${RAISED[verdict.raised_by] ?? readable(verdict.raised_by)}` : '';
      if (row.severity !== plainly.severity) lines.push(make('p', {}, `The catalog calls it ${row.severity} when it succeeds; this event is ${plainly.severity}${why}.`));
      if (row.action !== verdict.action) lines.push(make('p', {}, `The catalog says ${readable(row.action)}; this event says ${readable(verdict.action)}.`));
    }
    if (plainly && plainly.severity !== verdict.severity) lines.push(make('p', {}, `The policy makes it ${verdict.severity}; without the policy it is ${plainly.severity}.`));
    if (input.problem) lines.push(make('p', {}, 'The detector reads only what it needs, so it found this although the rest is damaged.'));
    byId('why-body').replaceChildren(...lines);
  }

  function nothing(input, quiet) {
    byId('verdict').dataset.severity = '';
    byId('sentence').textContent = input.problem ? 'This cannot be read as an event, so nothing is claimed about it.' : 'This is not about traffic mirroring.';
    byId('chips').replaceChildren();
    byId('flow').hidden = true;
    byId('facts').replaceChildren();
    byId('why').hidden = false;
    byId('why-title').textContent = 'Why not';
    const list = reasons(input, quiet, rows).map(([sign, ...text]) => make('li', {}, make('b', { class: sign }, { yes: '✓', no: '✗', so: '→' }[sign]), make('span', {}, ...text)));
    byId('why-body').replaceChildren(make('ul', {}, ...list));
  }

  function result(answer, record, enriched) {
    byId('result').hidden = answer !== Answer.Enriched;
    if (enriched === undefined) return;
    enrichedText = enriched;
    const range = insertion(record, enriched);
    const added = new TextEncoder().encode(enriched.slice(...range)).length;
    const where = range[0] === 0 ? 'written around the record, which stands in “unmapped”' : 'inserted before the last brace';
    byId('result-note').textContent = `${added} bytes ${where}, marked with +. Every other byte is as it was; shown here with line breaks.`;
    showRecord(byId('record'), enriched, range);
  }

  function empty() {
    byId('verdict').dataset.severity = '';
    byId('sentence').textContent = 'Paste an event, or pick a sample.';
    byId('chips').replaceChildren();
    byId('facts').replaceChildren();
    for (const id of ['outcome', 'flow', 'why', 'result', 'input-note', 'open-as-file']) byId(id).hidden = true;
  }

  field.addEventListener('input', () => {
    picker.value = '';
    clearTimeout(waiting);
    if (field.value.length <= AT_ONCE_MAX) decide();
    else waiting = setTimeout(decide, 300);
  });
  picker.addEventListener('change', () => {
    if (picker.value === '') return;
    field.value = samples[Number(picker.value)].record;
    decide();
  });
  byId('clear').addEventListener('click', () => {
    field.value = picker.value = '';
    decide();
    field.focus();
  });
  byId('copy-link').addEventListener('click', async () => {
    const policy = byId('link-policy').checked ? policyText() : '';
    const fragment = await toFragment(field.value.trim(), policy);
    if (fragment === undefined) {
      byId('link-note').textContent = 'Too long for a link; send it as a file.';
      return;
    }
    const url = `${location.href.split('#')[0]}${fragment}`;
    history.replaceState(null, '', fragment);
    const copied = await copy(url);
    const held = policy === '' ? 'the event' : 'the event and the policy';
    byId('link').value = url;
    byId('link').hidden = copied;
    byId('link-note').textContent = copied ? `Link copied. It holds ${held} itself: share it as you would ${held}.` : `Copy the link below. It holds ${held} itself.`;
  });
  byId('copy-record').addEventListener('click', async (click) => {
    const copied = await copy(enrichedText);
    click.target.textContent = copied ? 'Copied' : 'Not allowed';
    setTimeout(() => { click.target.textContent = 'Copy'; }, 2000);
  });
  byId('open-as-file').addEventListener('click', () => openFile(new File([field.value], 'pasted.ndjson')));
  if (field.value !== '') decide();

  return {
    show(text) {
      field.value = text;
      picker.value = '';
      decide();
    },
    /** Takes the policy that is in force in the engine from now on. */
    usePolicy(now) {
      rules = now;
      byId('link-choice').hidden = rules === undefined;
      decide();
    },
  };
}

/** How an operation was recognised. */
function found(verdict, row) {
  if (!row) return 'the policy adds it.';
  return ['network', 'host'].includes(verdict.provider) ? 'the line fits this row of the catalog.' : 'the whole name is in the catalog, in any case.';
}

function grouped(samples) {
  const groups = new Map();
  samples.forEach((sample, at) => groups.set(sample.group, [...(groups.get(sample.group) ?? []), at]));
  return groups;
}

/** What was typed, as the record a shipper would hand over. */
function read(text) {
  const many = text.split('\n').map((line) => line.trim()).filter((line) => line !== '');
  if (!/^[{[]/.test(text)) return { record: JSON.stringify({ message: many.length > 1 ? text : many[0] }), wrapped: true, events: many.length };
  try {
    const value = JSON.parse(text);
    return { record: text, value, events: Array.isArray(value) ? value.length : (value.Records ?? value.records)?.length ?? 1 };
  } catch (problem) {
    const several = many.length > 1 && many.every((line) => isJson(line));
    return { record: text, problem: several ? undefined : problem.message, events: several ? many.length : 1 };
  }
}

function isJson(text) {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
