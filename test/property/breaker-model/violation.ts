/** What must hold whatever happens. */
export type Invariant =
  // Of the stored state.
  | 'versions grow by one'
  | 'changes are those of the protocol'
  | 'what is written can be read'
  | 'what another version has written is left as it is'
  | 'an environment acts on the newest state that it knows'
  | 'overrides win while they last'
  | 'an override reaches all environments'
  // Of probes.
  | 'a probe waits as long as the state says'
  | 'one probe under a claim'
  | 'only the holder of a claim records its probe'
  | 'late probers do not call'
  | 'late probers do not close'
  | 'as many successes close it as are needed'
  // Of calls.
  | 'no call is made while it is open'
  | 'calls are rejected only while the known state allows it'
  | 'callers see no error of the store'
  | 'no rejection is unhandled'
  | 'all calls are admitted again within the bound'
  // Of counts.
  | 'failures open it when all is well'
  | 'it opens of failures of its own epoch'
  | 'an outcome is counted once, as what it was and in its epoch'
  | 'counts of the window are kept';

export class Violation extends Error {
  override readonly name = 'Violation';
  readonly invariant: Invariant;
  constructor(invariant: Invariant, detail: string) {
    super(`${invariant}: ${detail}`);
    this.invariant = invariant;
  }
}
