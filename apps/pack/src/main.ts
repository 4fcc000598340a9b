#!/usr/bin/env node
/** mirust-pack: turns a checkpoint into a verified artifact. */
import { packageVersion, runProgram } from '@mirust/cli';
import { createProgram } from './program.ts';

await runProgram(createProgram(packageVersion(import.meta.url)));
