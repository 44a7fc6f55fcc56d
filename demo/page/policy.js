// The policy: edits it, says what is wrong with it and where, and hands on the one that is in force. Knows no event.

import { byId, copy, download, make, number } from './dom.js';

/** A problem is said when nothing was typed for so long, in milliseconds, so that half a word is none. */
const PATIENCE = 350;

export function startPolicy(engine, examples, { changed }) {
  const card = byId('policy-card');
  const field = byId('policy');
  let rules;
  let waiting;

  for (const [at, { title }] of examples.entries()) byId('policy-example').append(make('option', { value: String(at) }, title));

  function read() {
    clearTimeout(waiting);
    number_lines();
    const text = field.value;
    byId('policy-copy').disabled = byId('policy-save').disabled = byId('policy-clear').disabled = text === '';
    try {
      const json = engine.use_policy(text);
      right();
      if (json === (rules?.json ?? '{}')) return;
      rules = json === '{}' ? undefined : { ...JSON.parse(json), json };
      describe();
      changed(rules);
    } catch (problem) {
      if (problem.line === undefined) throw problem;
      mark();
      waiting = setTimeout(() => wrong(problem), PATIENCE);
    }
  }

  function right() {
    mark();
    byId('policy-problem').hidden = true;
    byId('policy-message').textContent = '';
    field.removeAttribute('aria-invalid');
    describe();
  }

  function wrong(problem) {
    const { line, column, message, start, end } = problem;
    field.setAttribute('aria-invalid', 'true');
    byId('policy-place').hidden = line === 0;
    byId('policy-place').textContent = `Line ${line}, column ${column}`;
    byId('policy-place').onclick = () => {
      field.focus();
      field.setSelectionRange(start, end);
    };
    byId('policy-message').replaceChildren(...coded(message));
    byId('policy-problem').hidden = false;
    if (line > 0) mark(start, end, line);
    describe(true);
  }

  /** Marks a place behind the text; none without a start. */
  function mark(start, end, line) {
    const text = field.value;
    const marks = byId('policy-marks');
    if (start === undefined) marks.replaceChildren();
    else {
      const to = text.slice(start).search(/\n|$/) + start;
      const marked = text.slice(start, Math.max(start, Math.min(end, to))) || ' ';
      marks.replaceChildren(text.slice(0, start), make('mark', {}, marked), `${text.slice(start + marked.length)}\n`);
    }
    byId('policy-lines').querySelector('.wrong')?.classList.remove('wrong');
    byId('policy-lines').children[line - 1]?.classList.add('wrong');
    follow();
  }

  function number_lines() {
    const lines = byId('policy-lines');
    const count = field.value.split('\n').length;
    while (lines.children.length > count) lines.lastChild.remove();
    while (lines.children.length < count) lines.append(make('span', {}, `${lines.children.length + 1}\n`));
  }

  function follow() {
    byId('policy-lines').scrollTop = byId('policy-marks').scrollTop = field.scrollTop;
    byId('policy-marks').scrollLeft = field.scrollLeft;
  }

  function describe(broken = false) {
    const state = byId('policy-state');
    state.textContent = broken ? 'not in force' : rules ? 'in force' : 'none';
    state.className = `chip ${broken ? 'dropped' : rules ? 'kept' : ''}`;
    const before = rules ? 'The policy before stays in force' : 'Still no policy is in force';
    byId('policy-summary').textContent = broken ? `${before}: ${summary(rules)}` : rules ? `In force: ${summary(rules)}` : `No policy: ${summary()}`;
  }

  /** Puts a text in the field the way typing does, so that it can be undone. */
  function put(text) {
    card.open = true;
    field.focus();
    field.select();
    if (!document.execCommand('insertText', false, text)) field.value = text;
    field.setSelectionRange(0, 0);
    field.scrollTop = 0;
    read();
  }

  field.addEventListener('input', read);
  field.addEventListener('scroll', follow);
  byId('policy-new').addEventListener('click', () => put(examples[0].text));
  byId('policy-example').addEventListener('change', (change) => {
    if (change.target.value !== '') put(examples[Number(change.target.value)].text);
    change.target.value = '';
  });
  byId('policy-clear').addEventListener('click', () => put(''));
  byId('policy-save').addEventListener('click', () => download(new Blob([field.value]), 'policy.toml'));
  byId('policy-copy').addEventListener('click', async (click) => {
    const copied = await copy(field.value);
    click.target.textContent = copied ? 'Copied' : 'Not allowed';
    setTimeout(() => { click.target.textContent = 'Copy'; }, 2000);
  });
  read();

  return {
    /** What is written, whether it is in force or not. */
    text: () => field.value,
    show(text) {
      card.open = true;
      field.value = text;
      read();
    },
  };
}

/** What a policy does, in one line. */
function summary(rules) {
  const parts = [];
  const count = (list, one, many) => { if (list?.length > 0) parts.push(`${number(list.length)} ${list.length === 1 ? one : many}`); };
  count(rules?.approved, 'entry approves', 'entries approve');
  count(rules?.severity, 'entry changes severities', 'entries change severities');
  count(rules?.operation, 'operation is added', 'operations are added');
  if (parts.length === 0) parts.push('nothing is approved');
  const drops = (rules?.drop ?? []).map((word) => ({ read: 'what only reads', approved: 'what is approved', failure: 'what failed', started: 'what has only begun' })[word]);
  if (rules?.keep === 'mirror') drops.unshift('what is not about mirroring');
  parts.push(`${drops.join(' and ') || 'nothing'} is dropped`);
  return `${parts.join('; ')}.`;
}

/** A message with its words in `…` as code. */
function coded(message) {
  return message.split('`').map((part, at) => at % 2 === 1 ? make('code', {}, part) : part);
}
