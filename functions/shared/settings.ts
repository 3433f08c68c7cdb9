/*
 * What the deployment sets. Read them while a module loads: then a missing one fails the start of the function, and not some
 * request.
 */

/** @throws with its name where it is missing. */
export function setting(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === '')
    throw new Error(`The environment variable ${name} is not set; the CDK stack sets it`);
  return value;
}

/** @throws with its name where it is missing or no URL. The value may hold a secret. */
export function urlSetting(name: string): URL {
  const url = URL.parse(setting(name));
  if (url === null || !/^https?:$/.test(url.protocol))
    throw new Error(`The environment variable ${name} is no http: or https: URL; the CDK stack sets it`);
  return url;
}

/** URLs by names, as a JSON object. @throws with its name where it is missing or something else. */
export function urlsSetting(name: string): Readonly<Record<string, string>> {
  const text = setting(name);
  try {
    const urls = JSON.parse(text) as Readonly<Record<string, string>>;
    if (text.startsWith('{') && Object.values(urls).every((url) => URL.canParse(url))) return urls;
  } catch {
    // The same as JSON of something else.
  }
  throw new Error(`The environment variable ${name} is no JSON object with URLs; the CDK stack sets it`);
}

/** @throws with its name where it is missing or none of these. */
export function choiceSetting<T extends string>(name: string, choices: readonly T[]): T {
  const value = setting(name);
  const choice = choices.find((candidate) => candidate === value);
  if (choice === undefined)
    throw new Error(
      `The environment variable ${name} is none of ${choices.join(', ')}; the CDK stack sets it`,
    );
  return choice;
}

/** Credentials as Lambda sets them. Those of a user, unlike those of a role, have no session token. */
export function credentialSettings() {
  const { AWS_SESSION_TOKEN: sessionToken } = process.env;
  return {
    accessKeyId: setting('AWS_ACCESS_KEY_ID'),
    secretAccessKey: setting('AWS_SECRET_ACCESS_KEY'),
    ...(sessionToken && { sessionToken }),
  };
}
