/** The page: the same bytes for the same report, and nothing in it but text, tables and drawings, whatever a report says. */
import { type PlanReport, validatePlanReport } from '@mirust/schemas';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { htmlReport } from '../src/html/index.ts';
import { anyReport, HOSTILE_TEXTS } from './arbitrary.ts';
import { attributeNames, byId, parsePage, tagNames, textOf } from './markup.ts';
import { leastReport, sampleReport, smallReport } from './sample.ts';

const TAGS = new Set(
  'html head meta title style body main header footer section h1 h2 h3 p ul li dl div dt dd strong span small b i code'
    .split(' ')
    .concat('table caption thead tbody tr th td details summary svg desc g path text rect'.split(' ')),
);
const ATTRIBUTES = new Set(
  'lang charset http-equiv content name id class style role scope tabindex aria-label aria-labelledby aria-hidden'
    .split(' ')
    .concat(
      'viewBox width height x y d transform fill fill-opacity stroke stroke-width stroke-linecap stroke-dasharray'.split(
        ' ',
      ),
    )
    .concat('text-anchor dominant-baseline paint-order stroke-miterlimit'.split(' ')),
);

/** The page without its style sheet, which would fill a golden file. */
function withoutStyle(page: string): string {
  return page.replace(/<style>[\s\S]*?<\/style>/, '<style></style>');
}

function expectHarmless(page: string): void {
  // Nor to the process that made it: nothing was added to what all objects have in common.
  const inherited: string[] = [];
  for (const key in {}) inherited.push(key);
  expect(inherited).toEqual([]);
  expect(Object.keys(Object)).toEqual([]);
  const parsed = parsePage(page);
  expect(parsed.problems).toEqual([]);
  expect([...tagNames(parsed)].filter((name) => !TAGS.has(name))).toEqual([]);
  expect([...attributeNames(parsed)].filter((name) => !ATTRIBUTES.has(name))).toEqual([]);
  const values = parsed.elements.flatMap(({ attrs }) => attrs.map(({ value }) => value));
  expect(values.filter((value) => /^\s*(?:javascript|https?|file):|url\((?!#)/i.test(value))).toEqual([]);
  const ids = parsed.elements.flatMap(({ attrs }) =>
    attrs.filter(({ name }) => name === 'id').map(({ value }) => value),
  );
  expect(new Set(ids).size).toBe(ids.length);
  expect(page).not.toMatch(/NaN|Infinity|undefined|\[object/);
}

describe('the page', () => {
  it('is the same bytes for the same report, however often it is made', async () => {
    const page = htmlReport(smallReport(), { generatedBy: 'mirust-plan 1.2.3' });
    await expect(withoutStyle(page)).toMatchFileSnapshot('golden/small.html');
    htmlReport(sampleReport());
    expect(htmlReport(smallReport(), { generatedBy: 'mirust-plan 1.2.3' })).toBe(page);
  });

  it('has a section for everything that a report says', () => {
    const page = htmlReport(sampleReport({ kvType: 'f32', budgetBytes: 6 * 2 ** 30 }));
    expectHarmless(page);
    const parsed = parsePage(page);
    const ids = ['summary', 'verdict', 'changes', 'breakdown', 'answers', 'tradeoffs', 'timeline', 'weights', 'cache'];
    for (const id of [...ids, 'buffers', 'ceilings', 'decode', 'notes']) expect(byId(parsed, id), id).toBeDefined();
    const verdict = byId(parsed, 'verdict');
    expect(verdict && textOf(verdict)).toBe('✗does not fit into 6.00\u00a0GiB1.88 GiB too much');
    expect(parsed.elements.filter(({ tagName }) => tagName === 'svg')).toHaveLength(8);
  });

  it('has no section for what it does not say', () => {
    const page = htmlReport(leastReport());
    expectHarmless(page);
    // The summary, and the weights, which every report has.
    expect(parsePage(page).elements.filter(({ tagName }) => tagName === 'section')).toHaveLength(2);
  });

  it('names the parts that are not known, and says that it may not fit', () => {
    const { fits: _, ...rest } = sampleReport();
    const page = htmlReport({ ...rest, unknown: [{ name: 'kv cache', reason: 'its shape is not known' }] });
    const parsed = parsePage(page);
    const unknown = byId(parsed, 'unknown');
    expect(unknown && textOf(unknown)).toContain('its shape is not known');
    const verdict = byId(parsed, 'verdict');
    expect(verdict && textOf(verdict)).toContain('the known parts leave 2.12 GiB, 1 part unknown');
  });

  it('forbids everything that it does not need', () => {
    const policy = parsePage(htmlReport(leastReport())).elements.find(({ attrs }) => {
      return attrs.some(({ value }) => value === 'Content-Security-Policy');
    });
    expect(policy?.attrs).toContainEqual({
      name: 'content',
      value: "default-src 'none'; style-src 'unsafe-inline'; img-src data:",
    });
  });

  it('describes every drawing in words', () => {
    const parsed = parsePage(htmlReport(sampleReport()));
    for (const drawing of parsed.elements.filter(({ tagName }) => tagName === 'svg')) {
      const names = drawing.attrs.find(({ name }) => name === 'aria-labelledby')?.value.split(' ') ?? [];
      expect(names).toHaveLength(2);
      for (const name of names) {
        const words = byId(parsed, name);
        expect(words && textOf(words).length, name).toBeGreaterThan(10);
      }
    }
  });
});

describe('a report that is not to be trusted', () => {
  it.each(HOSTILE_TEXTS.map((text) => [text.slice(0, 40), text]))('%j is text', (_, text) => {
    const report = sampleReport({ kvType: 'f32', budgetBytes: 2 ** 30 });
    const hostile = JSON.parse(
      JSON.stringify(report, (key, value) => {
        const isFree = ['name', 'reason', 'about', 'cost', 'value', 'option', 'quantization', 'architecture'].includes(
          key,
        );
        return isFree && typeof value === 'string' ? text : value;
      }),
    ) as PlanReport;
    const page = htmlReport({ ...hostile, notes: [text] }, { title: text, generatedBy: text });
    expectHarmless(page);
    expect(page.length).toBeLessThan(300_000);
    expect(page.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}]/u);
  });

  it('is bounded, however long its lists are', () => {
    const one = { name: 'layer 1', bytes: 1, kind: 'exact', offset: 0, firstStep: 0, lastStep: 1 } as const;
    const many = Array.from({ length: 20_000 }, () => one);
    const { name, bytes, kind } = one;
    const parts = many.map(() => ({ name, bytes, kind }));
    const page = htmlReport({
      ...leastReport(),
      components: parts,
      totalBytes: parts.length,
      weights: { bytes: 1, byDtype: {}, byLayer: many.map(() => ({ name, bytes })) },
      buffers: many.map(({ offset, firstStep, lastStep }) => ({ name, bytes, offset, firstStep, lastStep })),
      timeline: many.slice(0, 1000).map(() => ({ phase: 'read', bytes, parts: [] })),
    });
    expectHarmless(page);
    expect(page).toContain('… and 19,744 more rows');
    expect(page.length).toBeLessThan(1_000_000);
  });

  it('gives a page that parses, with neither scripts nor addresses', () => {
    fc.assert(
      fc.property(anyReport, (report) => {
        expect(validatePlanReport(report)).toMatchObject({ ok: true });
        expectHarmless(htmlReport(report));
      }),
      { numRuns: 40 },
    );
  });
});
