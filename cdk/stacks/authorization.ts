import type { Node } from 'constructs';
import { choiceContext, refuseContext, textContext } from './context.ts';

/** Who may call the API. `none` exists on this machine only. */
export type Authorization =
  | { readonly kind: 'iam' }
  | { readonly kind: 'jwt'; readonly issuer: string; readonly audience: readonly string[] }
  | { readonly kind: 'none' };

function issuerOf(node: Node): string {
  const issuer = textContext(node, 'jwtIssuer');
  const url = URL.parse(issuer ?? '');
  if (issuer === undefined || url?.protocol !== 'https:' || url.search !== '' || url.hash !== '')
    refuseContext(
      'jwtIssuer',
      'an https:// URL with auth=jwt',
      issuer,
      'set it to the `iss` of the tokens: -c jwtIssuer=https://issuer.example/',
    );
  return issuer;
}

function audienceOf(node: Node): readonly string[] {
  const list = textContext(node, 'jwtAudience');
  const audience = list?.split(',').map((entry) => entry.trim()) ?? [''];
  if (audience.includes(''))
    refuseContext(
      'jwtAudience',
      'a comma-separated list without empty entries with auth=jwt',
      list,
      'set it to what the tokens have as `aud`: -c jwtAudience=one,two',
    );
  return audience;
}

/** Reads `auth`, and with `jwt` who issues the tokens and for whom. */
export function authorizationOf(node: Node): Authorization {
  const kind = choiceContext(node, 'auth', ['iam', 'jwt']);
  if (kind === 'jwt') return { kind, issuer: issuerOf(node), audience: audienceOf(node) };
  for (const name of ['jwtIssuer', 'jwtAudience']) {
    const value = textContext(node, name);
    if (value !== undefined)
      refuseContext(name, `nothing with auth=${kind}`, value, 'set auth=jwt too, or leave it out');
  }
  return { kind };
}
