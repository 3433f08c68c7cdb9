/** Of the SDK's chain of providers, those that find nothing in a function, and what each package exports. */
const UNUSED: Readonly<Record<string, readonly string[]>> = {
  '@aws-sdk/credential-provider-ini': ['fromIni'],
  '@aws-sdk/credential-provider-login': ['fromLoginCredentials'],
  '@aws-sdk/credential-provider-process': ['fromProcess'],
  '@aws-sdk/credential-provider-sso': ['fromSSO', 'isSsoProfile', 'validateSsoProfile'],
  '@aws-sdk/credential-provider-web-identity': ['fromTokenFile', 'fromWebToken'],
};

/** A module whose exports say, when one is used, that the bundle is without it. The SDK's chain goes on to the next provider. */
function refusing(packageName: string, names: readonly string[]): string {
  const message = `${packageName} is not part of this bundle, which has the credentials of Lambda only; bundle with \`credentialProviders: 'all'\``;
  const error = `Object.assign(new Error(${JSON.stringify(message)}),{name:'CredentialsProviderError',tryNextLink:true})`;
  const code = names.map((name) => `export const ${name}=()=>async()=>{throw ${error}};`).join('');
  return `data:text/javascript,${encodeURIComponent(code)}`;
}

/** What esbuild puts in the place of the credential providers of the SDK that Lambda has no use for. */
export function lambdaCredentialsOnly(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(UNUSED).map(([name, exported]) => [name, refusing(name, exported)]),
  );
}
