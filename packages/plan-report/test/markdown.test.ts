/** Markdown for a pull request, as GitHub reads it. */
import fc from 'fast-check';
import { micromark } from 'micromark';
import { gfm, gfmHtml } from 'micromark-extension-gfm';
import { describe, expect, it } from 'vitest';
import { markdownReport } from '../src/index.ts';
import { anyReport, HOSTILE_TEXTS } from './arbitrary.ts';
import { attributeNames, parsePiece, tagNames, textOf } from './markup.ts';
import { leastReport, sampleReport, smallReport } from './sample.ts';

const TAGS = new Set('h3 p strong table thead tbody tr th td ul li details summary'.split(' '));

function rendered(markdown: string): string {
  // The report's own <details> has to pass: nothing else may look like it.
  return micromark(markdown, { extensions: [gfm()], htmlExtensions: [gfmHtml()], allowDangerousHtml: true });
}

function expectHarmless(markdown: string): void {
  const parsed = parsePiece(rendered(markdown));
  expect([...tagNames(parsed)].filter((name) => !TAGS.has(name))).toEqual([]);
  expect([...attributeNames(parsed)].filter((name) => name !== 'align')).toEqual([]);
  expect(markdown).not.toMatch(/NaN|Infinity|undefined|\[object/);
  // Mentions and references are found in the finished text.
  const text = parsed.elements.map((element) => textOf(element)).join('\n');
  expect(text).not.toMatch(/[@#]\w/);
}

describe('the Markdown', () => {
  it('is the same bytes for the same report', async () => {
    await expect(markdownReport(smallReport())).toMatchFileSnapshot('golden/small.md');
  });

  it('begins with the verdict and folds the rest away', () => {
    const markdown = markdownReport(sampleReport({ kvType: 'f32', budgetBytes: 6 * 2 ** 30 }));
    expect(markdown).toMatch(/^### ❌ LLaMA 7B does not fit into 6\.00 GiB: 1\.88 GiB too much\n/);
    const { elements } = parsePiece(rendered(markdown));
    const folded = elements.filter(({ tagName }) => tagName === 'summary').map(textOf);
    expect(folded).toEqual([
      'Answers',
      'Weights and cache',
      'While it loads',
      'Ceilings of the platforms',
      'The next token (estimates)',
      'Notes',
    ]);
    // Components, trade-offs, weights, moments, ceilings.
    expect(elements.filter(({ tagName }) => tagName === 'table')).toHaveLength(5);
    expect(elements.filter(({ tagName }) => tagName === 'td').map(textOf)).toContain('✗ 7.88 GiB');
    expectHarmless(markdown);
  });

  it('leaves out what a report does not say', () => {
    const markdown = markdownReport(leastReport());
    // The parameters, which every report has.
    expect(markdown.match(/<details>/g)).toHaveLength(1);
    expect(markdown).toMatch(/^### 📏 llama needs 0 B: no budget was given\n/);
  });

  it('names what is not known', () => {
    const { fits: _, ...rest } = sampleReport();
    const markdown = markdownReport({ ...rest, unknown: [{ name: 'kv cache', reason: 'its shape' }] });
    expect(markdown).toMatch(/^### ❔ LLaMA 7B may not fit into 8\.00 GiB/);
    expect(markdown).toContain('- kv cache: its shape');
  });
});

describe('a report that is not to be trusted', () => {
  it.each(HOSTILE_TEXTS.map((text) => [text.slice(0, 40), text]))('%j is text', (_, text) => {
    const markdown = markdownReport({
      ...sampleReport(),
      model: { ...leastReport().model, name: text, architecture: text },
      components: [{ name: text, bytes: 1, kind: 'exact' }],
      unknown: [{ name: text, reason: text }],
      changes: [{ option: text, value: text, totalBytes: 1, savedBytes: 1, cost: text }],
      notes: [text],
    });
    expectHarmless(markdown);
    expect(markdown.length).toBeLessThan(20_000);
  });

  it('stays below what a comment holds, however long its lists are', () => {
    const one = { name: 'x'.repeat(1000), bytes: 1, kind: 'exact' } as const;
    const components = Array.from({ length: 5000 }, () => one);
    const markdown = markdownReport({ ...leastReport(), totalBytes: 5000, components });
    expect(markdown.length).toBeLessThan(65_536);
    expect(markdown).toContain('| 4,960 more | 4,960 |');
  });

  it('becomes no markup, whatever it says', () => {
    fc.assert(
      fc.property(anyReport, (report) => expectHarmless(markdownReport(report))),
      { numRuns: 60 },
    );
  });
});
