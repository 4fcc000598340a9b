/** The work of mirust-admit explain. */
import { allRules, findRule, type Rule } from '@mirust/admission';
import { type ArgumentsOf, UsageError, writeJson, writeStdout } from '@mirust/cli';
import { sanitizeText } from '@mirust/core';
import type { EXPLAIN } from './arguments.ts';

/** `mirust-admit explain [RULE] [--json]` */
export async function explain({
  rule: name,
  json,
}: ArgumentsOf<typeof EXPLAIN.positionals, typeof EXPLAIN.options>): Promise<void> {
  if (name === undefined) {
    const rules = allRules();
    if (json) await writeJson(rules);
    else await writeStdout(rules.map((rule) => `${headline(rule)}\n`).join(''));
    return;
  }
  const rule = findRule(name);
  if (rule === undefined)
    throw new UsageError(`there is no rule ${sanitizeText(name)}: "mirust-admit explain" lists all`);
  if (json) await writeJson(rule);
  else await writeStdout(paragraph(rule));
}

function headline({ id, code, class: kind, severity }: Rule): string {
  return `${id}  ${code}  [${kind}, ${severity}]`;
}

function paragraph(rule: Rule): string {
  const { when, remedy } = rule;
  return `${headline(rule)}\n\n${when}\n${remedy === undefined ? '' : `${remedy}\n`}`;
}
