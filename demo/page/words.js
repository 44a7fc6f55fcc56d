// From a verdict to plain words. Knows the vocabulary of the output, not how it came about.

export const PROVIDERS = { aws: 'AWS', azure: 'Azure', gcp: 'Google Cloud', network: 'Network device', oci: 'Oracle Cloud', alibaba: 'Alibaba Cloud', huawei: 'Huawei Cloud', tencent: 'Tencent Cloud', kubernetes: 'Kubernetes', host: 'Linux host' };
export const provider = (name) => PROVIDERS[name] ?? name;
/** Whose an operation is, within a sentence. */
export const whose = (name) => ({ network: 'a network device', host: 'a Linux host' })[name] ?? provider(name);

const KINDS = {
  session: 'a mirror session', target: 'a mirror target', filter: 'a mirror filter', filter_rule: 'a rule of a mirror filter',
  tap: 'a virtual network tap', tap_configuration: 'the connection of an interface to a tap', tap_proxy: 'a tap’s record of a connection',
  packet_capture: 'a packet capture', packet_mirroring: 'a packet mirroring policy', collector: 'a collector of mirrored packets',
  mirroring_rule: 'a mirroring rule', firewall_policy: 'a firewall policy that mirrors', security_profile: 'a security profile that says where to mirror to',
  security_profile_group: 'a group of security profiles that mirror', deployment: 'a deployment of collectors', deployment_group: 'a group of collectors’ deployments',
  endpoint_group: 'a mirroring endpoint group', endpoint_group_association: 'a network’s connection to a mirroring endpoint group',
  vtap: 'a virtual test access point', service: 'the mirroring service of the account', tags: 'tags on parts of a mirroring', resource_share: 'a share of a mirror target',
  traffic_control: 'a rule that copies pods’ packets', network_attachment: 'a pod network with a mirror', request_mirror: 'a route that copies requests',
  span_session: 'a port mirroring (SPAN) session', erspan_session: 'a remote port mirroring (ERSPAN) session', analyzer: 'a port mirroring analyzer',
};
const DONE = { create: 'created', modify: 'changed', create_or_modify: 'created or changed', delete: 'deleted', start: 'started', stop: 'stopped', read: 'looked at', other: 'used' };
const DOING = { create: 'create', modify: 'change', create_or_modify: 'create or change', delete: 'delete', start: 'start', stop: 'stop', read: 'look at', other: 'use' };

/** The group of an action, for colours and the timeline. */
export const ACTION_GROUPS = ['create', 'modify', 'delete', 'read', 'other'];
export function group(action) {
  return { create: 'create', start: 'create', create_or_modify: 'create', modify: 'modify', delete: 'delete', stop: 'delete', read: 'read' }[action] ?? 'other';
}
export const GROUP_NAMES = { create: 'created or started', modify: 'changed', delete: 'deleted or stopped', read: 'looked at', other: 'other' };

export const readable = (word) => word.replaceAll('_', ' ');

function thing(kind) {
  const word = KINDS[kind] ?? readable(kind);
  return KINDS[kind] ? word : `${/^[aeiou]/.test(word) ? 'an' : 'a'} ${word}`;
}

/** The part of an identity that a person would say. */
export function who(actor) {
  if (actor === undefined) return 'Someone';
  const role = /^arn:[^:]*:sts::\d*:assumed-role\/([^/]+)\/(.+)$/.exec(actor);
  if (role) return `${role[2]} in the role ${role[1]}`;
  if (/^arn:[^:]*:iam::\d*:root$/.test(actor)) return 'The account’s root user';
  const user = /^arn:[^:]*:[^:]*:[^:]*:[^:]*:[^/]+\/(?:.*\/)?([^/]+)$/.exec(actor);
  return user ? user[1] : actor;
}

/** One sentence: who did what, from where, and how it ended. */
export function sentence(verdict) {
  const what = thing(verdict.kind);
  const actor = who(verdict.actor);
  const from = verdict.source_ip === undefined ? '' : ` from ${verdict.source_ip}`;
  const where = verdict.region === undefined || verdict.region === 'global' ? '' : ` in ${verdict.region}`;
  const error = verdict.error === undefined ? '' : ` (${verdict.error})`;
  switch (verdict.outcome) {
    case 'failure': return `${actor} tried to ${DOING[verdict.action] ?? 'use'} ${what}${from}${where}, and it failed${error}.`;
    case 'started': return `${actor} asked to ${DOING[verdict.action] ?? 'use'} ${what}${from}${where}; another event will say how it ended.`;
    case 'unknown': return `${actor} ${DONE[verdict.action] ?? 'used'} ${what}${from}${where}; the event does not say how it ended.`;
    default: return `${actor} ${DONE[verdict.action] ?? 'used'} ${what}${from}${where}.`;
  }
}

const FLOW = [
  ['source', ['source_interface', 'source', 'source_instance', 'instance', 'subnetwork', 'source_cidr', 'network']],
  ['through', ['session', 'vtap', 'packet_mirroring', 'tap_configuration', 'packet_capture', 'filter_rule', 'filter', 'tap']],
  ['destination', ['destination', 'target', 'collector', 'destination_cidr', 'tap']],
];

/** What goes where: up to three stations, each { name, id }, none twice. */
export function flow(resources = {}) {
  const stations = [];
  for (const [role, names] of FLOW) {
    const name = names.find((key) => resources[key] !== undefined && !stations.some((station) => station.key === key));
    if (name !== undefined) stations.push({ key: name, role, name: readable(name), id: resources[name] });
  }
  return stations.length > 1 && stations.some((station) => station.role === 'destination') ? stations : [];
}

/** Why an event is graver than its row of the catalog. */
export const RAISED = { cross_account: 'a part belongs to another account', every_address: 'it names every address' };
export const TECHNIQUES = { 'T1020.001': 'Traffic Duplication', T1040: 'Network Sniffing' };

/** The milliseconds since 1970 of an event's time, which some write as a number; NaN without a year that can be read. */
export function at(time) {
  if (/^\d{13}$/.test(time)) return Number(time);
  return /\b\d{4}\b/.test(time) ? Date.parse(time) : NaN;
}

/** A moment to read; without a year where no event said one, and 1970 stands in. */
export const moment = (millis) => new Date(millis).toISOString().slice(0, 19).replace('T', ' ').replace(/^1970-/, '');

/** An event's time to read; as it was written where it cannot be read. */
export function when(time) {
  if (Number.isNaN(at(time))) return time;
  return (/^\d{13}$/.test(time) ? new Date(Number(time)).toISOString() : time).replace('T', ' ').replace(/\.\d+Z?$/, '');
}

/** The facts of a verdict as pairs of a name and a text. */
export function facts(verdict) {
  const pairs = [
    ['Who', verdict.actor], ['Kind of actor', verdict.actor_type], ['From where', verdict.source_ip], ['When', /^\d+$/.test(verdict.time) ? when(verdict.time) : verdict.time],
    ['Account', verdict.account], ['Region', verdict.region], ['Resource group', verdict.resource_group], ['Error', verdict.error],
  ];
  for (const [name, id] of Object.entries(verdict.resources ?? {})) {
    const word = readable(name);
    pairs.push([word[0].toUpperCase() + word.slice(1), id]);
  }
  if (verdict.matches !== undefined) pairs.push(['Events in the record', `${verdict.matches}, the gravest is described`]);
  return pairs.filter(([, text]) => text !== undefined);
}
