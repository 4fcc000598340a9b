/** What reading a template's tree tells. */
import type { TemplateInspection, TemplateRemark } from '../job.ts';
import { findInternals } from './inspect/attributes.ts';
import { findTriggers } from './inspect/conditions.ts';
import { findMarkers, remarksOnLiterals } from './inspect/literals.ts';
import { nameOf, nodesOf } from './inspect/nodes.ts';
import type { TemplateNode } from './library.ts';

/** Longest piece of a template in a message. */
const MAX_SHOWN_CHARACTERS = 60;

/** Inspects a tree, in time that grows with its size. */
export function inspectProgram(program: TemplateNode): TemplateInspection {
  const nodes = nodesOf(program);
  const remarks: TemplateRemark[] = [];
  const internals = findInternals(nodes);
  if (internals[0] !== undefined) {
    remarks.push({ code: 'TEMPLATE_ATTRIBUTE', message: `the template takes ${counted(internals, 'such name')}` });
  }
  const triggers = findTriggers(nodes);
  if (triggers[0] !== undefined) {
    const message = `the template looks for ${counted(triggers, 'such text')} in messages`;
    remarks.push({ code: 'TEMPLATE_CONDITION', message });
  }
  remarks.push(...remarksOnLiterals(nodes));
  const varying = nodes.map(nameOf).find((name) => name === 'strftime_now' || name === 'random');
  if (varying !== undefined) {
    remarks.push({ code: 'TEMPLATE_NOT_DETERMINISTIC', message: `the template uses ${varying}` });
  }
  return { remarks, markers: findMarkers(nodes) };
}

/** The first of some texts, and how many there are. */
function counted(texts: readonly string[], noun: string): string {
  const shown = `"${(texts[0] ?? '').slice(0, MAX_SHOWN_CHARACTERS)}"`;
  const more = texts.length - 1;
  return more === 0 ? shown : `${shown} (and ${more} more ${noun}${more === 1 ? '' : 's'})`;
}
