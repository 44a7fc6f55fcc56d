// What becomes of a record under the policy, and why, in words. Looks at the verdict and the policy, not at the record.

import { Answer } from './tapsieve_demo.js';
import { byId, make } from './dom.js';

/** [kind, what becomes of it, why]; `rules` is the policy in force, if there is one. */
export function outcome(answer, verdict, rules) {
  const approved = verdict?.approved && `approved by “${verdict.approved.name}”${verdict.approved.ticket ? ` (${verdict.approved.ticket})` : ''}`;
  if (answer === Answer.Dropped) {
    if (!verdict) return ['dropped', 'Dropped', 'It is not about mirroring, and the policy keeps only what is.'];
    const drops = (word) => rules?.drop?.includes(word);
    const reasons = [];
    if (approved && drops('approved')) reasons.push(`is ${approved}`);
    if (verdict.action === 'read' && drops('read')) reasons.push('only reads');
    if (verdict.outcome === 'failure' && drops('failure')) reasons.push('failed');
    if (verdict.outcome === 'started' && drops('started')) reasons.push('has only begun');
    const each = verdict.matches > 1 ? `Each of its ${verdict.matches} events is to be dropped; the gravest` : 'It';
    return ['dropped', 'Dropped', `${each} ${reasons.join(' and ') || 'is one that the policy drops'}.`];
  }
  if (answer === Answer.Enriched) {
    if (approved) return ['approved', 'Approved', `It is ${approved}: marked, informational, and passed on enriched.`];
    return ['kept', 'Passed on, enriched', rules?.approved?.length > 0 ? 'No entry of the policy approves it.' : ''];
  }
  const doubt = rules?.keep === 'mirror' ? 'It may be about mirroring, or was enriched before; in doubt it is kept.' : 'Byte for byte.';
  return ['kept', 'Passed on unchanged', doubt];
}

/** Shows it in the element with this id. */
export function showOutcome(id, [kind, what, why]) {
  byId(id).className = `outcome ${kind}`;
  byId(id).replaceChildren(make('b', {}, what), why === '' ? '' : ` ${why}`);
  byId(id).hidden = false;
}
