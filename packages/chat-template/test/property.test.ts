/** Whatever the text of a template: it gives a string or a MirustError, within its budgets. */
import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SandboxJob } from '../src/job.ts';
import { runJob } from '../src/sandbox/main.ts';
import { ending, HELLO } from './_support.ts';

const FOLDER = new URL('../../../fixtures/oracles/chat-templates/templates/', import.meta.url);
const STYLES = readdirSync(FOLDER).map((name) => readFileSync(new URL(name, FOLDER), 'utf8'));

/** Pieces that parsers and interpreters trip over. */
const PIECES = [
  '{{',
  '}}',
  '{%',
  '%}',
  '{#',
  '#}',
  '{%-',
  '-%}',
  '(',
  ')',
  '[',
  ']',
  '{',
  '}',
  '|',
  '.',
  ',',
  ':',
  '~',
  '*',
  '**',
  '=',
  '==',
  "'",
  '"',
  '\\',
  '\\x',
  '\n',
  ' ',
  ' if ',
  ' else ',
  ' for ',
  ' in ',
  ' is ',
  ' not ',
  '{% for a in range(99999) %}',
  '{% endfor %}',
  '{% if messages %}',
  '{% elif 1 %}',
  '{% else %}',
  '{% endif %}',
  '{% macro f(x, y=1) %}',
  '{% endmacro %}',
  '{{ f() }}',
  '{% set x = ',
  'messages',
  '.content',
  "|join('x')",
  "|replace('', 'xx')",
  '|tojson(indent=9)',
  'namespace(',
  '__class__',
  '1e999',
  '999999999999999999',
  '\ud800',
  '\u0000',
  '{% generation %}',
  '{% raw %}',
  '{% break %}',
  'loop.index0',
  '[::-1]',
] as const;

/** Random pieces, or a template in use with pieces put over parts of it. */
const TEMPLATES = fc.oneof(
  fc.array(fc.constantFrom(...PIECES), { maxLength: 30 }).map((pieces) => pieces.join('')),
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc
    .tuple(
      fc.constantFrom(...STYLES),
      fc.array(fc.tuple(fc.nat(), fc.nat({ max: 40 }), fc.constantFrom('', ...PIECES)), { minLength: 1, maxLength: 4 }),
    )
    .map(([style, edits]) =>
      edits.reduce((text, [place, length, piece]) => {
        const at = place % (text.length + 1);
        return text.slice(0, at) + piece + text.slice(at + length);
      }, style),
    ),
);

describe('any text', () => {
  it('is answered by the sandbox', () => {
    fc.assert(
      fc.property(TEMPLATES, (template) => {
        const variables = { messages: HELLO.messages as never, tools: null, add_generation_prompt: true };
        const job: SandboxJob = {
          template,
          tasks: [{ variables, nowMilliseconds: 0 }],
          limits: { steps: 20_000, textCharacters: 10_000 },
        };
        const answer = runJob(job);
        if ('fault' in answer) {
          expect(answer.fault.code).toMatch(/^TEMPLATE_(SYNTAX|INCLUDE|UNSUPPORTED|LIMIT)$/);
          expect(answer.fault.line ?? 1).toBeLessThanOrEqual(template.split('\n').length);
          return;
        }
        expect(answer.outcomes.length).toBe(1);
        const [outcome] = answer.outcomes;
        const text = outcome?.kind === 'text' ? outcome.text : (outcome?.message ?? '');
        expect(text.length).toBeLessThanOrEqual(outcome?.kind === 'text' ? 10_000 : 250);
        expect(text).not.toMatch(/\p{Surrogate}/u);
      }),
      { numRuns: 2000 },
    );
  });

  it('is a string or a MirustError to the caller', async () => {
    await fc.assert(
      fc.asyncProperty(TEMPLATES, async (template) => {
        expect(typeof (await ending(template))).toBe('string');
      }),
      { numRuns: 30 },
    );
  });
});
