/** Who has to act on an alarm, and how soon. */
export class AlarmSeverity {
  /** A person acts now, at night too. */
  static readonly PAGE: AlarmSeverity = new AlarmSeverity('page');
  /** A person acts within days. */
  static readonly TICKET: AlarmSeverity = new AlarmSeverity('ticket');

  readonly name: string;

  private constructor(name: string) {
    this.name = name;
  }
}
