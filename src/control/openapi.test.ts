import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createDocumentCheck } from '../../test/support/check-document.ts'
import { type RunningControl, startControl } from '../../test/support/start-control.ts'
import { auditActions } from '../contract/index.ts'
import { routes } from './routes/index.ts'

describe('the OpenAPI document', () => {
  let control: RunningControl
  beforeAll(async () => {
    control = await startControl({ config: 'plans: { standard: {} }' })
    await control.org('acme')
  })
  afterAll(() => control?.close())

  it('is 3.1 and describes every route with its summary, security, answer and errors', () => {
    expect(control.document.openapi).toMatch(/^3\.1/)
    const described = Object.entries(control.document.paths).flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
    )
    expect(described.sort()).toEqual(
      routes.map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`).sort(),
    )
    for (const operations of Object.values(control.document.paths)) {
      for (const operation of Object.values(operations)) {
        expect(
          operation.responses['default']?.content?.['application/problem+json'],
          operation.operationId,
        ).toBeDefined()
        expect(operation).toMatchObject({
          summary: expect.stringMatching(/^(?!.*\. ).*[^.]$/),
          description: expect.stringMatching(/(token|operator)\.$|operator’s\.$/),
          security: expect.any(Array),
          tags: expect.any(Array),
        })
      }
    }
  })

  it('says what each group of routes is for', () => {
    const named = control.document.tags.map(({ name }) => name)
    const used = Object.values(control.document.paths).flatMap((operations) =>
      Object.values(operations).flatMap(({ tags }) => tags),
    )
    expect([...new Set(used)].sort()).toEqual(named.toSorted())
  })

  it('describes what webhooks are sent, every event of them', () => {
    const { webhooks, components } = control.document
    const told = Object.values(webhooks).flatMap(({ post }) => [...post.description.matchAll(/^- `([^`]+)`: \S/gm)])
    expect(told.map(([, type]) => type)).toEqual([...auditActions, 'notice.opened', 'notice.resolved'])
    const types = ['ChangeEvent', 'NoticeEvent'].flatMap(
      (name) => (components.schemas[name] as { properties: { type: { enum: string[] } } }).properties.type.enum,
    )
    expect(types).toEqual(told.map(([, type]) => type))
  })

  it('resolves every reference that it makes', () => {
    const references = new Set([...JSON.stringify(control.document).matchAll(/"\$ref":"([^"]+)"/g)].map(([, to]) => to))
    expect(references.size).toBeGreaterThan(10)
    for (const to of references)
      expect(control.document.components.schemas, to).toHaveProperty([String(to).replace('#/components/schemas/', '')])
  })

  it('has patterns that programs of other languages read, too', () => {
    const patterns = [...JSON.stringify(control.document).matchAll(/"pattern":("(?:[^"\\]|\\.)*")/g)]
    expect(patterns.length).toBeGreaterThan(10)
    for (const [, pattern] of patterns) expect(JSON.parse(pattern as string)).not.toMatch(/\\[pP]\{|\(\?<[=!]/)
  })

  it('holds no schema that nothing refers to', () => {
    const text = JSON.stringify(control.document)
    const names = Object.keys(control.document.components.schemas)
    expect(names.filter((name) => !text.includes(`"#/components/schemas/${name}"`))).toEqual([])
  })

  it('asks for a body where one is needed, and takes what the server takes', async () => {
    const bodies = Object.fromEntries(
      Object.values(control.document.paths)
        .flatMap((operations) => Object.values(operations))
        .map(({ operationId, requestBody }) => [operationId, requestBody]),
    )
    const omissible = Object.keys(bodies).filter((name) => bodies[name]?.required === false)
    expect(omissible.sort()).toEqual(
      ['audit.verify', 'explain.post', 'keys.patch', 'keys.test', 'master-key.rotate', 'webhooks.replay-dead'].sort(),
    )
    expect(bodies['orgs.put']?.required).toBe(true)
    const { schemas } = control.document.components
    expect(schemas['CreateTokenInput']).toHaveProperty('properties.expiresIn.anyOf', [
      expect.objectContaining({ type: 'integer' }),
      expect.objectContaining({ type: 'string', pattern: expect.any(String) }),
    ])
    expect(schemas['GrantCreditsInput']).toHaveProperty('properties.amount.not', { const: 0 })
  })

  it('names the documents by their words', () => {
    expect(Object.keys(control.document.components.schemas)).toEqual(
      expect.arrayContaining(['MaskedKey', 'Settings', 'Problem', 'Decision', 'KeyTest', 'Org']),
    )
  })

  it('is held against real answers by a check that fails when they differ', async () => {
    const check = createDocumentCheck(control.document)
    const answer = await control.call('GET', '/api/v1/orgs/acme')
    const seen = { method: 'GET', path: '/api/v1/orgs/acme', ...answer }
    expect(() => check(seen)).not.toThrow()
    expect(() => check({ ...seen, body: { ...answer.body, balance: -1 } })).toThrow(/orgs.get/)
    expect(() => check({ ...seen, body: { ...answer.body, plan: undefined } })).toThrow(/orgs.get/)
    expect(() => check({ ...seen, status: 202 })).toThrow(/202/)
  })
})
