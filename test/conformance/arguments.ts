import { parseArgs } from 'node:util';
import { AREAS, type Area, type TargetName } from './case.ts';

const TARGETS: readonly TargetName[] = ['local', 'ministack'];

export const HELP: string = `npm run test:conformance -- [--area NAME]... [--only local|ministack] [--json]

Deploys small apps to fibrin local and to ministack, asks them what the documentation of AWS says, and prints where each
differs. Fails where fibrin local holds less than 95 % of an area, or differs without an explanation. Without Python and pip
ministack is left out.

  --area  one of ${AREAS.join(', ')}; may be given several times. Default: all
  --only  one of the two
  --json  prints the report as JSON`;

export interface Arguments {
  readonly areas: readonly Area[];
  readonly targets: readonly TargetName[];
  readonly json: boolean;
  readonly help: boolean;
}

/** @throws {Error} for what the suite has not. */
export function readArguments(args: readonly string[]): Arguments {
  const {
    area = [],
    only,
    json,
    help,
  } = parseArgs({
    args: [...args],
    options: {
      area: { type: 'string', multiple: true },
      only: { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  }).values;
  const areas = area.map((text) => {
    const found = AREAS.find((name) => name === text);
    if (found === undefined) throw new Error(`Expected areas of ${AREAS.join(', ')}, got ${text}`);
    return found;
  });
  const targets = only === undefined ? TARGETS : TARGETS.filter((name) => name === only);
  if (targets.length === 0)
    throw new Error(`Expected --only to be one of ${TARGETS.join(', ')}, got ${only}`);
  return { areas: areas.length === 0 ? AREAS : areas, targets, json, help };
}
