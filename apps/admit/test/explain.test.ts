/** mirust-admit explain, as its users run it. */
import { runApp } from '@mirust/cli/testing';
import { describe, expect, it } from 'vitest';

describe('mirust-admit explain', () => {
  it('says when a rule is broken, and what to do, by identity or code', async () => {
    const { status, stdout } = await runApp('admit', ['explain', 'MR-W001']);
    expect(status).toBe(0);
    expect(stdout).toBe(
      'MR-W001  ADMISSION_WEIGHT_NOT_FINITE  [weights, error]\n\n' +
        'Values of a tensor are NaN or infinite; one of them makes every result NaN.\n' +
        'Fetch the checkpoint again; if it is intact, its training or its conversion has failed.\n',
    );
    expect((await runApp('admit', ['explain', 'admission_weight_not_finite'])).stdout).toBe(stdout);
    expect(JSON.parse((await runApp('admit', ['explain', 'MR-W001', '--json'])).stdout)).toMatchObject({
      id: 'MR-W001',
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
