import type { Page } from 'playwright-core'
import { startOidcIssuer } from '../../support/oidc-issuer.ts'
import { profileConfig } from '../../support/profile.ts'
import { startOwnkey } from '../../support/running-server.ts'
import { allowOrigins, openHostPage } from '../host-page.ts'
import { readProfile, sandboxPlatformKeys } from '../real-browser.ts'
import { asOpened, type Shoot } from './camera.ts'

const env = sandboxPlatformKeys

/** The settings inside a product. */
export async function shootWidget(shoot: Shoot): Promise<void> {
  const server = await startOwnkey({ config: readProfile('agent-builder'), sandbox: true, env })
  await server.api('PUT', '/orgs/host', { name: 'A customer', plan: 'hosted' })
  await server.putKey('host', 'gemini', 'AIzaSyA-sandbox-ok-00000000000000001234')
  const host = await openHostPage(server)
  await allowOrigins(server, 'agent-builder', [host.origin])
  host.signIn({ org: 'host', user: { id: 'u_1', name: 'Ada', role: 'owner' } })
  const embedded = async (page: Page) => {
    await page.goto(host.origin)
    await page.getByTestId('key-card').waitFor()
  }
  await shoot(embedded, [{ name: 'widget', open: asOpened }])
  await host.close()
  await server.close()
}

/** What stands there for somebody who is not signed in. */
export async function shootSigningIn(shoot: Shoot): Promise<void> {
  const client = { clientId: 'ownkey', clientSecret: 'a-secret-between-the-two' }
  const issuer = await startOidcIssuer(client)
  const oidc = { issuer: issuer.origin, ...client, allowedEmails: ['ops@acme.test'] }
  const single = await startOwnkey({
    config: profileConfig('support-inbox', undefined, { 'signIn.oidc': oidc }),
    sandbox: true,
    env,
  })
  const plain = await startOwnkey({ config: readProfile('support-inbox'), sandbox: true, env })
  const at = (url: string) => async (page: Page) => {
    await page.goto(url)
    await page.getByTestId('signed-out').waitFor()
  }
  await shoot(at(`${plain.url}/en/settings`), [
    { name: 'sign-in', open: asOpened },
    { name: 'sign-in-used-link', open: at(`${plain.url}/signin?code=used-long-ago`) },
    { name: 'sign-in-single', open: at(`${single.url}/en/settings`) },
    { name: 'sign-in-not-allowed', open: at(`${single.url}/signin?problem=not_allowed`) },
  ])
  await Promise.all([plain.close(), single.close()])
  await issuer.close()
}
