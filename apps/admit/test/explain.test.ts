/** mirust-admit explain, as its users run it. */
import { runApp } from '@mirust/cli/testing';
import { describe, expect, it } from 'vitest';

describe('mirust-admit explain', () => {
  it('says what a rule is about, with an example, and what to do, by identity or code', async () => {
    const { status, stdout } = await runApp('admit', ['explain', 'MR-S050']);
    expect(status).toBe(0);
    expect(stdout).toBe(
      `MR-S050  SLM1_MAGIC  [structure, error]

The file does not start with SLM1.

The first four bytes say which container it is, and everything behind them is read by
its rules alone. The gate looks at them to choose the reader, so this rule speaks where
a program opens a file as SLM1 that is something else.

Example:

  A file that starts with "SLM2" is opened as SLM1.

  SLM1_MAGIC: the file starts with "SLM2"

What to do:

  Check that the file is an SLM1 container.
`,
    );
    expect((await runApp('admit', ['explain', 'slm1_magic'])).stdout).toBe(stdout);
    const { stdout: shown } = await runApp('admit', ['explain', 'MR-S030']);
    expect(shown).toContain('\n  model.safetensors\n    0  03 00 00 00 00 00 00 00  u64 3, length of the header\n');
    expect(shown.split('\n').every((line) => line.length <= 88)).toBe(true);
  });

  it('gives the same as JSON', async () => {
    const { stdout } = await runApp('admit', ['explain', 'MR-W001', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({
      id: 'MR-W001',
      code: 'ADMISSION_WEIGHT_NOT_FINITE',
      about: expect.stringContaining('NaN spreads'),
      example: {
        input: expect.stringContaining('model.norm.weight'),
        says: expect.stringMatching(/first at index 2$/),
      },
    });
  });

  it('lists all', async () => {
    const { stdout } = await runApp('admit', ['explain']);
    const lines = stdout.trimEnd().split('\n');
    expect(lines).toContain('MR-S001  TRUNCATED  [structure, error]');
    expect(JSON.parse((await runApp('admit', ['explain', '--json'])).stdout)).toHaveLength(lines.length);
  });

  it('knows no other', async () => {
    const { status, stderr } = await runApp('admit', ['explain', 'MR-S999']);
    expect([status, stderr]).toEqual([
      2,
      'mirust-admit: there is no rule MR-S999: "mirust-admit explain" lists all (see mirust-admit explain --help)\n',
    ]);
  });
});
