#!/usr/bin/env node
/** mirust-admit: the gate. Exit status 0 only when every file is admitted. */
import { packageVersion, runProgram } from '@mirust/cli';
import { createProgram } from './program.ts';

await runProgram(createProgram(packageVersion(import.meta.url)));
