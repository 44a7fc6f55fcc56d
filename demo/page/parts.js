// Where the page's parts are: files beside it. In the single file they are inside, see demo/single.

const scripts = globalThis.trustedTypes?.createPolicy('worker', { createScriptURL: () => 'worker.js' });

/** The detector, in a form that its bindings load. */
export const detector = () => 'tapsieve_demo_bg.wasm';

/** What a JSON file holds. */
export const list = (name) => fetch(name).then((answer) => answer.json());

/** A new worker that reads files. */
export const startWorker = () => new Worker(scripts?.createScriptURL('') ?? 'worker.js', { type: 'module' });
