/** What the cases are about, in the order of the report. */
export const AREAS = [
  'http-api',
  'rest-api',
  'function-urls',
  'loading',
  'async',
  'sqs',
  'fifo',
  'streams',
  'buses',
  'scheduler',
] as const;
export type Area = (typeof AREAS)[number];

export type TargetName = 'local' | 'ministack';

/** An app of the suite where it runs. */
export interface Deployment {
  readonly name: TargetName;
  /** How many times faster than on AWS the platform's own delays pass. */
  readonly timeScale: number;
  /** The value of an output of the template: the address of an API or of a function URL, without a slash at its end. */
  output(name: string): string;
  /** Has the driver function of the app run a command. Rejects with what the command threw. */
  command(name: string, input?: unknown): Promise<unknown>;
}

export interface ConformanceCase {
  readonly area: Area;
  /** A sentence about what AWS documents. */
  readonly title: string;
  /** The page that says it, or that of a live reference. */
  readonly page: string;
  /** Resolves when it holds, rejects with the difference. */
  check(deployed: Deployment): Promise<void>;
  /** Why the local run differs: where it is given, the case may fail there, and is printed with it. */
  readonly difference?: string;
  /** The one target on which it can be tried, where others have no way to. */
  readonly only?: TargetName;
  /** How long it may take. Milliseconds, default 60,000. */
  readonly limitMs?: number;
}

export interface Template {
  readonly Resources: Resources;
  readonly Outputs: Readonly<Record<string, { readonly Value: unknown }>>;
}

export interface TemplateResource {
  readonly Type: string;
  readonly DependsOn?: string | readonly string[];
  readonly Properties?: Readonly<Record<string, unknown>>;
}

export type Resources = Readonly<Record<string, TemplateResource>>;

/** Where an app is reached: at an API, with the stage that its path begins with, or at a function URL. Both by logical id. */
export type Address = { readonly api: string; readonly stage?: string } | { readonly functionUrl: string };

/** What is deployed, and what is asked of it. */
export interface ConformanceApp {
  readonly name: string;
  /**
   * By logical id; `template.ts` adds the driver, its URL, the table of records and the role of all functions. Where they depend
   * on the time they are made when they are deployed, for a platform that is so many times faster than AWS.
   */
  readonly resources: Resources | ((timeScale: number) => Resources | Promise<Resources>);
  /** The outputs of the template. */
  readonly addresses?: Readonly<Record<string, Address>>;
  /** What the driver finds in its environment: names and URLs that its commands take. */
  readonly driver?: Readonly<Record<string, unknown>>;
  /** Files of TypeScript by the name under which each is bundled: `{ echo: '/…/echo.ts' }` is for the handler `echo.handler`. */
  readonly code: Readonly<Record<string, string>>;
  /** Further folders of code, their files as they are, for functions whose `Code` is the name of the folder. */
  readonly folders?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly cases: readonly ConformanceCase[];
  /** Of the local run. Default 1. */
  readonly timeScale?: number;
  /** Further arguments of the local run. */
  readonly localArguments?: (folder: string) => readonly string[];
}
