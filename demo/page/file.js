// A file: drops and choices, progress, totals, the timeline and the table. The reading itself is the worker's.

import { byId, bytes, download, make, number } from './dom.js';
import { insertion, show as showRecord } from './json.js';
import { outcome, showOutcome } from './outcome.js';
import { ofEvent, showExports } from './exports.js';
import { startWorker } from './parts.js';
import { startStories } from './stories.js';
import { startTable } from './table.js';
import { draw } from './timeline.js';
import { provider, readable, sentence } from './words.js';

/** The policy has to stay as it is for so long before a file is read again, in milliseconds. */
const CALM = 400;

export function startFile(samples, { openEvent, openPolicy, shown }) {
  let worker;
  let file;
  let current;
  let policy;
  let drawn;
  let stale = false;
  let waiting;
  const ask = (id) => worker.postMessage({ record: id });
  const table = startTable(ask);
  const stories = startStories(ask);

  function open(chosen) {
    file = chosen;
    table.clear();
    shown();
    read();
  }

  /** Reads the file from its start, with the policy in force. */
  function read() {
    clearTimeout(waiting);
    stale = false;
    worker?.terminate();
    worker = startWorker();
    worker.onmessage = ({ data }) => hear(data);
    worker.onerror = (problem) => failed(problem.message ?? 'the worker could not be started');
    table.empty(policy !== undefined);
    byId('drop').classList.add('small');
    byId('progress-card').hidden = false;
    byId('file-result').hidden = false;
    byId('stories-card').hidden = true;
    byId('file-name').textContent = file.name;
    byId('file-status').textContent = 'Reading.';
    byId('save-note').textContent = '';
    byId('stop').hidden = false;
    byId('save-mirror').disabled = byId('save-all').disabled = true;
    delete byId('panel-file').dataset.done;
    worker.postMessage({ read: file, policy: policy?.json });
  }

  function hear(data) {
    if (data.progress) progress(data);
    if (data.done) done(data);
    if (data.failed !== undefined) failed(data.failed, data.saving);
    if (data.record) record(data.record);
    if (data.saving && data.failed === undefined) byId('save-note').textContent = `Writing: ${Math.round((100 * data.saving.read) / (data.saving.size || 1))} %`;
    if (data.saved) saved(data.saved);
  }

  function progress({ progress, rows, totals }) {
    const { read, size, counts, seconds } = progress;
    byId('progress').value = size === 0 ? 1 : read / size;
    const rate = seconds > 0.05 ? ` · ${number(counts.events / seconds)} events per second` : '';
    byId('progress-text').textContent = `${bytes(read)} of ${bytes(size)} · ${number(counts.events)} events${rate}`;
    table.add(rows);
    tiles(progress, totals);
    lists(totals, counts.mirror);
    drawn = totals;
    drawTimeline();
    byId('timeline-note').textContent = totals.untimed === 0 ? 'Click a bar to see its events.' : `${number(totals.untimed)} without a time that can be read are not drawn.`;
  }

  function drawTimeline() {
    if (drawn) draw(byId('timeline'), byId('legend'), drawn, table.within);
  }

  function done({ done, progress }) {
    stories.show(done.stories, file.name);
    const { counts, seconds } = progress;
    const unlisted = counts.mirror - counts.kept;
    table.finish(unlisted > 0 ? `The first ${number(counts.kept)} are listed, as many as are kept in memory; all ${number(counts.mirror)} are counted.` : '');
    const notes = [`${number(counts.events)} events read in ${seconds.toFixed(seconds < 10 ? 2 : 0)} s, ${number(counts.mirror)} about mirroring.`];
    if (!done.whole) notes.push('The file ends inside a record; everything before it was read.');
    if (counts.bytesSkipped > 0) notes.push(`${bytes(counts.bytesSkipped)} belong to no record and were passed over.`);
    byId('file-status').textContent = notes.join(' ');
    byId('stop').hidden = true;
    byId('save-mirror').disabled = counts.mirror === 0;
    byId('save-all').disabled = counts.events === 0;
    byId('panel-file').dataset.done = 'true';
  }

  function failed(problem, saving) {
    byId(saving ? 'save-note' : 'file-status').textContent = `It could not be ${saving ? 'written' : 'read to its end'}: ${problem}`;
    byId('stop').hidden = true;
    if (!saving) byId('panel-file').dataset.done = 'failed';
  }

  function tiles({ bytes: all, counts }, totals) {
    const share = (part) => all === 0 ? '0 %' : `${Math.max(0, 100 * (1 - part / all)).toFixed(part / all > 0.001 ? 1 : 2)} %`;
    const list = [
      [number(counts.events), 'events'],
      [number(counts.mirror), 'about mirroring'],
      [bytes(Math.max(0, all - counts.bytesMirror)), `${policy ? 'would be ' : ''}saved by keeping only those: ${share(counts.bytesMirror)} of ${bytes(all)}`],
    ];
    if (policy !== undefined) {
      list.push(
        [number(counts.events - counts.dropped), `kept by the policy: ${bytes(counts.bytesOut)} go on`],
        [number(totals.approved), `approved: ${bytes(totals.approvedBytes)}`],
        [number(counts.dropped), `dropped: ${bytes(counts.bytesDropped)}, ${share(all - counts.bytesDropped)} of the file`],
      );
    }
    byId('tiles').replaceChildren(...list.map(([value, name]) => make('div', { class: 'tile' }, make('b', {}, value), make('span', {}, name))));
  }

  function lists(totals, all) {
    const card = (title, entries, word) => {
      const items = entries.map(([name, count]) => {
        const bar = make('i');
        bar.style.width = `${(100 * count) / all}%`;
        return make('li', {}, make('span', { title: word(name) }, word(name)), make('b', {}, number(count)), make('div', { class: 'bar', 'aria-hidden': 'true' }, bar));
      });
      return make('section', { class: 'card' }, make('div', { class: 'row' }, make('h2', { class: 'title' }, title)), items.length > 0 ? make('ul', { class: 'bars' }, ...items) : make('p', { class: 'hint' }, 'None.'));
    };
    const more = totals.actors > totals.actor.length ? ` (${totals.actor.length} of ${number(totals.actors)})` : '';
    const approvals = policy?.approved ? [card('By approval', totals.approval, String)] : [];
    byId('totals').replaceChildren(...approvals, card('By provider', totals.provider, provider), card(`By actor${more}`, totals.actor, String), card('By action', totals.action, readable), card('By severity', totals.severity, readable));
  }

  function record({ id, answer, verdict, original, enriched }) {
    current = original;
    byId('detail-title').textContent = verdict?.operation ?? 'Event';
    byId('detail-sentence').textContent = verdict ? sentence(verdict) : '';
    showOutcome('detail-outcome', outcome(answer, verdict, policy));
    const story = stories.of(id);
    byId('detail-story').hidden = story === undefined;
    byId('detail-story').onclick = () => {
      byId('detail').close();
      stories.open(story);
    };
    byId('detail-export').hidden = !verdict;
    if (verdict) showExports('detail-export', ofEvent({ verdict, original, enriched, file: file.name }));
    // What was inserted is scrolled to, which takes a layout.
    byId('detail').showModal();
    showRecord(byId('detail-record'), enriched ?? original, enriched === undefined ? undefined : insertion(original, enriched));
  }

  function saved({ what, bytes: length, blob }) {
    if (blob) download(blob, name(what));
    byId('save-note').textContent = `${blob ? 'Handed to the browser as a download' : 'Written'}: ${bytes(length)}.`;
  }

  function name(what) {
    const stem = file.name.replace(/\.(gz|json|ndjson|log|txt)/g, '');
    return `${stem}.${what === 'all' ? 'enriched' : 'mirror'}.ndjson`;
  }

  async function save(what) {
    let handle;
    if (what === 'all' && globalThis.showSaveFilePicker) {
      try {
        handle = await showSaveFilePicker({ suggestedName: name(what), types: [{ accept: { 'application/x-ndjson': ['.ndjson'] } }] });
      } catch (problem) {
        if (problem.name === 'AbortError') return;
        throw problem;
      }
    }
    byId('save-note').textContent = 'Writing.';
    worker.postMessage({ save: what, file, handle });
  }

  byId('choose').addEventListener('click', () => byId('file').click());
  byId('file').addEventListener('change', (change) => {
    const [chosen] = change.target.files;
    if (chosen) open(chosen);
    change.target.value = '';
  });
  byId('sample-day').addEventListener('click', () => open(sampleDay(samples)));
  byId('stop').addEventListener('click', () => {
    worker.terminate();
    failed('it was stopped');
  });
  byId('save-mirror').addEventListener('click', () => save('mirror'));
  byId('save-all').addEventListener('click', () => save('all'));
  byId('detail-close').addEventListener('click', () => byId('detail').close());
  byId('detail-open').addEventListener('click', () => {
    byId('detail').close();
    openEvent(current);
  });
  new ResizeObserver(drawTimeline).observe(byId('timeline'));
  const files = (event) => event.dataTransfer?.types.includes('Files');
  addEventListener('dragover', (event) => {
    if (!files(event)) return;
    event.preventDefault();
    document.body.classList.add('dragging');
  });
  addEventListener('dragleave', (event) => {
    if (event.relatedTarget === null) document.body.classList.remove('dragging');
  });
  addEventListener('drop', (event) => {
    document.body.classList.remove('dragging');
    if (!files(event)) return;
    event.preventDefault();
    const [dropped] = event.dataTransfer.files;
    if (dropped?.name.endsWith('.toml')) dropped.text().then(openPolicy);
    else if (dropped) open(dropped);
  });

  return {
    open,
    /** Takes the policy that files are read with from now on; the open one is read again once it is looked at. */
    usePolicy(rules) {
      policy = rules;
      if (file === undefined) return;
      stale = true;
      delete byId('panel-file').dataset.done;
      byId('file-status').textContent = 'The policy changed; the file is read again.';
      byId('save-mirror').disabled = byId('save-all').disabled = true;
      if (!byId('panel-file').hidden) again();
    },
    /** Says that the file is looked at. */
    look() {
      if (stale) again();
    },
  };

  /** Reads again when the policy has not changed for a while. */
  function again() {
    clearTimeout(waiting);
    waiting = setTimeout(read, CALM);
  }
}

/** A day made of the samples: many calls like all others, and a few that are not. */
function sampleDay(samples) {
  const timed = samples.map((sample) => sample.record).filter((record) => /"(eventTime|time|timestamp)":"\d{4}-/.test(record));
  const lines = [];
  const noise = samples.find((sample) => sample.group === 'Not about mirroring').record;
  for (let minute = 0; minute < 24 * 60; minute += 1) {
    const clock = `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
    const at = (record) => record.replace(/"(eventTime|time|timestamp|receiveTimestamp)":"[^"]*"/g, `"$1":"2026-03-04T${clock}:07Z"`);
    for (let call = 0; call < 6; call += 1) lines.push(at(noise));
    const busy = minute > 540 && minute < 700 ? 9 : 47;
    if (minute % busy === 0) lines.push(at(timed[(minute / busy) % timed.length]));
  }
  return new File([`${lines.join('\n')}\n`], 'sample-day.ndjson');
}
