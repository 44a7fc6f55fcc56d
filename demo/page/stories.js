// The stories of a file: a list by severity, and one of them with its picture, its reasons and its events.

import { byId, chip, make, number } from './dom.js';
import { ofStory, showExports } from './exports.js';
import { draw } from './picture.js';
import { moment, readable } from './words.js';

/** Events that are kept have their row's number as their place; others come after these. */
const KEPT = 2 ** 32;
const plural = (count, word) => `${number(count)} ${word}${count === 1 ? '' : 's'}`;

export function startStories(openEvent) {
  let stories = [];
  let chosen;
  let file = '';

  function choose(story, focus = false) {
    chosen = story;
    for (const [at, item] of [...byId('stories').children].entries()) {
      item.firstChild.setAttribute('aria-current', String(stories[at] === story));
      if (focus && stories[at] === story) item.firstChild.focus();
    }
    byId('story').hidden = story === undefined;
    if (story === undefined) return;
    byId('story-title').textContent = story.title;
    const state = story.runs ? 'still runs' : story.ended_millis === undefined ? 'nothing copied' : 'ended';
    byId('story-chips').replaceChildren(chip(story.severity, story.severity), chip(state), ...(story.approved ? [chip('approved', 'approved')] : []), ...(story.alert ? [chip('alert', 'high')] : []));
    byId('story-why').replaceChildren(...story.reasons.map((reason) => make('li', {}, reason.text)));
    const facts = [
      ['Who', story.who.map((who) => who.actor + (who.sessions ? ` as ${who.sessions.join(', ')}` : '')).join('\n')],
      ['Behind', story.behind.join(', ')], ['From', story.from.join(', ')],
      ['When', [...new Set([story.began_millis, story.last_millis])].map(moment).join(' to ')],
      ['Where', [...story.accounts, ...story.regions].join(', ')],
      ['Packets', [...new Set(story.flows.map((flow) => flow.packets).filter(Boolean))].join('; ')],
      ['Filter', story.filters.join('\n')], ['Missing', story.missing.join('\n')],
      ['Approved by', story.approved_by.join(', ')],
    ].filter(([, text]) => text !== '');
    byId('story-facts').replaceChildren(...facts.flatMap(([name, text]) => [make('dt', {}, name), make('dd', {}, text)]));
    // Of a long story the events in the middle are only counted.
    const gap = story.events_left_out > 0 ? Math.floor(story.events.length / 2) : -1;
    byId('story-events').replaceChildren(...story.events.flatMap((event, at) => {
      const words = `${readable(event.action)} ${readable(event.kind)}${event.part ? ` ${event.part.split('/').at(-1)}` : ''}`;
      const button = event.at < KEPT ? make('button', {}, words) : make('span', {}, words);
      button.addEventListener('click', () => openEvent(event.at));
      const bad = event.outcome === 'failure';
      const item = make('li', { class: bad ? 'refused' : event.action }, make('time', {}, moment(event.millis)), button, event.outcome === 'success' ? '' : chip(bad && event.error ? event.error : event.outcome, bad ? 'medium' : ''));
      return at === gap ? [make('li', { class: 'gap' }, `${number(story.events_left_out)} more, not listed`), item] : [item];
    }));
    const counts = [plural(story.events_total, 'event'), story.refused > 0 && `${number(story.refused)} refused`, story.throttled > 0 && `${number(story.throttled)} throttled`, story.reads > 0 && plural(story.reads, 'read')];
    byId('story-counts').textContent = counts.filter(Boolean).join(', ');
    showExports('story-export', ofStory(story, file));
    picture();
  }

  const picture = () => {
    byId('story-picture').hidden = chosen === undefined || chosen.flows.length === 0;
    const hidden = chosen !== undefined && chosen.flows.length > 0 ? draw(byId('story-picture'), chosen.flows) : 0;
    byId('story-more').textContent = hidden > 0 ? `and ${number(hidden)} more ${hidden === 1 ? 'flow' : 'flows'}` : '';
  };
  new ResizeObserver(picture).observe(byId('story-picture'));

  return {
    /** Shows what a file's events were joined into. */
    show(told, name) {
      stories = told.stories;
      file = name;
      const alerts = stories.filter((story) => story.alert).length;
      byId('stories-card').hidden = stories.length === 0;
      byId('stories-note').textContent = `${plural(told.counts.events - told.counts.repeated, 'mirror event')} in ${plural(told.all, 'story').replace('storys', 'stories')}, ${plural(alerts, 'alert')}${told.counts.repeated > 0 ? `; ${number(told.counts.repeated)} delivered again` : ''}${told.all > stories.length ? `; the gravest ${number(stories.length)} are listed` : ''}.`;
      byId('stories').replaceChildren(...stories.map((story) => {
        const button = make('button', {}, chip(story.severity, story.severity), make('span', {}, story.title), make('small', {}, `${moment(story.began_millis)} · ${plural(story.events_total, 'event')}${story.runs ? ' · still runs' : ''}`));
        button.addEventListener('click', () => choose(story));
        return make('li', {}, button);
      }));
      choose(stories[0]);
    },
    /** The story that an event belongs to. */
    of: (id) => stories.find((story) => story.events.some((event) => event.at === id)),
    /** Shows one of them. */
    open(story) {
      choose(story, true);
      byId('story').scrollIntoView({ block: 'nearest' });
    },
  };
}
