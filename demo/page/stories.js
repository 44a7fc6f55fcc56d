// The stories of a file: a list by severity, and one of them with its picture, its reasons and its events.

import { byId, chip, make, number } from './dom.js';
import { ofStory, showExports } from './exports.js';
import { draw } from './picture.js';
import { readable } from './words.js';

/** Events that are kept have their row's number as their place; others come after these. */
const KEPT = 2 ** 32;
const iso = (millis) => new Date(millis).toISOString().slice(0, 19).replace('T', ' ');
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
      ['Who', story.who.map((who) => who.actor + (who.sessions ? ` as ${who.sessions.join(', ')}` : '')).join('; ')],
      ['Behind', story.behind.join(', ')], ['From', story.from.join(', ')],
      ['When', `${iso(story.began_millis)} to ${iso(story.last_millis)}`],
      ['Where', [...story.accounts, ...story.regions].join(', ')],
      ['Packets', [...new Set(story.flows.map((flow) => flow.packets).filter(Boolean))].join('; ')],
      ['Filter', story.filters.join('; ')], ['Missing', story.missing.join('; ')],
      ['Approved by', story.approved_by.join(', ')],
    ].filter(([, text]) => text !== '');
    byId('story-facts').replaceChildren(...facts.flatMap(([name, text]) => [make('dt', {}, name), make('dd', {}, text)]));
    byId('story-events').replaceChildren(...story.events.map((event) => {
      const words = `${readable(event.action)} ${readable(event.kind)}${event.part ? ` ${event.part.split('/').at(-1)}` : ''}`;
      const button = event.at < KEPT ? make('button', {}, words) : make('span', {}, words);
      button.addEventListener('click', () => openEvent(event.at));
      const bad = event.outcome === 'failure';
      return make('li', { class: bad ? 'refused' : event.action }, make('time', {}, iso(event.millis)), button, event.outcome === 'success' ? '' : chip(bad && event.error ? event.error : event.outcome, bad ? 'medium' : ''));
    }));
    const counts = [plural(story.events_total, 'event'), story.refused > 0 && `${number(story.refused)} refused`, story.reads > 0 && plural(story.reads, 'read'), story.events_left_out > 0 && `${number(story.events_left_out)} not listed`];
    byId('story-counts').textContent = counts.filter(Boolean).join(', ');
    showExports('story-export', ofStory(story, file));
    picture();
  }

  const picture = () => {
    byId('story-picture').hidden = chosen === undefined || chosen.flows.length === 0;
    if (chosen !== undefined && chosen.flows.length > 0) draw(byId('story-picture'), chosen.flows);
  };
  new ResizeObserver(picture).observe(byId('story-picture'));

  return {
    /** Shows what a file's events were joined into. */
    show(told, name) {
      stories = told.stories;
      file = name;
      const alerts = stories.filter((story) => story.alert).length;
      byId('stories-card').hidden = stories.length === 0;
      byId('stories-note').textContent = `${plural(told.counts.events, 'mirror event')} in ${plural(told.all, 'story').replace('storys', 'stories')}, ${plural(alerts, 'alert')}${told.all > stories.length ? `; the gravest ${number(stories.length)} are listed` : ''}.`;
      byId('stories').replaceChildren(...stories.map((story) => {
        const button = make('button', {}, chip(story.severity, story.severity), make('span', {}, story.title), make('small', {}, `${iso(story.began_millis)} · ${plural(story.events_total, 'event')}${story.runs ? ' · still runs' : ''}`));
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
