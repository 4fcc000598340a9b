/** The documentation of rules: complete, readable, and true. */
import { describe, expect, it } from 'vitest';
import { allRules } from '../src/index.ts';
import { DOC_MODULES, ruleText } from '../src/rules/docs/index.ts';
import type { ExampleInput } from '../src/rules/docs/rule-doc.ts';
import { DESCRIBED } from './_described.ts';
import { type Subject, saidOf, subjectOf } from './_examples.ts';

const DOCS = DOC_MODULES.flatMap((table) => Object.entries(table));
const rules = new Map(allRules().map((rule) => [rule.code, rule]));

describe('the documentation of rules', () => {
  it('is there for every rule', () => {
    const documented = new Set(DOCS.map(([code]) => code));
    expect(
      [...rules.keys()].filter((code) => !documented.has(code)),
      'these rules have no documentation: write { about, example } for each into the module of its reader in ' +
        'packages/admission/src/rules/docs/ (a new module is listed in its index.ts), then run npm run build && npm run rules',
    ).toEqual([]);
  });

  it('is there for nothing else, and once', () => {
    const codes = DOCS.map(([code]) => code);
    expect(codes.filter((code) => !rules.has(code))).toEqual([]);
    expect(codes.filter((code, index) => codes.indexOf(code) !== index)).toEqual([]);
    expect(ruleText('GGUF_NO_SUCH_RULE')).toBeUndefined();
    expect(ruleText('__proto__')).toBeUndefined();
  });

  it.each(DOCS)('%s is one paragraph of some sentences, and repeats nothing', (code, { about }) => {
    expect(about).toMatch(/^[A-Z][^\n]*[^.]\.$/);
    expect(about.length).toBeGreaterThan(120);
    expect(about.length).toBeLessThan(800);
    const sentences = sentencesOf(about);
    expect(sentences.length).toBeGreaterThanOrEqual(2);
    expect(sentences.length).toBeLessThanOrEqual(6);
    const { when = '', remedy = '' } = rules.get(code) ?? {};
    for (const known of sentencesOf(`${when} ${remedy}`)) expect(about).not.toContain(known);
  });

  it('has no sentence twice', () => {
    const sentences = DOCS.flatMap(([, { about }]) => sentencesOf(about));
    expect(sentences.filter((sentence, index) => sentences.indexOf(sentence) !== index)).toEqual([]);
    const inputs = DOCS.map(([code]) => ruleText(code)?.example.input);
    expect(inputs.filter((input, index) => inputs.indexOf(input) !== index)).toEqual([]);
  });
});

function sentencesOf(text: string): string[] {
  return text.split(/(?<=[.;:]) (?=[A-Z])/).map((sentence) => sentence.trim());
}

describe('the example of', () => {
  it.each(DOCS)('%s gives that finding, in those words', async (code, { example }) => {
    const finding = (await saidOf(await makeSubject(code, example.input))).get(code);
    expect(finding?.severity).toBe(rules.get(code)?.severity);
    const { message, offset } = finding ?? {};
    const isShown = offset !== undefined && showsOffsets(example.input);
    expect(example.says).toBe(isShown ? `${message} (at byte ${offset.toLocaleString('en-US')})` : message);
  });

  it('has a maker only where it is described', () => {
    const described = DOCS.filter(([, { example }]) => 'described' in example.input).map(([code]) => code);
    expect(Object.keys(DESCRIBED).sort()).toEqual(described.sort());
  });
});

async function makeSubject(code: string, input: ExampleInput): Promise<Subject> {
  if (!('described' in input)) return subjectOf(input);
  const make = DESCRIBED[code];
  if (make === undefined) throw new Error(`${code} is described in words: its maker is missing in _described.ts`);
  return make();
}

/** Whether a reader can find the byte in what is shown. */
function showsOffsets(input: ExampleInput): boolean {
  if ('artifact' in input)
    return input.changes.length > 0 && input.changes.every(({ in: place }) => place === undefined);
  return 'rows' in input ? 'file' in input : 'text' in input;
}
