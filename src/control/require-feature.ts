import type { Policy, PolicyFeature } from '../policy/index.ts'
import { unknownValue } from './http/unknown-value.ts'

/** @throws OwnkeyError `feature_unknown` */
export function requireFeature(id: string, { features }: Pick<Policy, 'features'>): PolicyFeature {
  const feature = features.get(id)
  if (feature) return feature
  throw unknownValue('feature_unknown', {
    field: 'body.feature',
    value: id,
    known: [...features.keys()],
    detail: 'There is no such feature.',
    choose: 'Use one of the configured features',
  })
}
