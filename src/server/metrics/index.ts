/**
 * What an operator watches: plain numbers that the request path adds up, and Prometheus's text made of them only when
 * somebody asks. No label holds an organization, a user, a key or a model: those have no end, and names of customers do
 * not belong into a monitoring system.
 */
export { answerMetrics, isMetricsMessage, startClusterMetrics } from './cluster-metrics.ts'
export { countLedger } from './count-ledger.ts'
export { createRegistry, type MetricSources } from './create-registry.ts'
export { createTraffic, type Traffic } from './traffic.ts'
