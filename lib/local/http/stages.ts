import type { StageModel } from '../template/apis.ts';

export interface StageMatch {
  readonly stage: StageModel;
  /** Without the stage. */
  readonly path: string;
}

/** The stage of a path: the one that its first part names, else `$default`, which no path names. */
export function stageOf(stages: readonly StageModel[], path: string): StageMatch | undefined {
  const [, first = '', rest = ''] = /^\/([^/]*)(.*)$/s.exec(path) ?? [];
  const named = first === '$default' ? undefined : stages.find(({ name }) => name === first);
  if (named) return { stage: named, path: rest === '' ? '/' : rest };
  const fallback = stages.find(({ name }) => name === '$default');
  return fallback && { stage: fallback, path };
}
