/**
 * What stands between a caller and us adds headers for us: where the caller is, who was signed in, which way it came. Of no
 * concern to a provider, and one in the same network refuses some of it (Cloudflare a foreign `CF-Connecting-IP`).
 */
const added: Readonly<Record<string, readonly string[]>> = {
  proxies: [
    'forwarded',
    'via',
    'x-forwarded*',
    'x-original-*',
    'x-rewrite-url',
    'x-real-ip',
    'x-client-ip',
    'client-ip',
  ],
  clusters: ['x-cluster-client-ip', 'x-proxyuser-ip', 'proxy-client-ip', 'wl-proxy-client-ip', 'x-envoy-*'],
  browsers: ['cookie', 'origin', 'referer', 'sec-*', 'upgrade-insecure-requests'],
  signInGates: [
    'x-auth-request-*',
    'x-amzn-oidc-*',
    'x-goog-iap-*',
    'x-goog-authenticated-user-*',
    'x-ms-client-principal*',
    'x-ms-token-*',
  ],
  cloudflare: [
    'cf-connecting-*',
    'cf-ip*',
    'cf-ray',
    'cf-visitor',
    'cf-worker',
    'cf-access-*',
    'cf-ew-via',
    'cf-pseudo-*',
  ],
  cdns: ['cdn-loop', 'true-client-ip', 'fastly-*', 'cloudfront-*', 'x-amz-cf-id', 'x-azure-*', 'x-vercel-*', 'fly-*'],
  clouds: ['x-amzn-trace-id', 'x-cloud-trace-context', 'x-appengine-*', 'x-arr-*'],
}

const names = Object.values(added).flat()
const exact: ReadonlySet<string> = new Set(names.filter((name) => !name.endsWith('*')))
const prefixes = names.filter((name) => name.endsWith('*')).map((name) => name.slice(0, -1))

/** @param name in lower case */
export function addedOnTheWay(name: string): boolean {
  return exact.has(name) || prefixes.some((prefix) => name.startsWith(prefix))
}
