// Shows a record readably: indents it token by token and marks what was inserted. Keeps every token as it was written.

const TOKEN = /"(?:[^"\\]|\\[^])*"|[{}[\],:]|[^\s{}[\],:"]+/g;
/** A longer record is shown from its end, where the inserted members are. */
export const SHOWN_MAX = 200_000;

/** Where the added text lies in the enriched one, as [start, end]; it begins at 0 where the record stands inside it. */
export function insertion(record, enriched) {
  const start = record.lastIndexOf('}');
  if (start < 0 || enriched.length <= record.length) return [0, 0];
  if (enriched.startsWith(record.slice(0, start))) return [start, start + enriched.length - record.length];
  return [0, Math.max(0, enriched.lastIndexOf(record.slice(0, start)))];
}

/** The lines of a readable form: { inserted, indent, parts: [[kind, text]] }. */
export function lines(text, [from, to] = [0, 0]) {
  const all = [];
  let line = { inserted: false, indent: 0, parts: [] };
  let depth = 0;
  const next = () => {
    all.push(line);
    line = { inserted: false, indent: depth, parts: [] };
  };
  const tokens = [...text.matchAll(TOKEN)].map((match) => [match[0], match.index]);
  tokens.forEach(([token, at], index) => {
    const following = tokens[index + 1]?.[0];
    const before = tokens[index - 1]?.[0];
    const closes = token === '}' || token === ']';
    const empty = closes && (before === '{' || before === '[');
    if (closes) {
      depth = Math.max(0, depth - 1);
      if (!empty) next();
    }
    if (at >= from && at < to && token !== ',') line.inserted = true;
    const kind = token[0] === '"' ? (following === ':' ? 'k' : 's') : '{}[],:'.includes(token) ? 'p' : 'n';
    line.parts.push([kind, token === ':' ? ': ' : token]);
    if (token === '{' || token === '[') {
      depth += 1;
      if (following !== '}' && following !== ']') next();
    } else if (token === ',') {
      next();
    }
  });
  if (line.parts.length > 0) all.push(line);
  return all;
}

/** Fills a <pre> with a readable record; `range` is what was inserted. */
export function show(pre, text, range) {
  if (text.length > SHOWN_MAX) {
    const from = Math.max(0, text.length - SHOWN_MAX);
    pre.replaceChildren(document.createTextNode(`… ${from} characters before …\n${text.slice(from)}`));
    return;
  }
  const rows = lines(text, range).map((line) => {
    const row = document.createElement('div');
    if (line.inserted) row.className = 'inserted';
    row.append('  '.repeat(line.indent));
    for (const [kind, part] of line.parts) {
      const span = document.createElement('span');
      span.className = kind;
      span.textContent = part;
      row.append(span);
    }
    return row;
  });
  pre.replaceChildren(...rows);
  // What was inserted is what a reader looks for; a line of the record stays above it.
  const first = rows.find((row) => row.className === 'inserted');
  pre.scrollTop = first ? first.offsetTop - rows[0].offsetTop - 2 * first.offsetHeight : 0;
}
