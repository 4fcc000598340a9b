/** Our envelopes, byte for byte those that other implementations make and verify. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { signStatement } from '../src/index.ts';
import { signers, text } from './_support.ts';

it('an envelope is the one that OpenSSL signs and securesystemslib verifies', async () => {
  const { statement, envelope } = JSON.parse(
    readFileSync(new URL('../../../fixtures/oracles/dsse-golden.json', import.meta.url), 'utf8'),
  );
  const { ed25519, p256 } = await signers;
  expect(text(signStatement(statement, [ed25519, p256]))).toBe(envelope);
});
