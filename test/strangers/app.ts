import type { Started } from './started.ts';

/** Some calls to a running app, with what must come of them. Throws where something else does. */
export type Call = (run: Started) => Promise<void>;

/** A small app of a kind that collections of examples have, as somebody writes it who has never seen this repository. */
export interface StrangerApp {
  /** Its folder in `apps`. */
  readonly name: string;
  /** As the table in docs/local.md has it. */
  readonly kind: string;
  /** Further arguments of `fibrin local`. */
  readonly args?: readonly string[];
  /** Makes files that do not lie in its folder, because they are binary or keys. */
  readonly prepare?: (folder: string) => void;
  /** By sentences that say what is called and what comes of it. One of them is a failure. */
  readonly calls: Readonly<Record<string, Call>>;
}
