/** Azure OpenAI: OpenAI’s API on a host of the customer’s own, deployments for models. */
export { azureOpenai } from './azure-openai.ts'
