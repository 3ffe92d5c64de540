/** What a running container (or process) has used and uses. What is not known is absent. */
export interface Usage {
  /** Seconds of CPU since it was started, over all cores. */
  readonly cpuSeconds?: number;
  /** CPUs it may keep busy; absent where it has no limit. */
  readonly cpusLimit?: number;
  /** Memory it works with: what it uses without the file cache that can be given up. */
  readonly memoryBytes?: number;
  /** Absent where it has no limit. */
  readonly memoryLimitBytes?: number;
}
