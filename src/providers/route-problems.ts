import type { OpenaiRoute, Provider } from './provider.ts'

/** Whether a route of the one dialect can be served: by a translation, or by the provider's OpenAI-compatible API. */
export function hasRoute(
  { translations, openai }: Pick<Provider, 'translations' | 'openai'>,
  route: OpenaiRoute,
): boolean {
  return translations?.[route] !== undefined || openai?.routes.includes(route) === true
}

export interface RouteProblem {
  detail: string
  fix: string
}

export function noRoute({ name }: Pick<Provider, 'name'>, route: OpenaiRoute): RouteProblem {
  return {
    detail: `${name} cannot do /v1/${route}.`,
    fix: `Name a model of another provider, or call ${name} by its own API.`,
  }
}

export function noModel({ name }: Pick<Provider, 'name'>): RouteProblem {
  return { detail: `No model of ${name} is set for this.`, fix: 'Name a model, or set one in the AI settings.' }
}
