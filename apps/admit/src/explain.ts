/** The work of mirust-admit explain. */
import { allRules, findRule, type Rule } from '@mirust/admission';
import { type RuleText, ruleText } from '@mirust/admission/rules';
import { type ArgumentsOf, UsageError, writeJson, writeStdout } from '@mirust/cli';
import { sanitizeText } from '@mirust/core';
import type { EXPLAIN } from './arguments.ts';

/** Longer lines are hard to read. */
const MAX_COLUMNS = 88;

/** A rule with all that is written about it. */
type ExplainedRule = Rule & Partial<RuleText>;

/** `mirust-admit explain [RULE] [--json]` */
export async function explain({
  rule: name,
  json,
}: ArgumentsOf<typeof EXPLAIN.positionals, typeof EXPLAIN.options>): Promise<void> {
  if (name === undefined) {
    const rules = allRules();
    if (json) await writeJson(rules.map(explained));
    else await writeStdout(rules.map((rule) => `${headline(rule)}\n`).join(''));
    return;
  }
  const rule = findRule(name);
  if (rule === undefined)
    throw new UsageError(`there is no rule ${sanitizeText(name)}: "mirust-admit explain" lists all`);
  if (json) await writeJson(explained(rule));
  else await writeStdout(formatRule(explained(rule), Math.min(MAX_COLUMNS, process.stdout.columns ?? MAX_COLUMNS)));
}

function explained(rule: Rule): ExplainedRule {
  return { ...rule, ...ruleText(rule.code) };
}

function headline({ id, code, class: kind, severity }: Rule): string {
  return `${id}  ${code}  [${kind}, ${severity}]`;
}

function formatRule(rule: ExplainedRule, columns: number): string {
  const { when, remedy, about, example } = rule;
  const sections = [
    headline(rule),
    wrapped(when, columns),
    ...(about === undefined ? [] : [wrapped(about, columns)]),
    // What is shown of a file is not wrapped: its columns and lines mean something.
    ...(example === undefined ? [] : [`Example:\n\n${indented(example.input)}`, saysOf(rule, example.says, columns)]),
    ...(remedy === undefined ? [] : [`What to do:\n\n${indented(wrapped(remedy, columns - 2))}`]),
  ];
  return `${sections.join('\n\n')}\n`;
}

function saysOf({ code }: Rule, says: string, columns: number): string {
  return indented(wrapped(`${code}: ${says}`, columns - 2));
}

function indented(text: string): string {
  return text.replaceAll(/^(?=.)/gm, '  ');
}

/** Lines of whole words; a word that is longer than a line has one of its own. */
function wrapped(text: string, columns: number): string {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > columns) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line].join('\n');
}
