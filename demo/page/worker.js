// Reads a file off the main thread: unpacks it, sieves it piece by piece, keeps totals, writes the enriched file.

import init, { Engine, Export, Sieve } from './tapsieve_demo.js';
import { detector } from './parts.js';
import { Totals } from './totals.js';

/** How often the page hears of progress, in milliseconds. */
const TELL_EVERY = 120;
/** How many rows the page gets at once, so that it never stops for long. */
const ROWS_AT_ONCE = 2_000;
/** What a file is written into at most where it cannot be streamed to disk, in bytes. */
const BLOB_MAX = 1_000_000_000;
/** Parts of a written file are joined up to this size before they are handed over, in bytes. */
const PART_BYTES = 4_000_000;

const ready = init({ module_or_path: detector() });
let sieve;
let engine;
let policy;

onmessage = async ({ data }) => {
  try {
    await ready;
    if (data.read) await read(data.read, data.policy);
    else if (data.record !== undefined) record(data.record);
    else if (data.save) await save(data.file, data.save, data.handle);
  } catch (problem) {
    const message = problem?.message ?? String(problem);
    const several = /junk|trailing/i.test(message);
    postMessage({ failed: several ? 'it is several gzip files joined, of which a browser unpacks only the first; unpack it, or give it to `tapsieve run`' : message, saving: data.save !== undefined });
  }
};

/** The bytes of a file, unpacked where it is gzip; `count` hears how much of the file itself was read. */
async function unpacked(file, count) {
  const head = new Uint8Array(await file.slice(0, 4).arrayBuffer());
  const counted = file.stream().pipeThrough(new TransformStream({
    transform(chunk, controller) {
      count(chunk.length);
      controller.enqueue(chunk);
    },
  }));
  if (head[0] === 0x1f && head[1] === 0x8b) return counted.pipeThrough(new DecompressionStream('gzip'));
  if (head[0] === 0x28 && head[1] === 0xb5 && head[2] === 0x2f && head[3] === 0xfd) throw new Error('this is zstd, which browsers cannot unpack; unpack it first, or give it to `tapsieve run`');
  if (head[0] === 0x50 && head[1] === 0x4b) throw new Error('this is a zip archive; unpack it first');
  return counted;
}

async function* chunks(stream) {
  const reader = stream.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

async function read(file, newPolicy) {
  policy = newPolicy;
  sieve?.free();
  sieve = new Sieve(policy, Export.Nothing);
  const totals = new Totals();
  let [readBytes, allBytes] = [0, 0];
  let rows = [];
  const began = performance.now();
  let told = 0;
  const tell = (more) => {
    told = performance.now();
    postMessage({
      progress: { read: readBytes, size: file.size, bytes: allBytes, seconds: (told - began) / 1000, counts: JSON.parse(sieve.counts()) },
      rows: rows.splice(0, ROWS_AT_ONCE), totals: totals.snapshot(), ...more,
    });
  };
  const gather = () => {
    for (const row of JSON.parse(sieve.rows())) {
      totals.add(row);
      if (row.id !== undefined) rows.push(row);
    }
  };
  for await (const chunk of chunks(await unpacked(file, (length) => { readBytes += length; }))) {
    allBytes += chunk.length;
    sieve.push(chunk);
    if (performance.now() - told > TELL_EVERY) {
      gather();
      tell();
    }
  }
  const whole = sieve.finish();
  gather();
  while (rows.length > ROWS_AT_ONCE) tell();
  tell({ done: { whole, stories: JSON.parse(sieve.stories()) } });
}

function record(id) {
  const original = sieve.record(id);
  if (engine === undefined) {
    engine = new Engine();
    if (policy !== undefined) engine.configure(policy);
  }
  const answer = engine.process(original);
  const verdict = JSON.parse(engine.verdict() ?? 'null');
  const enriched = engine.enriched();
  const text = (bytes) => new TextDecoder().decode(bytes);
  postMessage({ record: { id, answer, verdict, original: text(original), enriched: enriched.length > 0 ? text(enriched) : undefined } });
}

/** Reads the file once more and writes what goes on, to disk where a handle is given. */
async function save(file, what, handle) {
  const out = new Sieve(policy, what === 'all' ? Export.All : Export.Mirror);
  const sink = handle && await handle.createWritable();
  const parts = [];
  let [held, heldBytes, written, readBytes, told] = [[], 0, 0, 0, 0];
  const hand = async () => {
    const part = new Blob(held);
    [held, heldBytes] = [[], 0];
    written += part.size;
    if (sink) return sink.write(part);
    if (written > BLOB_MAX) throw new Error('the enriched file is over 1 GB, which is the limit where a browser cannot write to disk piece by piece; Chrome and Edge can, and so can `tapsieve run`');
    parts.push(part);
  };
  const take = async () => {
    const bytes = out.written();
    if (bytes.length === 0) return;
    held.push(bytes);
    heldBytes += bytes.length;
    if (heldBytes > PART_BYTES) await hand();
  };
  try {
    for await (const chunk of chunks(await unpacked(file, (length) => { readBytes += length; }))) {
      out.push(chunk);
      await take();
      if (performance.now() - told > TELL_EVERY) {
        told = performance.now();
        postMessage({ saving: { read: readBytes, size: file.size } });
      }
    }
    out.finish();
    await take();
    await hand();
    if (sink) await sink.close();
  } catch (problem) {
    await sink?.abort().catch(() => {});
    throw problem;
  } finally {
    out.free();
  }
  postMessage({ saved: { what, bytes: written, blob: sink ? undefined : new Blob(parts, { type: 'application/x-ndjson' }) } });
}
