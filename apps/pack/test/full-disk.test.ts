/** A full disk while packing. The disk is real, its calls are made to fail as a full one's do. */
import { readFileSync, writeFileSync } from 'node:fs';
import * as fs from 'node:fs/promises';
import type { CommandContext } from '@mirust/cli';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { fixture } from '../src/fixture.ts';
import { testFolder } from './_folder.ts';

vi.mock('node:fs/promises', async (original) => ({ ...(await original<typeof fs>()) }));

afterEach(() => {
  vi.restoreAllMocks();
});

const CONTEXT: CommandContext = { signal: new AbortController().signal, exitWith: () => {} };

describe('a full disk', () => {
  it.for(['write', 'truncate', 'sync'] as const)(
    'is named where %s fails, and costs no older file',
    async (method, test) => {
      const folder = testFolder(test);
      const out = folder.file('tiny.slm');
      writeFileSync(out, 'an older file');
      const { open } = fs;
      vi.spyOn(fs, 'open').mockImplementation(async (...args) => {
        const handle = await open(...args);
        const full = Object.assign(new Error('ENOSPC'), { code: 'ENOSPC', syscall: method });
        handle[method] = () => Promise.reject(full);
        return handle;
      });
      const args = { name: 'tiny', out, quant: undefined, format: undefined, json: false };
      await expect(fixture(args, CONTEXT, { name: 'test', version: '0' })).rejects.toMatchObject({
        code: 'SINK_NO_SPACE',
        message: expect.stringContaining('no space is left for'),
      });
      expect(folder.names()).toEqual(['tiny.slm']);
      expect(readFileSync(out, 'utf8')).toBe('an older file');
    },
  );
});
