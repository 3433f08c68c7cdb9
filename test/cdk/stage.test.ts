import { readFileSync } from 'node:fs';
import { App } from 'aws-cdk-lib';
import { Architecture } from 'aws-cdk-lib/aws-lambda';
import { describe, expect, test, vi } from 'vitest';
import { stageOf } from '../../cdk/stacks/stage.ts';

type Context = Readonly<Record<string, unknown>>;
const stageWith = (context: Context = {}) => stageOf(new App({ context }).node);
const JWT = { auth: 'jwt', jwtIssuer: 'https://issuer.example/', jwtAudience: 'one' };

describe('the stage', () => {
  test('without a context is one to deploy', () => {
    expect(stageWith()).toEqual({
      name: 'dev',
      local: false,
      emulator: false,
      authorization: { kind: 'iam' },
      architecture: Architecture.ARM_64,
      downstreamUrl: undefined,
      reserveConcurrency: true,
      transport: 'lean',
      keepData: true,
    });
  });

  test('has what the context says, without the blanks around it', () => {
    expect(
      stageWith({
        stage: ' prod ',
        arch: 'x86_64',
        auth: ' jwt',
        jwtIssuer: ' https://issuer.example/ ',
        jwtAudience: ' one , two',
        downstreamUrl: ' https://api.example/v2 ',
        reserveConcurrency: 'off ',
      }),
    ).toEqual({
      name: 'prod',
      local: false,
      emulator: false,
      authorization: { kind: 'jwt', issuer: 'https://issuer.example/', audience: ['one', 'two'] },
      architecture: Architecture.X86_64,
      downstreamUrl: 'https://api.example/v2',
      reserveConcurrency: false,
      transport: 'lean',
      keepData: true,
    });
  });

  test('for emulators is closed, sets no concurrency aside and keeps no data', () => {
    expect(stageWith({ stage: 'emulator' })).toMatchObject({
      emulator: true,
      authorization: { kind: 'iam' },
      reserveConcurrency: false,
      keepData: false,
    });
    expect(stageWith({ stage: 'emulator', reserveConcurrency: 'on' })).toMatchObject({
      reserveConcurrency: true,
    });
    const downstreamUrl = 'http://127.0.0.1:4401';
    expect(stageWith({ stage: 'emulator', downstreamUrl })).toMatchObject({ downstreamUrl });
    expect(() => stageWith({ stage: 'emulator', downstreamUrl: 'ftp://a.example' })).toThrow(
      'Context `downstreamUrl`: expected a URL with https:// or http:// and without credentials',
    );
    expect(stageWith({ stage: 'emulator', ...JWT })).toMatchObject({ authorization: { kind: 'jwt' } });
  });

  // As the local run says it, and as `cdk -c` does.
  test.each([true, 'true'])('of the local run is open and has its own downstream services: %j', (asked) => {
    const context = { stage: 'local', 'fibrin:localRun': asked, downstreamUrl: 'https://api.example' };
    expect(stageWith({ ...context, ...JWT })).toMatchObject({
      local: true,
      authorization: { kind: 'none' },
      downstreamUrl: undefined,
      keepData: false,
    });
  });

  test('has functions reach their tables without the SDK, unless the local run is asked for it', () => {
    vi.stubEnv('FIBRIN_PROFILE_TRANSPORT', 'sdk');
    const local = { stage: 'local', 'fibrin:localRun': true };
    expect(stageWith(local)).toMatchObject({ transport: 'sdk' });
    expect(stageWith()).toMatchObject({ transport: 'lean' });
    vi.unstubAllEnvs();
    expect(stageWith(local)).toMatchObject({ transport: 'lean' });
  });

  test.each([undefined, false, 'false', ''])('of the local run is refused to anything else: %j', (asked) => {
    expect(() => stageWith({ stage: 'local', 'fibrin:localRun': asked })).toThrow(
      /^Context `stage`: expected a stage to deploy, .*got "local"; run it by `npm start`, or deploy another stage: -c stage=dev$/,
    );
  });
});

const SPELLED_WRONG: readonly (readonly [string, string])[] = [
  ['stag', 'stage'],
  ['Stage', 'stage'],
  ['satge', 'stage'],
  ['arhc', 'arch'],
  ['oauth', 'auth'],
  ['jwt-issuer', 'jwtIssuer'],
  ['jwtisuer', 'jwtIssuer'],
  ['jwtAudiences', 'jwtAudience'],
  ['downstreamURL', 'downstreamUrl'],
  ['downstream_uri', 'downstreamUrl'],
  ['reserveConcurency', 'reserveConcurrency'],
  ['reservedConcurrency', 'reserveConcurrency'],
];

