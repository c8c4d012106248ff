export interface LandingFacts {
  platformName: string
  sandbox: boolean
  version: string
  /** The page was opened by a sign-in link. */
  signingIn: boolean
}

/** What stands at `/` while no console is built: what runs here and where to go on. Works without scripts. */
export function landingPage({ platformName, sandbox, version, signingIn }: LandingFacts): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Ownkey · ${escapeHtml(platformName)}</title>
<link rel="stylesheet" href="/landing.css">
</head>
<body>
<main>
<h1>Ownkey is running</h1>
<p>This server keeps the AI provider keys of ${escapeHtml(platformName)}’s customers, decides for each request whose key serves it,
and passes the answer through.</p>
${sandbox ? sandboxNotice : ''}
${signingIn ? signInNotice : ''}
<h2>What answers here</h2>
<ul>
<li><code>/v1/…</code> and <code>/{provider}/…</code>: the gateway. Point an official SDK’s base URL here and give it an
Ownkey token (<code>okt_…</code>) as its API key.</li>
<li><code>/api/v1</code>: the control API for organizations, keys, tokens and policies.
<a href="/api/v1/openapi.json">OpenAPI document</a></li>
<li><a href="/healthz"><code>/healthz</code></a>, <a href="/readyz"><code>/readyz</code></a>: is the process alive, is it ready.</li>
</ul>
<p class="small">Ownkey ${escapeHtml(version)}. The terminal that started the server shows a first request to paste.</p>
</main>
</body>
</html>
`
}

const sandboxNotice = `<p class="notice"><strong>Sandbox is on.</strong> Keys that contain <code>sandbox</code> are answered by this
server itself and never leave it; every other key goes to its real provider.</p>`

const signInNotice = `<p class="notice"><strong>The console is not part of this build.</strong> The code in your link is still unused; a program
can exchange it for a session with <code>POST /api/v1/sessions/exchange</code>.</p>`

export const landingStyle = `:root { color-scheme: light dark; font: 16px/1.6 system-ui, sans-serif; }
body { margin: 0; }
main { max-width: 42rem; margin: 4rem auto; padding: 0 1.25rem; }
h1 { font-size: 1.75rem; line-height: 1.2; margin: 0 0 1rem; }
h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
li { margin: .4rem 0; }
code { font: .9em ui-monospace, monospace; }
.notice { border-left: 4px solid #b45309; padding: .5rem 1rem; background: color-mix(in srgb, #b45309 10%, transparent); }
.small { font-size: .85rem; opacity: .75; margin-top: 2rem; }
`

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
