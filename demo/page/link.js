// An event, and perhaps a policy, in a link: compressed, behind the #, where it is never sent.

/** A longer link is refused by some programs that pass links on, in characters. */
const LINK_MAX = 32_000;
/** What a link may unfold to, in bytes. */
const TEXT_MAX = 4_000_000;

async function through(bytes, stream, max = Infinity) {
  const reader = new Blob([bytes]).stream().pipeThrough(stream).getReader();
  const parts = [];
  let total = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return new Uint8Array(await new Blob(parts).arrayBuffer());
    total += value.length;
    if (total > max) throw new Error('the link unfolds to more than 4 MB');
    parts.push(value);
  }
}

async function packed(text) {
  const bytes = await through(new TextEncoder().encode(text), new CompressionStream('deflate-raw'));
  let binary = '';
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

async function unpacked(coded) {
  const binary = atob(coded.replaceAll('-', '+').replaceAll('_', '/'));
  const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0));
  return new TextDecoder().decode(await through(bytes, new DecompressionStream('deflate-raw'), TEXT_MAX));
}

/** The fragment for an event and a policy, or undefined when it would be too long. */
export async function toFragment(event, policy) {
  const fragment = `#e=${await packed(event)}${policy === '' ? '' : `&p=${await packed(policy)}`}`;
  return fragment.length > LINK_MAX ? undefined : fragment;
}

/** The event and the policy in a fragment; throws when it is damaged, undefined when there is none. */
export async function fromFragment(fragment) {
  const [, event, policy] = /^#e=([\w-]+)(?:&p=([\w-]+))?$/.exec(fragment) ?? [];
  if (event === undefined) return undefined;
  return { event: await unpacked(event), policy: policy && await unpacked(policy) };
}
