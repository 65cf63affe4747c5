/**
 * The numbers that steer the pipeline, as options that a person may change: in each mode
 * those that have an effect there. In: the server's account. Out: options with their values.
 */
import type { Option, Pipeline } from '../net/wire';

export type GoalName = 'target_fps' | 'max_age_ms' | 'workers' | 'max_reorder_wait_ms';

export type Goal = {
  name: GoalName;
  option: Option;
  value: number;
};

const shown: Record<Pipeline['mode'], readonly GoalName[]> = {
  serial: [],
  pool: ['workers', 'max_age_ms', 'max_reorder_wait_ms'],
  auto: ['target_fps', 'max_age_ms', 'workers', 'max_reorder_wait_ms'],
};

/** As the server accepts them; the most workers it tells itself. */
const MOST_FPS = 1000;
const MOST_MS = 60_000;

export function goalsOf(p: Pipeline): Goal[] {
  const goals: Record<GoalName, Goal> = {
    target_fps: goal('target_fps', 'float', MOST_FPS, p.target_fps),
    max_age_ms: goal('max_age_ms', 'float', MOST_MS, p.max_age_ms),
    workers: goal('workers', 'int', p.workers.max, p.workers.asked),
    max_reorder_wait_ms: goal('max_reorder_wait_ms', 'float', MOST_MS, p.max_reorder_wait_ms),
  };
  return shown[p.mode].map((name) => goals[name]);
}

/** 0 is everywhere the default and means that the server decides, or that there is no limit. */
function goal(name: GoalName, type: 'int' | 'float', max: number, value: number): Goal {
  return { name, value, option: { name, type, default: '0', min: 0, max, choices: null, doc: '' } };
}
