/**
 * The page of a 7B model in Chromium, where there is one: it asks for nothing but itself, has nothing to complain about,
 * fits a phone and leaves no drawing out.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { htmlReport } from '../src/html/index.ts';
import { sampleReport } from './sample.ts';

const NAME = ['chromium', 'chromium-browser', 'google-chrome'].find(
  (name) => spawnSync(name, ['--version'], { stdio: 'ignore' }).status === 0,
);
if (NAME === undefined) console.warn('there is no Chromium: the test of the page in a browser is skipped');

const SECTIONS = 'summary breakdown answers tradeoffs timeline weights cache buffers ceilings decode notes'.split(' ');

/** What one sees at a width. */
interface Sight {
  readonly overflow: number;
  readonly sections: string[];
  readonly drawings: number;
  readonly smallestText: number;
  readonly cutTexts: string[];
}

/** Looks at the page from inside. */
function look(): Sight {
  const isSeen = (element: Element): boolean => element.getBoundingClientRect().width > 0;
  const drawings = [...document.querySelectorAll('svg')].filter(isSeen);
  const texts = drawings.flatMap((drawing) => [...drawing.querySelectorAll('text')]);
  const sizes = texts.map((text) => Number.parseFloat(getComputedStyle(text).fontSize) * (text.getScreenCTM()?.a ?? 0));
  const others = [...document.querySelectorAll('main *')].filter((element) => element.closest('svg') === null);
  const words = others.filter((element) => isSeen(element) && element.textContent !== '');
  const cut = texts.filter((text) => {
    const box = text.getBoundingClientRect();
    return box.left < 0 || box.right > document.documentElement.clientWidth;
  });
  return {
    overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    sections: [...document.querySelectorAll('header[id],section[id]')].filter(isSeen).map(({ id }) => id),
    drawings: drawings.length,
    smallestText: Math.min(...sizes, ...words.map((element) => Number.parseFloat(getComputedStyle(element).fontSize))),
    cutTexts: cut.map((text) => text.textContent ?? ''),
  };
}

describe.skipIf(NAME === undefined)('the page of a 7B model in Chromium', () => {
  const folder = mkdtempSync(join(tmpdir(), 'mirust-plan-report-'));
  const file = join(folder, 'plan.html');
  const url = pathToFileURL(file).href;
  let browser: Browser;

  beforeAll(async () => {
    writeFileSync(file, htmlReport(sampleReport(), { generatedBy: 'mirust-plan' }));
    const found = (process.env.PATH ?? '').split(delimiter).map((part) => join(part, NAME ?? ''));
    const executablePath = found.find((path) => spawnSync(path, ['--version'], { stdio: 'ignore' }).status === 0) ?? '';
    browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu', '--disable-quic'] });
  });

  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Opens the page; everything that it asks for and says goes into `events`. */
  async function open(width: number, events: string[]): Promise<Page> {
    const page = await browser.newPage({ viewport: { width, height: 800 } });
    page.on('request', (request) => events.push(`request ${request.url()}`));
    page.on('console', (message) => events.push(`console ${message.text()}`));
    page.on('pageerror', (error) => events.push(`error ${error.message}`));
    await page.goto(url);
    return page;
  }

  it.each([320, 360, 768, 800, 1280])('at %d pixels shows everything, and nothing is cut', async (width) => {
    const events: string[] = [];
    const page = await open(width, events);
    const sight = await page.evaluate(look);
    expect(events).toEqual([`request ${url}`]);
    expect(sight).toMatchObject({ overflow: 0, sections: SECTIONS, drawings: 4, cutTexts: [] });
    // A phone of 320 pixels is narrower than what the drawings are made for.
    expect(sight.smallestText).toBeGreaterThanOrEqual(width < 360 ? 11 : 12);
    await page.close();
  });

  it('prints its drawings, also from a phone', async () => {
    const page = await open(360, []);
    await page.emulateMedia({ media: 'print' });
    const pages = (await page.pdf({ format: 'A4' })).toString('latin1').match(/\/Type\s*\/Page\b/g) ?? [];
    expect(pages.length).toBeGreaterThan(2);
    expect(pages.length).toBeLessThan(9);
    expect(await page.evaluate(look)).toMatchObject({ drawings: 4 });
    await page.close();
  });

  it('is dark where the reader likes it dark', async () => {
    const page = await open(1280, []);
    const background = () => getComputedStyle(document.body).backgroundColor;
    const light = await page.evaluate(background);
    await page.emulateMedia({ colorScheme: 'dark' });
    expect(await page.evaluate(background)).not.toBe(light);
    await page.close();
  });
});
