import { LocalRunError } from '../problem.ts';
import type { EventEnvelope } from './entries.ts';
import type { InputModel } from './model.ts';

/**
 * The text that a target gets for an event that EventBridge took in at a time, ISO 8601. Undefined where that is no
 * JSON although it should be: EventBridge cannot deliver it.
 */
export type MakeInput = (event: EventEnvelope, ingestionTime: string) => string | undefined;

type Step =
  | { readonly kind: 'key'; readonly key: string }
  | { readonly kind: 'index'; readonly index: number }
  | { readonly kind: 'all' };

const PATH = /^\$(?:\.[^.[\]\s'"]+|\[(?:\d+|\*)\])*$/;
const STEP = /\.([^.[\]]+)|\[(\d+|\*)\]/g;

/** @throws {LocalRunError} for JSONPath beyond EventBridge's subset: dots, array indices and `*`. */
function parsePath(path: string, what: string): readonly Step[] {
  if (!PATH.test(path)) {
    throw new LocalRunError(
      `${what}: expected a path like $.detail.items[0].name, got ${JSON.stringify(path)}`,
    );
  }
  return [...path.matchAll(STEP)].map(([, key, index]): Step => {
    if (key === '*' || index === '*') return { kind: 'all' };
    return key === undefined ? { kind: 'index', index: Number(index) } : { kind: 'key', key };
  });
}

function select(value: unknown, steps: readonly Step[]): readonly unknown[] {
  const [step, ...rest] = steps;
  if (step === undefined) return [value];
  if (typeof value !== 'object' || value === null) return [];
  if (step.kind === 'all') return Object.values(value).flatMap((each) => select(each, rest));
  if (step.kind === 'index')
    return Array.isArray(value)
      ? value.slice(step.index, step.index + 1).flatMap((each) => select(each, rest))
      : [];
  // A key of the event only: `constructor` is no more in it than any other name that it does not have.
  return !Array.isArray(value) && Object.hasOwn(value, step.key)
    ? select((value as Readonly<Record<string, unknown>>)[step.key], rest)
    : [];
}

/** The value at a path, a list where the path has a `*`, or undefined when there is nothing. */
function valueAt(event: EventEnvelope, steps: readonly Step[]): unknown {
  const found = select(event, steps);
  return steps.some(({ kind }) => kind === 'all') ? found : found[0];
}

interface Variable {
  readonly name: string;
  /** Whether it stands between the quotes of a JSON string. */
  readonly quoted: boolean;
}

type Part = string | Variable;

/** Splits a template; minified, it loses the blanks and line breaks that it has outside its strings. */
function parseTemplate(template: string, minified: boolean): readonly Part[] {
  const parts: Part[] = [];
  const placeholder = /<([\w.-]+)>/y;
  let text = '';
  let quoted = false;
  for (let at = 0; at < template.length; at++) {
    const character = template[at] ?? '';
    placeholder.lastIndex = at;
    const name = character === '<' ? placeholder.exec(template)?.[1] : undefined;
    if (name !== undefined) {
      parts.push(text, { name, quoted });
      text = '';
      at += name.length + 1;
    } else if (quoted && character === '\\') {
      text += character + (template[++at] ?? '');
    } else if (quoted || !minified || /\S/.test(character)) {
      if (character === '"') quoted = !quoted;
      text += character;
    }
  }
  return [...parts, text];
}

/** These are put in as they are: in quotes they break the JSON, as EventBridge's documentation warns. */
const RAW = new Set(['aws.events.event', 'aws.events.event.json']);

function render({ name, quoted }: Variable, value: unknown): string {
  if (value === undefined) return quoted ? '' : '""';
  if (!quoted) return JSON.stringify(value);
  // EventBridge escapes nothing: a quotation mark in the value ends the string that it is put in.
  if (typeof value === 'string') return value;
  return RAW.has(name) ? JSON.stringify(value) : JSON.stringify(value).replaceAll('"', '');
}

/** The names that need no path. `aws.events.event` is the event without its detail, with one key written otherwise. */
function predefined(rule: { readonly name: string; readonly arn: string }): ReadonlyMap<string, MakeValue> {
  return new Map<string, MakeValue>([
    ['aws.events.rule-arn', () => rule.arn],
    ['aws.events.rule-name', () => rule.name],
    ['aws.events.event.ingestion-time', (_, ingestionTime) => ingestionTime],
    ['aws.events.event.json', (event) => event],
    [
      'aws.events.event',
      ({ id, account, 'detail-type': detailType, time, source, region, resources, version }) => {
        return { id, account, detailType, time, source, region, resources, version };
      },
    ],
  ]);
}

type MakeValue = (event: EventEnvelope, ingestionTime: string) => unknown;

const parses = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    // That it does not is the answer.
    return false;
  }
};

