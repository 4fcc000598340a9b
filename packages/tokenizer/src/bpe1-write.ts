/** Writes `BPE1` (see `bpe1-read.ts` for the layout), and says why a tokenizer does not fit into it. */
import { BPE1_HEADER_BYTES, BPE1_MIN_VOCAB_SIZE } from './bpe1-read.ts';
import { checkTokenizerModel } from './create.ts';
import { tokenizerError } from './errors.ts';
import { TOKEN_TYPE, type TokenizerModel } from './model.ts';
import { tokenByteLength, tokenCount, tokenView } from './token-table.ts';

/**
 * Every reason for which `BPE1` cannot hold the tokenizer so that each text gets the same ids; empty where it can.
 * That documents end with EOS is not among them: `BPE1` always has it so, and a prompt never.
 */
export function bpe1Obstacles(model: TokenizerModel): readonly string[] {
  const { kind, special, preTokenizer, tokens } = model;
  if (kind === 'sentencepiece-bpe') return ['it is a SentencePiece tokenizer, which merges characters and not bytes'];
  const obstacles: string[] = [];
  const when = (condition: boolean, reason: string): void => {
    if (condition) obstacles.push(reason);
  };
  const steps = preTokenizer.filter((step) => step !== 'byte-alphabet');
  when(kind === 'byte', 'it is the byte tokenizer, which is written as BTOK');
  when(steps.length > 0, `text is cut before encoding (pre-tokenizer ${steps.join(', ')})`);
  when(model.normalizer !== 'none', `text is normalized (${model.normalizer.toUpperCase()})`);
  when(model.spacePrefix !== 'never', 'a space is put in front of the text');
  when(model.collapseSpaces, 'runs of spaces are collapsed');
  when(model.ignoreMerges, 'pieces that are tokens are taken whole (ignore_merges)');
  when(!model.addBos, 'a prompt does not start with BOS');
  when(tokenCount(tokens) < BPE1_MIN_VOCAB_SIZE, `it has ${tokenCount(tokens)} ids, and at least 260 are needed`);
  when(!bytesInOrder(model), 'ids 0 to 255 are not the bytes in their order');
  const roles = (['bos', 'eos', 'pad', 'unk'] as const).map((role) => special[role]);
  for (const [index, role] of ['bos', 'eos', 'pad', 'unk'].entries()) {
    const id = roles[index];
    when(id === undefined, `it has no ${role} token`);
    when(id !== undefined && id < 256, `its ${role} token is the id of a byte`);
  }
  obstacles.push(...addedObstacles(model, roles));
  const ends = model.endOfGeneration.filter((id) => id !== special.eos);
  when(ends.length > 0, `more ids than EOS end a generation (${ends.slice(0, 4).join(', ')})`);
  return obstacles;
}

/** Only the four tokens with a role have a text that is looked for in a prompt, and all of them that have a text. */
function addedObstacles({ added, tokens, types }: TokenizerModel, roles: readonly (number | undefined)[]): string[] {
  const obstacles: string[] = [];
  const addedIds = new Set(added.map((token) => token.id));
  const others = added.filter((token) => !roles.includes(token.id)).map((token) => token.id);
  if (others.length > 0) {
    obstacles.push(`it has more added tokens than BOS, EOS, PAD and UNK (${others.slice(0, 4).join(', ')})`);
  }
  if (added.some((token) => token.lstrip || token.rstrip || token.singleWord || token.spaceBefore)) {
    obstacles.push('an added token takes the whitespace around it, or only counts as a single word');
  }
  if (added.some((token) => token.normalized) && added.some((token) => !token.normalized)) {
    obstacles.push('some added tokens are looked for before others');
  }
  for (const id of roles) {
    if (id === undefined) continue;
    const special = types[id] === TOKEN_TYPE.control || types[id] === TOKEN_TYPE.unknown;
    if (!special) obstacles.push(`the token ${id} has a role without being special`);
    if (!addedIds.has(id) && tokenByteLength(tokens, id) > 0) {
      obstacles.push(`the token ${id} has a name that does not count in a text`);
    }
  }
  return obstacles;
}

function bytesInOrder({ tokens, types }: TokenizerModel): boolean {
  for (let byte = 0; byte < 256; byte++) {
    const isByte = tokenByteLength(tokens, byte) === 1 && tokens.bytes[tokens.offsets[byte] ?? 0] === byte;
    if (!isByte || types[byte] !== TOKEN_TYPE.normal) return false;
  }
  return true;
}

/**
 * The bytes of a `BPE1` section: a record for every token that has text, by rising id, and the merges by rising rank,
 * which is their place. Throws `BPE1_NOT_EXPRESSIBLE` with every reason, and what `checkTokenizerModel` throws.
 */
export function writeBpe1(model: TokenizerModel): Uint8Array {
  checkTokenizerModel(model);
  const obstacles = bpe1Obstacles(model);
  if (obstacles.length > 0) {
    throw tokenizerError('BPE1_NOT_EXPRESSIBLE', `SLM1 cannot hold this tokenizer: ${obstacles.join('; ')}`, {
      key: 'tokenizer',
    });
  }
  const { tokens, merges, special } = model;
  const count = tokenCount(tokens);
  let recordCount = 0;
  for (let id = 0; id < count; id++) if (tokenByteLength(tokens, id) > 0) recordCount += 1;
  const mergeCount = merges.length / 3;
  const byteLength = BPE1_HEADER_BYTES + recordCount * 8 + tokens.bytes.length + mergeCount * 16;
  const bytes = new Uint8Array(byteLength);
  const view = new DataView(bytes.buffer);
  let at = 0;
  const put = (value: number): void => {
    view.setUint32(at, value, true);
    at += 4;
  };
  bytes.set(new TextEncoder().encode('BPE1'));
  at = 4;
  for (const value of [1, count, special.bos, special.eos, special.pad, special.unk, recordCount, mergeCount]) {
    put(value ?? 0);
  }
  for (let id = 0; id < count; id++) {
    const text = tokenView(tokens, id);
    if (text.length === 0) continue;
    put(id);
    put(text.length);
    bytes.set(text, at);
    at += text.length;
  }
  for (let rank = 0; rank < mergeCount; rank++) {
    for (let part = 0; part < 3; part++) put(merges[rank * 3 + part] ?? 0);
    put(rank);
  }
  return bytes;
}
