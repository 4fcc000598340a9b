/** Renders as transformers does: templates in the styles in use, and what its sandboxed Jinja made of them. */
import { readdirSync, readFileSync } from 'node:fs';
import { isMirustError } from '@mirust/core';
import { describe, expect, it } from 'vitest';
import {
  type ChatInput,
  type ChatMessage,
  examineChatTemplate,
  type RenderOutcome,
  renderChatTemplate,
} from '../src/index.ts';

const FOLDER = new URL('../../../fixtures/oracles/chat-templates/', import.meta.url);

interface Probe {
  readonly name: string;
  readonly messages: readonly ChatMessage[];
  readonly addGenerationPrompt: boolean;
  readonly tools?: true;
  readonly variables?: NonNullable<ChatInput['variables']>;
}

interface Given {
  readonly now: string;
  readonly bosToken: string;
  readonly eosToken: string;
  readonly probes: readonly Probe[];
  readonly tools: NonNullable<ChatInput['tools']>;
}

function readJson<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(name, FOLDER), 'utf8')) as T;
}

const GIVEN = readJson<Given>('probes.json');
const { differences: THEIRS, ...GOLDEN } =
  readJson<Readonly<Record<string, Readonly<Record<string, unknown>>>>>('golden.json');

/** Small templates of which we make something else, and why. */
const DIFFERENCES = readJson<Readonly<Record<string, Difference>>>('differences.json');

interface Difference {
  readonly template: string;
  readonly ours: { readonly text: string } | { readonly code: string };
  readonly reason: string;
}

function comparable(outcome: RenderOutcome | undefined): unknown {
  if (outcome?.kind === 'text') return { text: outcome.text };
  return outcome?.kind === 'raised' ? { raised: outcome.message } : { failed: true };
}

describe('renders equal those of transformers', () => {
  const templates = readdirSync(new URL('templates/', FOLDER)).map((name) => name.replace(/\.jinja$/, ''));

  it('for every template there is', () => {
    expect(templates.sort()).toEqual(Object.keys(GOLDEN).sort());
    expect(templates.length).toBeGreaterThanOrEqual(12);
  });

  it.each(templates)('%s', async (template) => {
    const source = readFileSync(new URL(`templates/${template}.jinja`, FOLDER), 'utf8');
    const inputs = GIVEN.probes.map(({ messages, addGenerationPrompt, tools, variables }): ChatInput => {
      return {
        messages,
        addGenerationPrompt,
        bosToken: GIVEN.bosToken,
        eosToken: GIVEN.eosToken,
        now: new Date(GIVEN.now),
        ...(tools === undefined ? {} : { tools: GIVEN.tools }),
        ...(variables === undefined ? {} : { variables }),
      };
    });
    const { outcomes, inspection } = await examineChatTemplate(source, inputs);
    const rendered = Object.fromEntries(GIVEN.probes.map(({ name }, index) => [name, comparable(outcomes[index])]));
    expect(rendered).toEqual(GOLDEN[template]);
    // Templates in these styles are not suspicious, but for the dates.
    const codes = inspection.remarks.map(({ code }) => code).filter((code) => code !== 'TEMPLATE_NOT_DETERMINISTIC');
    expect(codes).toEqual([]);
  });
});

describe('renders differ from those of transformers', () => {
  it.each(Object.entries(DIFFERENCES))('%s', async (name, { template, ours, reason }) => {
    const input = { messages: [{ role: 'user', content: 'Hello' }], now: new Date(GIVEN.now) };
    const rendered = await renderChatTemplate(template, input).then(
      (text) => ({ text }),
      (error: unknown) => ({ code: isMirustError(error) ? error.code : String(error) }),
    );
    expect(rendered).toEqual(ours);
    expect(THEIRS?.[name]).not.toEqual(ours);
    expect(THEIRS?.[name]).toBeDefined();
    expect(reason).toMatch(/\.$/);
  });
});