/** A text with the placeholders filled in somehow. Null, since a placeholder cannot be a key of an object. */
const sampleOf = (parts: readonly Part[]): string =>
  parts.map((part) => (typeof part === 'string' ? part : part.quoted ? '' : 'null')).join('');

/** What some targets take as JSON only, EventBridge must hand them as JSON. A queue takes any text. */
const takesOnlyJson = (arn: string): boolean => /^arn:[^:]*:lambda:/.test(arn);

/**
 * Compiles what a target gets of the events.
 * @throws {LocalRunError} for what PutTargets refuses: two kinds of input at once, a template that is no JSON, a
 * placeholder without a path.
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
 */
export function compileInput(
  target: InputModel,
  rule: { readonly name: string; readonly arn: string },
): MakeInput {
  const { id, input, inputPath, inputTransformer } = target;
  const refuse = (message: string): never => {
    throw new LocalRunError(`rule ${rule.name}: ${message}`);
  };
  if ([input, inputPath, inputTransformer].filter((given) => given !== undefined).length > 1) {
    refuse(`Only one of Input, InputPath, or InputTransformer must be provided for target ${id}.`);
  }
  const checked = (body: string, mustBeJson = takesOnlyJson(target.arn)) =>
    mustBeJson && !parses(body) ? undefined : body;
  if (input !== undefined) return () => checked(input);
  if (inputPath !== undefined) {
    const steps = parsePath(inputPath, `rule ${rule.name}, InputPath of target ${id}`);
    return (event) => {
      const value = valueAt(event, steps);
      return JSON.stringify(value === undefined ? {} : value);
    };
  }
  if (inputTransformer === undefined) return (event) => JSON.stringify(event);

  const values = new Map(predefined(rule));
  for (const [name, path] of Object.entries(inputTransformer.pathsMap)) {
    // EventBridge keeps names that begin so for itself.
    if (/^aws\./i.test(name)) refuse(`the name ${name} in InputPathsMap of target ${id} is reserved.`);
    const steps = parsePath(path, `rule ${rule.name}, path ${name} of target ${id}`);
    values.set(name, (event) => valueAt(event, steps));
  }
  const { template } = inputTransformer;
  const written = parseTemplate(template, false);
  for (const part of written) {
    if (typeof part === 'object' && !values.has(part.name)) {
      refuse(`InputTemplate for target ${id} contains invalid placeholder ${part.name}.`);
    }
  }
  const sample = sampleOf(written);
  const isJson = /^\s*[{[]/.test(template) && parses(sample);
  // Several lines that are JSON each are the documented way to send text of several lines.
  if (!isJson && !sample.split('\n').every((line) => line.trim() === '' || parses(line))) {
    refuse(`Invalid InputTemplate for target ${id}: it is neither JSON nor text in double quotes.`);
  }
  const parts = isJson ? parseTemplate(template, true) : written;
  return (event, ingestionTime) => {
    const texts = parts.map((part) =>
      typeof part === 'string' ? part : render(part, values.get(part.name)?.(event, ingestionTime)),
    );
    return checked(texts.join(''), isJson || takesOnlyJson(target.arn));
  };
}
