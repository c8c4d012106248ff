import { expect, test } from 'vitest'
import { withToldCost } from './told-cost.ts'

const { read } = withToldCost({ markers: ['"usage"'], read: () => ({}) })
const dollars = (usage: unknown) => read('"usage"', usage).dollars

test('what the model’s maker takes is added only where the customer’s own key at OpenRouter pays it', () => {
  const usage = { cost: 0.25, cost_details: { upstream_inference_cost: 0.5 } }
  expect(dollars({ ...usage, is_byok: true })).toBe(0.75)
  expect([dollars({ ...usage, is_byok: false }), dollars(usage)]).toEqual([0.25, 0.25])
})

test('a cost that is none is not told', () => {
  for (const cost of ['1e999', '-1', '"2"', 'null', '{}'])
    expect(dollars(JSON.parse(`{"cost":${cost}}`))).toBe(undefined)
})