describe('a context', () => {
  test.each<[Context, string]>([
    [{ stage: 'No Way' }, '`stage`: expected 1 to 20 lower-case letters and digits, got "No Way"; set it by'],
    [{ stage: '' }, '`stage`: expected 1 to 20 lower-case letters and digits, got ""; set it by'],
    [{ stage: 7 }, '`stage`: expected text, got 7; write it in quotes in cdk.json'],
    [{ arch: 'arm' }, '`arch`: expected "arm64" or "x86_64", got "arm"; set it by -c arch=arm64'],
    [{ auth: 'none' }, '`auth`: expected "iam" or "jwt", got "none"; set it by -c auth=iam'],
    [{ auth: '' }, '`auth`: expected "iam" or "jwt", got "";'],
    [
      { ...JWT, jwtIssuer: undefined },
      '`jwtIssuer`: expected an https:// URL with auth=jwt, got undefined; set',
    ],
    [
      { ...JWT, jwtIssuer: 'http://a.example' },
      '`jwtIssuer`: expected an https:// URL with auth=jwt, got "http:',
    ],
    [
      { ...JWT, jwtIssuer: 'https://' },
      '`jwtIssuer`: expected an https:// URL with auth=jwt, got "https://"',
    ],
    [{ ...JWT, jwtIssuer: 'https://a.example/?b' }, '`jwtIssuer`: expected an https:// URL'],
    [
      { ...JWT, jwtAudience: undefined },
      '`jwtAudience`: expected a comma-separated list without empty entries',
    ],
    [
      { ...JWT, jwtAudience: 'one,,two' },
      '`jwtAudience`: expected a comma-separated list without empty entries',
    ],
    [
      { ...JWT, jwtAudience: 'one, ' },
      '`jwtAudience`: expected a comma-separated list without empty entries with auth=jwt, got "one,"; set',
    ],
    [
      { ...JWT, auth: 'iam' },
      '`jwtIssuer`: expected nothing with auth=iam, got "https://issuer.example/"; set auth',
    ],
    [{ jwtAudience: 'one' }, '`jwtAudience`: expected nothing with auth=iam, got "one"; set auth=jwt too'],
    [{ reserveConcurrency: 'false' }, '`reserveConcurrency`: expected "on" or "off", got "false"; set it by'],
    [{ reserveConcurrency: false }, '`reserveConcurrency`: expected text, got false; write it in quotes'],
    [
      { downstreamUrl: '' },
      '`downstreamUrl`: expected a URL with https:// and without credentials, query and fragment, got ""',
    ],
    [{ downstreamUrl: 'http://api.example' }, '`downstreamUrl`: expected a URL with https://'],
    [{ downstreamUrl: 'https://api.example/#top' }, '`downstreamUrl`: expected a URL with https://'],
  ])('is refused when it makes no sense: %j', (context, trouble) => {
    expect(() => stageWith(context)).toThrow(`Context ${trouble}`);
  });

  test('is checked in the stage of the local run too, which has no use for it', () => {
    const local = { stage: 'local', 'fibrin:localRun': true };
    expect(() => stageWith({ ...local, auth: 'none' })).toThrow('Context `auth`: expected "iam" or "jwt"');
    expect(() => stageWith({ ...local, downstreamUrl: 'no' })).toThrow('Context `downstreamUrl`: expected');
  });

  test.each(['https://ada:secret@api.example', 'https://api.example?key=secret', 'ada:secret@api.example'])(
    'is refused without its secret: %s',
    (downstreamUrl) => {
      expect(() => stageWith({ downstreamUrl })).toThrow(
        'Context `downstreamUrl`: expected a URL with https://',
      );
      expect(() => stageWith({ downstreamUrl })).not.toThrow('secret');
    },
  );

  test.each(SPELLED_WRONG)('is refused where its name is spelled wrong: %s for %s', (wrong, right) => {
    expect(() => stageWith({ [wrong]: 'off' })).toThrow(
      new RegExp(
        `^Context \`${wrong}\`: expected one of .*, got a name that the app does not read; write \`${right}\`$`,
      ),
    );
  });

  test.each([
    '@aws-cdk/core:stage',
    'aws:cdk:arch',
    'availability-zones:account=1:region=eu-central-1',
    'cli-telemetry',
    'stack',
    'team',
    'hash',
    'user',
    'downstream',
    'concurrency',
  ])('of another name is not ours: %s', (name) => {
    expect(() => stageWith({ [name]: 'x' })).not.toThrow();
  });

  test('of cdk.json is none of ours, and changes nothing', () => {
    const { context } = JSON.parse(readFileSync(new URL('../../cdk.json', import.meta.url), 'utf8'));
    expect(stageWith(context)).toEqual(stageWith());
  });
});
