/** What the numbers were measured on. */
import { readFileSync } from 'node:fs';
import { arch, availableParallelism, cpus, release, totalmem, type } from 'node:os';

/** Instructions that decide how fast 8-bit products are; as Linux names them. */
const TELLING_FLAGS = ['avx2', 'fma', 'f16c', 'avx512f', 'avx512_vnni', 'avx_vnni', 'asimddp', 'i8mm'];

/**
 * Processor, cores, instruction sets, memory and system. `has` and `lacks` are empty where the system does not tell.
 */
export function describeMachine() {
  const info = readCpuInfo();
  const flags = new Set((info.get('flags') ?? info.get('Features') ?? '').split(/\s+/));
  const x86 = arch() === 'x64';
  const telling = TELLING_FLAGS.filter((flag) => x86 === !['asimddp', 'i8mm'].includes(flag));
  const known = flags.size > 1;
  return {
    processor: cpus()[0]?.model.trim() || 'unknown',
    ...(info.has('cpu family') ? { family: `family ${info.get('cpu family')} model ${info.get('model')}` } : {}),
    cores: availableParallelism(),
    has: known ? telling.filter((flag) => flags.has(flag)) : [],
    lacks: known ? telling.filter((flag) => !flags.has(flag)) : [],
    memoryBytes: totalmem(),
    system: `${type()} ${release()} ${arch()}`,
  };
}

/** One line for people. */
export function formatMachine({ processor, family, cores, has, lacks, memoryBytes, system }) {
  const flags = has.length + lacks.length === 0 ? '' : `; has ${has.join(' ')}; lacks ${lacks.join(' ')}`;
  const name = family === undefined ? processor : `${processor} (${family})`;
  return `${name}, ${cores} cores, ${(memoryBytes / 2 ** 30).toFixed(0)} GiB, ${system}${flags}`;
}

/** The first processor of /proc/cpuinfo; empty where there is none. */
function readCpuInfo() {
  try {
    const [first] = readFileSync('/proc/cpuinfo', 'utf8').split('\n\n');
    return new Map(first.split('\n').map((line) => line.split(':').map((part) => part.trim())));
  } catch {
    return new Map();
  }
}
