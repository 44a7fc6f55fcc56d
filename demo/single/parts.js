// Where the parts of the single file are: packed inside its one script, which the worker runs too.

const own = globalThis.document && URL.createObjectURL(new Blob([document.currentScript.textContent], { type: 'text/javascript' }));
const scripts = globalThis.trustedTypes?.createPolicy('worker', { createScriptURL: () => own });

function unpacked(name) {
  const bytes = Uint8Array.from(atob(PACKED[name]), (letter) => letter.charCodeAt(0));
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip')));
}

export const detector = () => unpacked('tapsieve_demo_bg.wasm').arrayBuffer();
export const list = (name) => unpacked(name).json();
export const startWorker = () => new Worker(scripts?.createScriptURL('') ?? own);
