// Starts the page: loads the detector, switches the tabs, and says so when something breaks.

import init, { Engine, catalog } from './tapsieve_demo.js';
import { byId } from './dom.js';
import { startEvent } from './event.js';
import { startFile } from './file.js';
import { fromFragment } from './link.js';
import { detector, list } from './parts.js';
import { startPolicy } from './policy.js';

const TABS = ['event', 'file'];
/** What else is to be done when a tab is chosen. */
const chosenTab = { event() {}, file() {} };

function select(name, focus = false) {
  for (const tab of TABS) {
    const chosen = tab === name;
    const button = byId(`tab-${tab}`);
    button.setAttribute('aria-selected', String(chosen));
    button.tabIndex = chosen ? 0 : -1;
    byId(`panel-${tab}`).hidden = !chosen;
    if (chosen && focus) button.focus();
  }
  // The one policy goes where one looks.
  byId(`policy-${name}`).append(byId('policy-card'));
  chosenTab[name]();
}

for (const tab of TABS) {
  const button = byId(`tab-${tab}`);
  button.addEventListener('click', () => select(tab));
  button.addEventListener('keydown', (key) => {
    const at = TABS.indexOf(tab);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: TABS.length - 1 }[key.key];
    if (to === undefined) return;
    key.preventDefault();
    select(TABS[(to + TABS.length) % TABS.length], true);
  });
}

function broken(problem) {
  byId('broken').textContent = problem;
  byId('broken').hidden = false;
}

async function start() {
  const [samples, policies] = ['samples.json', 'policies.json'].map(list);
  await init({ module_or_path: detector() });
  const engine = new Engine();
  const event = startEvent(engine, JSON.parse(catalog()), await samples, {
    openFile: (file) => { select('file'); files.open(file); },
    policyText: () => policy.text(),
  });
  const files = startFile(await samples, {
    openEvent: (text) => { select('event'); event.show(text); },
    openPolicy: (text) => policy.show(text),
    shown: () => select('file'),
  });
  chosenTab.file = () => files.look();
  const policy = startPolicy(engine, await policies, {
    changed: (rules) => { event.usePolicy(rules); files.usePolicy(rules); },
  });
  const fromLink = async () => {
    if (location.hash === '#file' || location.hash === '#event') return select(location.hash.slice(1));
    try {
      const linked = await fromFragment(location.hash);
      if (linked === undefined) return;
      select('event');
      if (linked.policy !== undefined) policy.show(linked.policy);
      event.show(linked.event);
    } catch {
      broken('The event in this link is damaged; ask for the link again.');
    }
  };
  addEventListener('hashchange', fromLink);
  await fromLink();
  document.documentElement.dataset.ready = 'true';
  performance.mark('ready');
}

start().catch((problem) => broken(`The detector could not be loaded: ${problem?.message ?? problem}`));
